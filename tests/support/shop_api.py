"""The routes of checkout and orders over a test's shop, with actors named by cookies and headers as in the real API."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from surehold.modules.checkout.routes import HANDLERS as CHECKOUT_HANDLERS
from surehold.modules.orders.routes import HANDLERS as ORDER_HANDLERS
from surehold.platform.http import (
    Actor,
    ActorFinder,
    ApiRequest,
    Cookies,
    CursorCodec,
    PolicyGuard,
    actor_dependency,
    exception_handlers,
)
from surehold.platform.http.actor import ActorKind, Role
from surehold.platform.idempotency import Idempotency
from tests.support.shop import Shop

COOKIES = Cookies(secure=False)


class KnownSessions:
    """Sessions by heart: a 43-character token each."""

    def __init__(self) -> None:
        self._actors: dict[str, Actor] = {}

    def sign_in(self, account_id: UUID, *roles: Role) -> dict[str, str]:
        """The cookie of a new session."""
        token = account_id.hex.ljust(43, "0")
        self._actors[token] = Actor(kind=ActorKind.ACCOUNT, account_id=account_id, roles=frozenset(roles))
        return {"cookie": f"{COOKIES.session_name}={token}"}

    async def resolve(self, session_token: str) -> Actor | None:
        return self._actors.get(session_token)

    async def resolve_api_key(self, api_key: str) -> Actor | None:
        del api_key
        return None


def make_api(shop: Shop, sessions: KnownSessions, more: Sequence[HTTPRouteHandler] = ()) -> Litestar:
    """The application."""

    def provide(value: Any) -> Provide:
        return Provide(lambda: value, sync_to_thread=False)

    guard = PolicyGuard(ActorFinder(sessions, COOKIES))
    return Litestar(
        [*CHECKOUT_HANDLERS, *ORDER_HANDLERS, *more],
        guards=[guard],
        request_class=ApiRequest,
        exception_handlers=exception_handlers(),
        dependencies={
            "actor": actor_dependency(),
            "checkout": provide(shop.checkout),
            "orders": provide(shop.orders),
            "placement": provide(shop.place),
            "cancellation": provide(shop.cancel),
            "idempotency": provide(Idempotency(shop.db, shop.codec)),
            "cursors": provide(CursorCodec(b"c" * 32)),
        },
    )
