"""Carts for many people at once, on real connections, with both policies of holding."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from surehold.kernel.ids import uuid7
from surehold.modules.cart import CartService, CartSettings
from surehold.modules.cart.errors import REFUSALS
from surehold.platform.db import Database, PoolSettings, translate
from surehold.platform.embedded import PostgresUrls
from surehold.platform.events import SilentWaker
from surehold.platform.http import Actor
from tests.support.card_provider import CardProvider, card_provider
from tests.support.fakes import MemoryCopies, RecordingHinter, RecordingInvalidator, no_alternatives
from tests.support.goods import Policy
from tests.support.people import guest_with, stranger
from tests.support.shop import Shop, make_shop

CONNECTIONS = 40
CHECKOUT_LIVE_S = 3600


@pytest.fixture(scope="module")
async def crowd(database_urls: PostgresUrls) -> AsyncIterator[Database]:
    """A pool wide enough that people really meet in the database, and patient enough that nobody is turned away."""
    settings = PoolSettings(min_size=CONNECTIONS, max_size=CONNECTIONS, acquire_timeout_s=60, lock_timeout_ms=30_000)
    database = Database(database_urls.app, settings)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(params=["add", "checkout"])
def both_policies(request: pytest.FixtureRequest) -> Iterator[str]:
    """Everything on sale is held when it is added, and in a second run when its checkout begins."""
    Policy.hold_on = request.param
    yield request.param
    Policy.hold_on = None


@pytest.fixture
def carts(crowd: Database) -> CartService:
    return make_carts(crowd)


@dataclass
class Person:
    """Somebody who wants these lines."""

    actor: Actor
    lines: list[tuple[UUID, int]]


class Holding:
    """People whose lines are held: as they are added, or (`checkout`) as their checkout opens."""

    def __init__(self, db: Database, carts: CartService, policy: str) -> None:
        self.policy = policy
        self._db, self._carts = db, carts

    async def arrive(self, lines: Sequence[tuple[UUID, int]]) -> Person:
        """Somebody new who is about to have these lines held; who holds at checkout has put them into the cart by then."""
        person = Person(stranger(), list(lines))
        if self.policy == "checkout":
            person.actor = await guest_with(self._carts, lines)
        return person

    async def take(self, person: Person) -> None:
        """Have the lines held, as the buyer does it; raises what refuses that."""
        if self.policy == "add":
            person.actor = await guest_with(self._carts, person.lines)
        await self.hold(person.actor)

    async def holder(self, lines: Sequence[tuple[UUID, int]]) -> Actor:
        """Somebody new for whom these lines are held."""
        person = await self.arrive(lines)
        await self.take(person)
        return person.actor

    async def hold(self, actor: Actor) -> None:
        """What makes the lines of a cart held that are not held by being there."""
        if self.policy == "add":
            return
        hold = json.dumps(self._carts.settings.for_sql())
        with translate(REFUSALS):
            await self._db.fetch_one(
                "select checkout.open(%s, %s, %s, null, %s, %s::jsonb)",
                (uuid7(), actor.account_id, actor.guest_hash, CHECKOUT_LIVE_S, hold),
            )

    async def touch(self, actor: Actor, variant: UUID, quantity: int) -> None:
        """Have a line of that quantity held again."""
        if self.policy == "add":
            await self._carts.set_quantity(actor, variant, quantity)
        await self.hold(actor)


@pytest.fixture
def holding(crowd: Database, carts: CartService, both_policies: str) -> Holding:
    """Under both policies."""
    return Holding(crowd, carts, both_policies)


def make_carts(db: Database, **settings: object) -> CartService:
    return CartService(
        db,
        CartSettings(**settings),  # pyright: ignore[reportArgumentType]
        waker=SilentWaker(),
        hinter=RecordingHinter(),
        invalidator=RecordingInvalidator(),
        copies=MemoryCopies(),
        alternatives=no_alternatives,
    )


@pytest.fixture(scope="module")
def owner(database_urls: PostgresUrls) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The owner's connection, to look and to move time."""
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    """A whole shop on the module's database."""
    return make_shop(db, tmp_path)


@pytest.fixture(scope="module")
async def cards(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CardProvider]:
    """The card provider's stand-in."""
    async with card_provider(tmp_path_factory.mktemp("cards")) as running:
        yield running
