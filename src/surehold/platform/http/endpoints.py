"""Declaring an endpoint: path, policy, summary and problems in one place, so that docs, checks and tests read the same facts.

Every route states its policy; `app.asgi` refuses to start with one that does not.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Any, ClassVar, TypeVar

import litestar
import msgspec
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, SkipValidation

from surehold.kernel.errors import ShopError
from surehold.platform.http.actor import Role
from surehold.platform.http.parameters import place_parameters

DependencyT = TypeVar("DependencyT")
Dep = NamedDependency[SkipValidation[DependencyT]]
"""A handler's parameter that the composition root provides by its name: `cart: Dep[CartService]`."""

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match")]
"""A handler's parameter: the version that the caller edits (`if_match: IfMatch = None`)."""

IdempotencyKey = Annotated[str | None, HeaderParameter(name="Idempotency-Key")]
"""A handler's parameter: the key of a write that may be repeated (`idempotency_key: IdempotencyKey = None`)."""


class In(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of request bodies: unknown members are refused. `example` shows up in the API's documentation."""

    example: ClassVar[dict[str, Any] | None] = None


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """Base of answers. `example` shows up in the API's documentation."""

    example: ClassVar[dict[str, Any] | None] = None


class Policy(msgspec.Struct, frozen=True):
    """Who may call an endpoint. `needs_account` asks for a session; `roles` (any of them, or admin) for staff."""

    name: str
    needs_account: bool = False
    roles: frozenset[Role] = frozenset()


PUBLIC = Policy("public")
SHOPPER = Policy("shopper")  # guests and accounts, each for what is theirs: the service checks the owner
ACCOUNT = Policy("account", needs_account=True)


def staff(*roles: Role) -> Policy:
    """Staff with any of these roles; admin always."""
    return Policy(f"staff:{'|'.join(sorted(roles))}", needs_account=True, roles=frozenset(roles) | {Role.ADMIN})


SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def scope_of(tags: Sequence[str] | None, methods: Collection[str]) -> str:
    """What a machine's key needs for an endpoint where it is narrowed: `orders:read` for reading, `orders:write` for the rest."""
    return f"{(tags or ['other'])[0]}:{'read' if set(methods) <= SAFE_METHODS else 'write'}"


def scopes_of(handlers: Sequence[HTTPRouteHandler]) -> frozenset[str]:
    """Every scope that a key may be narrowed to: those of endpoints that are not everybody's."""
    return frozenset(
        scope_of(handler.tags, handler.http_methods) for handler in handlers if handler.opt["policy"] != PUBLIC
    )


Handler = Callable[..., Any]
Decorator = Callable[[Handler], HTTPRouteHandler]


def _declare(
    method: str,
    path: str,
    *,
    policy: Policy,
    summary: str,
    returns: type[Any] | None = None,
    status: int = 200,
    problems: Sequence[type[ShopError]] = (),
    tag: str,
    description: str | None = None,
    idempotency_key: bool = False,
    if_match: bool = False,
    also: Sequence[int] = (),
    media: Sequence[str] = (),
    owner_only: bool = False,
    takes: Sequence[str] = (),
) -> Decorator:
    """One endpoint.

    `returns` is the answer's type for the documentation (handlers may answer with `json_response`); `problems` are the errors
    beyond those every endpoint may give. `idempotency_key` and `if_match` document the headers that the handler demands, `also`
    further statuses that are no problems, `media` the content types of an answer that is no JSON, `takes` those of a body
    that is none: such a handler reads the request itself. `owner_only`: not for staff in the owner's place.
    """

    def decorate(handler: Handler) -> HTTPRouteHandler:
        place_parameters(path, handler)
        return getattr(litestar, method)(
            path,
            status_code=status,
            summary=summary,
            description=description or handler.__doc__,
            tags=[tag],
            operation_id=handler.__name__,
            opt={
                "policy": policy,
                "problems": tuple(problems),
                "returns": returns,
                "idempotency_key": idempotency_key,
                "if_match": if_match,
                "also": tuple(also),
                "media": tuple(media),
                "owner_only": owner_only,
                "takes": tuple(takes),
            },
        )(handler)

    return decorate


def get(path: str, **facts: Any) -> Decorator:
    """A reading endpoint; see `_declare` for the facts."""
    return _declare("get", path, **facts)


def post(path: str, **facts: Any) -> Decorator:
    """An endpoint that acts or creates."""
    return _declare("post", path, **facts)


def put(path: str, **facts: Any) -> Decorator:
    """An endpoint that sets something to what is given; repeating it changes nothing."""
    return _declare("put", path, **facts)


def patch(path: str, **facts: Any) -> Decorator:
    """An endpoint that changes the members that are given."""
    return _declare("patch", path, **facts)


def delete(path: str, **facts: Any) -> Decorator:
    """An endpoint that removes something; repeating it changes nothing."""
    return _declare("delete", path, **facts)
