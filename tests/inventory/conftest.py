"""The inventory's service on the module's database, and an API of its routes alone."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import AsyncTestClient

from surehold.kernel.ids import uuid7
from surehold.modules.cart import CartService, CartSettings
from surehold.modules.inventory import InventoryService
from surehold.modules.inventory.routes import HANDLERS
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Actor, ApiRequest, CursorCodec, exception_handlers
from surehold.platform.http.actor import ActorKind
from surehold.platform.realtime import Hint
from tests.support.fakes import MemoryCopies, no_alternatives
from tests.support.goods import put_on_sale


class Ears:
    """Hears hints, invalidations and wake-ups."""

    def __init__(self) -> None:
        self.hints: list[Hint] = []
        self.tags: set[str] = set()
        self.woken = 0

    def hint(self, *hints: Hint) -> None:
        self.hints.extend(hints)

    def invalidate(self, tags: Iterable[str]) -> None:
        self.tags.update(tags)

    def wake(self) -> None:
        self.woken += 1


@dataclass
class Desk:
    """Stock as its staff has it: a service, who hears of what it does, and a look into the books."""

    db: Database
    ears: Ears
    inventory: InventoryService
    carts: CartService
    actor: Actor
    owner_url: str

    def on_sale(self, *quantities: int) -> list[UUID]:
        """Variants with so many units each."""
        return put_on_sale(self.owner_url, quantities)

    async def location(self, code: str = "here") -> UUID:
        """A place with stock."""
        row = await self.db.fetch_one("select inventory.ensure_location(%s, %s, 'Here', 'US', '', 0)", (uuid7(), code))
        assert row is not None
        return row[0]

    async def rows(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        return await self.db.fetch_all(sql, params)

    async def events(self, variant: UUID) -> list[tuple[str, int, int]]:
        """What was told of a variant: (fact, available, threshold), in order."""
        rows = await self.rows(
            """select name, payload from platform.events where aggregate_type = 'variant' and aggregate_id = %s
               order by seq""",
            variant,
        )
        return [(name.split(".")[1], facts["available"], facts["threshold"]) for name, facts in rows]

    async def set_threshold(self, variant: UUID, threshold: int) -> None:
        await self.rows("select inventory.set_policy(%s, 0, null, %s)", variant, threshold)


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def desk(db: Database, ears: Ears, database_urls: PostgresUrls) -> Desk:
    inventory = InventoryService(db, waker=ears, hinter=ears, invalidator=ears)
    carts = CartService(
        db,
        CartSettings(),
        waker=ears,
        hinter=ears,
        invalidator=ears,
        copies=MemoryCopies(),
        alternatives=no_alternatives,
    )
    actor = Actor(kind=ActorKind.ACCOUNT, account_id=uuid7())
    return Desk(db, ears, inventory, carts, actor, database_urls.owner)


@pytest.fixture(scope="module")
def owner(database_urls: PostgresUrls) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The owner's connection, to move time."""
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        yield connection


def _provide(service: object) -> Provide:
    return Provide(lambda: service, sync_to_thread=False)


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[AsyncTestClient[Litestar]]:
    services = {"inventory": desk.inventory, "cursors": CursorCodec(b"k" * 32), "actor": desk.actor}
    app = Litestar(
        HANDLERS,
        dependencies={name: _provide(service) for name, service in services.items()},
        exception_handlers=exception_handlers(),
        request_class=ApiRequest,
    )
    async with AsyncTestClient(app) as made:
        yield made
