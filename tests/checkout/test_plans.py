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
FLUSH_S, LOOKS = 0.1, 50


def _scans(owner_url: str) -> dict[str, int]:
    with psycopg.connect(owner_url) as connection:
        rows = connection.execute(
            "select schemaname || '.' || relname, seq_scan from pg_stat_user_tables"
            " where schemaname || '.' || relname = any (%s)",
            (list(WHOLE),),
        ).fetchall()
    return dict(rows)


async def _told(shop: Shop, owner_url: str) -> dict[str, int]:
    """The counters, once every connection of the shop has handed in its own."""
    connections = shop.db.settings.max_size
    await asyncio.gather(*(shop.db.fetch_one("select pg_stat_force_next_flush()") for _ in range(connections)))
    await asyncio.gather(*(shop.db.fetch_one("select 1") for _ in range(connections)))
    return _scans(owner_url)


async def test_no_table_that_grows_is_read_whole(shop: Shop, database_urls: PostgresUrls) -> None:
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        connection.execute("vacuum analyze")  # the planner knows that the tables are empty
    variants = await shop.variants(2, 50)
    before = await _told(shop, database_urls.owner)
    for method in ("pay_on_delivery", "scripted"):
        actor, checkout_id = await shop.ready([(variant, 1) for variant in variants], method)
        work = (await shop.place.place(actor, checkout_id, None)).work
        assert work.order.status is OrderStatus.CONFIRMED
        await shop.cancel.cancel(work.order.order_id, reason="changed_mind", actor="account:1")
    after = await _told(shop, database_urls.owner)
    assert {table: after[table] - before[table] for table in WHOLE} == dict.fromkeys(WHOLE, 0)
