"""Carts for many people at once, on real connections, with both policies of holding."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from surehold.modules.cart import CartService, CartSettings
from surehold.platform.db import Database, PoolSettings
from surehold.platform.embedded import PostgresUrls
from surehold.platform.events import SilentWaker
from tests.support.fakes import MemoryCopies, RecordingHinter, RecordingInvalidator, no_alternatives
from tests.support.goods import Policy
from tests.support.shop import Shop, make_shop

CONNECTIONS = 40


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
