"""The pricing service on the module's database, and an API of its routes alone."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.testing import AsyncTestClient

from surehold.kernel.errors import ShopError
from surehold.kernel.ids import uuid7
from surehold.modules.pricing import PricingService
from surehold.modules.pricing.routes import HANDLERS
from surehold.platform.db import Database
from surehold.platform.http import Actor, CursorCodec, problem_of
from surehold.platform.http.actor import ActorKind

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # a Friday morning


class StandingClock:
    def now(self) -> datetime:
        return NOW


class Invalidations:
    def __init__(self) -> None:
        self.tags: list[str] = []

    def invalidate(self, tags: Iterable[str]) -> None:
        self.tags.extend(tags)


@pytest.fixture
def invalidations() -> Invalidations:
    return Invalidations()


@pytest.fixture
def pricing(db: Database, invalidations: Invalidations) -> PricingService:
    return PricingService(db, StandingClock(), invalidations)


def _problem(_: Request[Any, Any, Any], error: ShopError) -> Response[bytes]:
    status, document = problem_of(error)
    return Response(msgspec.json.encode(document), status_code=status, media_type="application/problem+json")


@pytest.fixture
async def client(pricing: PricingService) -> AsyncIterator[AsyncTestClient[Litestar]]:
    actor = Actor(kind=ActorKind.ACCOUNT, account_id=uuid7())
    app = Litestar(
        HANDLERS,
        dependencies={
            "pricing": Provide(lambda: pricing, sync_to_thread=False),
            "cursors": Provide(lambda: CursorCodec(b"secret"), sync_to_thread=False),
            "actor": Provide(lambda: actor, sync_to_thread=False),
        },
        exception_handlers={ShopError: _problem},
    )
    async with AsyncTestClient(app) as made:
        yield made
