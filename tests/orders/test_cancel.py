"""Cancelling: stock back at once, money given back, once."""

from uuid import UUID

import pytest

from surehold.modules.orders import OrderInProgressError, OrderNotCancellableError, OrderStatus
from surehold.modules.payments import PaymentStatus
from tests.support.shop import Shop


async def _confirmed(shop: Shop, method: str, stock: int = 5, quantity: int = 2) -> tuple[UUID, UUID]:
    [variant] = await shop.variants(1, stock)
    actor, checkout_id = await shop.ready([(variant, quantity)], method)
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED
    return work.order.order_id, variant


@pytest.mark.parametrize(
    ("method", "ends"),
    [
        ("pay_on_delivery", PaymentStatus.VOIDED),
        ("scripted_later", PaymentStatus.VOIDED),
        ("scripted", PaymentStatus.REFUNDED),
    ],
)
async def test_cancel_gives_stock_and_money_back(shop: Shop, method: str, ends: PaymentStatus) -> None:
    order_id, variant = await _confirmed(shop, method)
    assert await shop.stock_of(variant) == (5, 2)
    order = await shop.cancel.cancel(order_id, reason="changed_mind", actor="account:1")
    assert order.status is OrderStatus.CANCELLED
    assert order.payment is not None
    assert order.payment.status == ends
    assert await shop.stock_of(variant) == (5, 0)
    assert shop.scripted.held_minor(order_id) == 0
    assert shop.later.held_minor(order_id) == 0
    assert f"variant:{variant}" in shop.ears.tags


async def test_cancelling_again_changes_nothing(shop: Shop) -> None:
    order_id, variant = await _confirmed(shop, "scripted")
    first = await shop.cancel.cancel(order_id, reason="x", actor="account:1")
    again = await shop.cancel.cancel(order_id, reason="y", actor="account:1")
    assert again == first
    assert len(shop.scripted.effects("refund", order_id)) == 1
    assert await shop.stock_of(variant) == (5, 0)


@pytest.mark.parametrize("lost", ["lost_before", "lost_after"])
async def test_an_unknown_refund_is_resolved(shop: Shop, lost: str) -> None:
    order_id, variant = await _confirmed(shop, "scripted")
    shop.scripted.script("refund", lost)
    order = await shop.cancel.cancel(order_id, reason="x", actor="account:1")
    assert order.status is OrderStatus.CANCELLED
    assert order.payment is not None
    assert order.payment.status == PaymentStatus.SUCCESS
    assert await shop.stock_of(variant) == (5, 0)
    await shop.age_calls()
    await shop.place.recover()
    mended = await shop.orders.get(order_id)
    assert mended.payment is not None
    assert mended.payment.status == PaymentStatus.REFUNDED
    assert len(shop.scripted.effects("refund", order_id)) == 1


async def test_not_while_it_is_being_placed(shop: Shop) -> None:
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)], "scripted")
    shop.scripted.script("capture", "lost_after")
    work = (await shop.place.place(actor, checkout_id, None)).work
    with pytest.raises(OrderInProgressError):
        await shop.cancel.cancel(work.order.order_id, reason="x", actor="account:1")
    assert await shop.stock_of(variant) == (5, 1)


async def test_not_after_something_shipped(shop: Shop) -> None:
    order_id, variant = await _confirmed(shop, "pay_on_delivery")
    async with shop.db.unit() as unit:
        await unit.execute("update orders.lines set shipped = 1 where order_id = %s", (order_id,))
        await unit.execute("select orders.write_status(%s, null, 'system')", (order_id,))
    with pytest.raises(OrderNotCancellableError):
        await shop.cancel.cancel(order_id, reason="x", actor="account:1")
    assert await shop.stock_of(variant) == (5, 2)
    assert (await shop.orders.get(order_id)).status is OrderStatus.PARTIALLY_SHIPPED


async def test_what_is_told_of_a_cancel(shop: Shop) -> None:
    order_id, _ = await _confirmed(shop, "pay_on_delivery")
    await shop.cancel.cancel(order_id, reason="changed_mind", actor="account:1")
    rows = await shop.db.fetch_all(
        "select name, seq, payload ->> 'reason' from platform.events where aggregate_id = %s order by seq", (order_id,)
    )
    assert rows[-1] == ("orders.order_cancelled.v1", 3, "changed_mind")
    actors = await shop.db.fetch_all(
        "select actor from audit.entries where subject_id = %s and action = 'orders.order_cancelled'", (order_id,)
    )
    assert actors == [("account:1",)]
