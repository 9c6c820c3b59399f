"""What the tables of orders and checkouts refuse whatever the code says."""

from uuid import UUID

import psycopg
import pytest

from surehold.flows.place_order import jobs as placing_jobs
from surehold.modules.checkout import CheckoutState
from surehold.modules.checkout.jobs import jobs as checkout_jobs
from surehold.modules.orders import OrderStatus, ShipmentStatus
from tests.support.shop import Shop


async def _order(shop: Shop) -> tuple[UUID, UUID]:
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 2)])
    return (await shop.place.place(actor, checkout_id, None)).work.order.order_id, checkout_id


@pytest.mark.parametrize(
    "change",
    [
        "update orders.orders set total_minor = total_minor + 1 where id = %s",
        "update orders.orders set status = 'PENDING' where id = %s",
        "update orders.orders set status = 'REFUNDED' where id = %s",
        "update orders.lines set total_minor = 1 where order_id = %s",
        "update orders.lines set shipped = quantity + 1 where order_id = %s",
        "update orders.lines set delivered = 1 where order_id = %s",
    ],
)
async def test_impossible_orders_are_refused(shop: Shop, change: str) -> None:
    order_id, _ = await _order(shop)
    with pytest.raises(psycopg.errors.CheckViolation):
        await shop.db.execute(change, (order_id,))  # type: ignore[arg-type]


async def test_lines_add_up_to_their_order(shop: Shop) -> None:
    order_id, _ = await _order(shop)
    copy = (
        "insert into orders.orders select (jsonb_populate_record(o, jsonb_build_object("
        "'id', gen_random_uuid(), 'checkout_id', gen_random_uuid(), 'number', 'ABCDEFGHJK'))).*"
        " from orders.orders o where o.id = %s"
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="do not add up"):
        await shop.db.execute(copy, (order_id,))


async def test_a_checkout_has_one_order(shop: Shop) -> None:
    order_id, _ = await _order(shop)
    copy = (
        "insert into orders.orders select (jsonb_populate_record(o, jsonb_build_object("
        "'id', gen_random_uuid(), 'number', 'ABCDEFGHJK'))).* from orders.orders o where o.id = %s"
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        await shop.db.execute(copy, (order_id,))


async def test_a_confirmed_checkout_stays_confirmed(shop: Shop) -> None:
    _, checkout_id = await _order(shop)
    with pytest.raises(psycopg.errors.CheckViolation):
        await shop.db.execute("update checkout.checkouts set state = 'review' where id = %s", (checkout_id,))


async def test_status_follows_lines(shop: Shop) -> None:
    order_id, _ = await _order(shop)
    seen = []
    for change in ("shipped = 1", "shipped = 2", "delivered = 1", "delivered = 2"):
        async with shop.db.unit() as unit:
            await unit.execute(f"update orders.lines set {change} where order_id = %s", (order_id,))  # type: ignore[arg-type]
            row = await unit.fetch_one("select orders.write_status(%s, null, 'system')", (order_id,))
            seen.append(row and row[0])
    assert seen == ["PARTIALLY_SHIPPED", "SHIPPED", "SHIPPED", "DELIVERED"]
    order = await shop.orders.get(order_id)
    assert [entry.seq for entry in order.history] == [1, 2, 3, 4, 5]


async def test_every_state_can_be_reached_and_is_named(shop: Shop) -> None:
    rows = await shop.db.fetch_all("select machine, to_status from orders.legal_moves")
    assert {to for machine, to in rows if machine == "order"} == {status.value for status in OrderStatus}
    assert {to for machine, to in rows if machine == "shipment"} == {status.value for status in ShipmentStatus}


async def test_abandoned_checkouts_end_and_a_new_one_opens(shop: Shop) -> None:
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)])
    await shop.db.execute(
        "update checkout.checkouts set expires_at = clock_timestamp() - interval '1 s' where id = %s", (checkout_id,)
    )
    [job] = checkout_jobs(shop.checkout)
    assert await job.run() == 1
    assert (await shop.checkout.get(actor, checkout_id)).checkout.state is CheckoutState.EXPIRED
    assert (await shop.checked_out(actor)).checkout.id != checkout_id
    assert [job.name for job in placing_jobs(shop.place)] == ["place_order.recover"]
