"""What a purchase reads does not grow with the shop, even where plans were made before there was anything to plan for."""

import asyncio

import psycopg

from surehold.modules.orders import OrderStatus
from surehold.platform.embedded import PostgresUrls
from tests.support.shop import Shop

WHOLE = (
    "cart.carts",
    "cart.lines",
    "inventory.stock",
    "inventory.holders",
    "inventory.holds",
    "inventory.backorders",
    "inventory.allocations",
    "platform.events",
    "checkout.checkouts",
    "checkout.history",
    "orders.orders",
    "orders.lines",
    "payments.payments",
    "payments.attempts",
)
PURCHASES = 80
ENTRIES_MAX = 12  # a walk down an index meets a few entries, and a few dead ones; half of the purchases is 40


def _scans(owner_url: str) -> dict[str, int]:
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute(
            "select schemaname || '.' || relname, seq_scan from pg_stat_user_tables"
            " where schemaname || '.' || relname = any (%s)",
            (list(WHOLE),),
        ).fetchall()
    return dict(rows)


def _walks(owner_url: str) -> dict[str, tuple[int, int]]:
    """How often each index was used, and how many entries that met."""
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute(
            "select schemaname || '.' || indexrelname, idx_scan, idx_tup_read from pg_stat_user_indexes"
        ).fetchall()
    return {name: (scans, entries) for name, scans, entries in rows}


async def _hand_in(shop: Shop) -> None:
    """Let every connection of the shop hand in its counters."""
    connections = shop.db.settings.max_size
    await asyncio.gather(*(shop.db.fetch_one("select pg_stat_force_next_flush()") for _ in range(connections)))
    await asyncio.gather(*(shop.db.fetch_one("select 1") for _ in range(connections)))


async def test_no_table_that_grows_is_read_whole(shop: Shop, database_urls: PostgresUrls) -> None:
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        connection.execute("vacuum analyze")  # the planner knows that the tables are empty
    variants = await shop.variants(2, 50)
    await _hand_in(shop)
    before = _scans(database_urls.owner)
    for method in ("pay_on_delivery", "scripted"):
        actor, checkout_id = await shop.ready([(variant, 1) for variant in variants], method)
        work = (await shop.place.place(actor, checkout_id, None)).work
        assert work.order.status is OrderStatus.CONFIRMED
        await shop.cancel.cancel(work.order.order_id, reason="changed_mind", actor="account:1")
    await _hand_in(shop)
    after = _scans(database_urls.owner)
    assert {table: after[table] - before[table] for table in WHOLE} == dict.fromkeys(WHOLE, 0)


async def test_no_index_that_grows_is_read_whole(shop: Shop, database_urls: PostgresUrls) -> None:
    """Where two indexes look alike while they are empty, the planner may take the one whose key is not asked for."""
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    variants = await shop.variants(2, 3 * PURCHASES)
    for _ in range(PURCHASES):  # others want the same
        await shop.guest_with([(variant, 1) for variant in variants])
    for number in range(PURCHASES):
        if number == PURCHASES // 2:
            await _hand_in(shop)
            before = _walks(database_urls.owner)
        actor, checkout_id = await shop.ready([(variant, 1) for variant in variants])
        await shop.carts.read(actor)
        await shop.place.place(actor, checkout_id, None)
    await _hand_in(shop)
    after = _walks(database_urls.owner)
    met = {name: (scans - before[name][0], entries - before[name][1]) for name, (scans, entries) in after.items()}
    whole = {name: counts for name, counts in met.items() if counts[1] > ENTRIES_MAX * max(counts[0], 1)}
    assert whole == {}
