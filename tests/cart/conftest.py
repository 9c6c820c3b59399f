"""Carts on a database of their own, with ears for what they tell, and the whole application over the same."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from surehold.modules.cart import CartService, CartSettings
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Actor
from tests.support.api import client_of, running_api, settings_of
from tests.support.fakes import MemoryCopies, no_alternatives
from tests.support.shop import Ears, Shop, make_shop

Owner = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def carts(db: Database, ears: Ears) -> CartService:
    return make_carts(db, ears)


def make_carts(db: Database, ears: Ears, **settings: Any) -> CartService:
    return CartService(
        db,
        CartSettings(**settings),
        waker=ears,
        hinter=ears,
        invalidator=ears,
        copies=MemoryCopies(),
        alternatives=no_alternatives,
    )


@pytest.fixture(scope="module")
def owner(database_urls: PostgresUrls) -> Iterator[Owner]:
    """The owner's connection, to look and to move moments."""
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return make_shop(db, tmp_path)


@pytest.fixture(scope="module")
async def client(
    database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of the whole application; `clear()` its cookies to be somebody else."""
    settings = settings_of(database_urls.app, valkey_url, tmp_path_factory.mktemp("shop"))
    async with running_api(settings) as app, client_of(app) as browser:
        yield browser


async def quantities(carts: CartService, actor: Actor) -> dict[UUID, int]:
    """What is in somebody's cart."""
    cart, _ = await carts.read(actor)
    return {line.variant_id: line.quantity for line in cart.lines}


async def saved(carts: CartService, actor: Actor) -> dict[UUID, tuple[int, str]]:
    """What is kept for later, and why."""
    cart, _ = await carts.read(actor)
    return {line.variant_id: (line.quantity, line.reason) for line in cart.saved}


def operation(kind: str, variant: UUID, quantity: int = 1) -> dict[str, Any]:
    """Something an offline client did."""
    return {"id": str(uuid4()), "kind": kind, "variant_id": str(variant), "quantity": quantity}
