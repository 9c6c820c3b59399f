"""Whoever changes several carts or variants at once locks them in one order: nobody is ever the victim of a deadlock.

Each change is a unit that is opened as a block, which nothing repeats: a deadlock would be seen.
"""

import asyncio
import random
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from surehold.modules.cart import Base, CartService, CartSettings, store
from surehold.modules.cart.store import Owner
from surehold.modules.orders import OrderStatus
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Actor
from tests.race.conftest import Holding
from tests.race.test_carts import operation
from tests.race.test_holds import assert_books_agree
from tests.support.goods import put_on_sale
from tests.support.people import account, all_at_once
from tests.support.shop import Shop

pytestmark = pytest.mark.race
Connection = psycopg.Connection[tuple[object, ...]]
ROUNDS, PEOPLE, VARIANTS = 6, 12, 8
WAITING = "select pid from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))"
WRITTEN = """select relation::regclass::text from pg_locks where pid = %s and mode = 'RowExclusiveLock'
  and relation in ('orders.orders'::regclass, 'payments.payments'::regclass)"""
SETTINGS = CartSettings()
SETTINGS_JSON = msgspec.json.encode(SETTINGS.for_sql()).decode()


async def sync(db: Database, member: Actor, operations: Sequence[dict[str, Any]]) -> None:
    async with db.unit() as unit:
        owner = Owner(account_id=member.account_id)
        await store.sync(unit, owner, b"0" * 32, Base(version=0), operations, SETTINGS, SETTINGS_JSON)


async def merge(db: Database, member: Actor, visitor: Actor) -> None:
    assert member.account_id is not None
    async with db.unit() as unit:
        await store.merge(unit, member.account_id, Owner(guest_hash=visitor.guest_hash), SETTINGS, SETTINGS_JSON)


async def expire(db: Database) -> None:
    async with db.unit() as unit:
        await unit.fetch_one("select cart.expire_guests('1 day', 100)")


async def somebody_who_waits_for(owner: Connection) -> object:
    while True:
        row = owner.execute(WAITING).fetchone()
        if row is not None:
            return row[0]
        await asyncio.sleep(0)


def failures(answers: Sequence[object]) -> list[object]:
    return [answer for answer in answers if isinstance(answer, BaseException)]


def some(rng: random.Random, variants: list[UUID]) -> list[tuple[UUID, int]]:
    return [(variant, rng.randint(1, 3)) for variant in rng.sample(variants, 5)]


async def test_syncs_in_any_order(
    holding: Holding, crowd: Database, carts: CartService, database_urls: PostgresUrls, owner: Connection
) -> None:
    variants, rng = put_on_sale(database_urls.owner, [5000] * VARIANTS), random.Random(5)
    for _ in range(ROUNDS):
        people = [account() for _ in range(PEOPLE)]
        for person in people:
            await carts.add(person, some(rng, variants))
            await holding.hold(person)
        kinds = ("add", "set", "remove")
        wishes = [[operation(rng.choice(kinds), v, q) for v, q in some(rng, variants)] for _ in people]
        answers = await all_at_once(sync(crowd, *pair) for pair in zip(people, wishes, strict=True))
        assert failures(answers) == []
    assert_books_agree(owner)


async def test_merges_against_syncs_and_the_end_of_old_carts(
    holding: Holding, crowd: Database, carts: CartService, database_urls: PostgresUrls, owner: Connection
) -> None:
    """Guests and accounts hold the same things; some are held already, others only from now on."""
    variants, rng = put_on_sale(database_urls.owner, [5000] * VARIANTS), random.Random(6)
    for _ in range(ROUNDS):
        people = [account() for _ in range(PEOPLE)]
        visitors = [await holding.holder(some(rng, variants)) for _ in people]
        forgotten = [await holding.holder(some(rng, variants)) for _ in range(3)]
        owner.execute(
            "update cart.carts set updated_at = clock_timestamp() - interval '2 days' where guest_hash = any (%s)",
            ([visitor.guest_hash for visitor in forgotten],),
        )
        for person in people[::2]:
            await carts.add(person, some(rng, variants))
            await holding.hold(person)
        answers = await all_at_once(
            [
                *(merge(crowd, *pair) for pair in zip(people, visitors, strict=True)),
                *(sync(crowd, person, [operation("add", v, q) for v, q in some(rng, variants)]) for person in people),
                expire(crowd),
                *(carts.add(account(), some(rng, variants)) for _ in people),
            ]
        )
        assert failures(answers) == []
    assert_books_agree(owner)


async def test_an_order_that_needs_no_call_waits_for_its_stock_before_it_is_written(
    shop: Shop, owner: Connection
) -> None:
    """Who holds the stock row may want the order next, as a cancelling does."""
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)])
    with owner.transaction():
        owner.execute("select 1 from inventory.stock where variant_id = %s for update", (variant,))
        placing = asyncio.create_task(shop.place.place(actor, checkout_id, None))
        async with asyncio.timeout(20):
            pid = await somebody_who_waits_for(owner)
        written = owner.execute(WRITTEN, (pid,)).fetchall()
    assert (await placing).work.order.status is OrderStatus.CONFIRMED
    assert written == []
