"""An order that comes to nothing gives its units back to the cart: what the cart wants by now stays held, whatever else."""

from uuid import UUID

import pytest

from surehold.modules.checkout import CheckoutState, PaymentDeclinedError
from surehold.modules.orders import OrderStatus
from surehold.platform.http import Actor
from tests.support.shop import SHIPPING, Shop


async def _with_unknown_capture(shop: Shop, lines: list[tuple[UUID, int]]) -> tuple[Actor, UUID, UUID]:
    """A guest whose order has its units and waits for a capture that nobody knows of; its checkout and order."""
    actor, checkout_id = await shop.ready(lines, "scripted")
    shop.scripted.script("capture", "lost_before", "declined")
    pending = await shop.place.place(actor, checkout_id, None)
    assert pending.work.order.status is OrderStatus.PENDING
    return actor, checkout_id, pending.work.order.order_id


async def _give_up(shop: Shop, order_id: UUID) -> None:
    """The recovery finds out that the capture is declined, and voids."""
    await shop.age_calls()
    await shop.place.recover()
    assert (await shop.orders.get(order_id)).status is OrderStatus.FAILED
    assert shop.scripted.held_minor(order_id) == 0


async def test_units_added_while_the_capture_was_unknown_stay_held(shop: Shop) -> None:
    one, two = await shop.variants(2, 9)
    actor, _, order_id = await _with_unknown_capture(shop, [(one, 2)])
    await shop.add(actor, [(one, 3), (two, 1)])
    await _give_up(shop, order_id)
    assert (await shop.held(one), await shop.held(two)) == (5, 1)
    assert (await shop.stock_of(one), await shop.stock_of(two)) == ((9, 5), (9, 1))


async def test_lines_that_are_gone_hold_nothing(shop: Shop) -> None:
    one, two = await shop.variants(2, 9)
    actor, _, order_id = await _with_unknown_capture(shop, [(one, 2), (two, 2)])
    await shop.carts.remove(actor, [one])
    await _give_up(shop, order_id)
    assert (await shop.held(one), await shop.held(two)) == (0, 2)
    assert (await shop.stock_of(one), await shop.stock_of(two)) == ((9, 0), (9, 2))


async def test_lines_that_shrank_hold_what_they_are(shop: Shop) -> None:
    [one] = await shop.variants(1, 9)
    actor, _, order_id = await _with_unknown_capture(shop, [(one, 4)])
    await shop.carts.set_quantity(actor, one, 1)
    await _give_up(shop, order_id)
    assert await shop.held(one) == 1
    assert await shop.stock_of(one) == (9, 1)


async def test_an_emptied_cart_holds_nothing(shop: Shop) -> None:
    [one] = await shop.variants(1, 9)
    actor, _, order_id = await _with_unknown_capture(shop, [(one, 4)])
    await shop.carts.remove(actor, None)
    await _give_up(shop, order_id)
    assert await shop.stock_of(one) == (9, 0)


async def test_a_checkout_that_is_open_again_holds_what_is_held_on_checkout(shop: Shop) -> None:
    one, two = await shop.variants(2, 9, hold_on="checkout")
    actor, checkout_id, order_id = await _with_unknown_capture(shop, [(one, 2)])
    await shop.add(actor, [(one, 3), (two, 1)])
    assert (await shop.held(one), await shop.held(two)) == (0, 0)
    await _give_up(shop, order_id)
    assert (await shop.checkout.get(actor, checkout_id)).checkout.state is CheckoutState.PAYMENT
    assert (await shop.held(one), await shop.held(two)) == (5, 1)


async def test_no_cap_stops_a_giving_up(shop: Shop) -> None:
    """Five lines of 999 are bought, a sixth is added meanwhile: together more than one cart may hold."""
    variants = await shop.variants(6, 1000)
    actor, checkout_id, order_id = await _with_unknown_capture(shop, [(variant, 999) for variant in variants[:5]])
    await shop.add(actor, [(variants[5], 999)])
    await _give_up(shop, order_id)
    assert [await shop.held(variant) for variant in variants] == [999] * 6
    assert (await shop.checkout.get(actor, checkout_id)).checkout.failure == "CARD_DECLINED"


async def test_a_shortage_does_not_stop_a_giving_up(shop: Shop) -> None:
    """What the claim lacked is gone; what is there of it is held."""
    one, two = await shop.variants(2, 3)
    actor, checkout_id = await shop.ready([(one, 3), (two, 3)], "scripted")
    shop.scripted.script("authorize", "lost_after")
    pending = await shop.place.place(actor, checkout_id, None)
    await shop.db.execute("select inventory.release_holds(%s, array[%s])", (pending.work.checkout.cart_id, one))
    await shop.guest_with([(one, 2)])
    await _give_up(shop, pending.work.order.order_id)
    assert (await shop.stock_of(one), await shop.stock_of(two)) == ((3, 3), (3, 3))
    assert (await shop.held(one), await shop.held(two)) == (3, 3)


@pytest.mark.parametrize("phase", ["authorize", "capture"])
async def test_a_decline_after_a_long_wait_leaves_time_to_pay_otherwise(shop: Shop, phase: str) -> None:
    """The holds' own time ran out during the payment: whoever has to choose again has a hold that lasts."""
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script(phase, "lost_before", "declined")
    await shop.place.place(actor, checkout_id, None)
    await shop.db.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 s', '-infinity')"
    )
    await shop.age_calls()
    await shop.place.recover()
    await shop.db.fetch_all("select * from inventory.sweep_holds(100)")
    assert await shop.held(one) == 2
    await shop.checkout.set_payment(actor, checkout_id, "pay_on_delivery", None)
    assert (await shop.place.place(actor, checkout_id, None)).work.order.status is OrderStatus.CONFIRMED


async def test_what_was_added_during_an_unknown_payment_stays(shop: Shop) -> None:
    """Nothing that was acknowledged while an order waited is lost, whether the payment comes to something or not."""
    for ending in ("ok", "declined"):
        one, two = await shop.variants(2, 20)
        actor, checkout_id = await shop.ready([(one, 2)], "scripted")
        shop.scripted.script("authorize", "lost_before", ending)
        await shop.place.place(actor, checkout_id, None)
        await shop.add(actor, [(one, 3), (two, 1)])
        await shop.age_calls()
        await shop.place.recover()
        cart, _ = await shop.carts.read(actor)
        bought = 2 if ending == "ok" else 0
        assert {line.variant_id: (line.quantity, line.held) for line in cart.lines} == {
            one: (5 - bought, 5 - bought),
            two: (1, 1),
        }
        assert (await shop.stock_of(one), await shop.stock_of(two)) == ((20, 5), (20, 1))


async def test_giving_up_twice_changes_nothing(shop: Shop) -> None:
    [one] = await shop.variants(1, 9)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("capture", "declined")
    with pytest.raises(PaymentDeclinedError):
        await shop.place.place(actor, checkout_id, None)
    await shop.age_calls()
    await shop.place.recover()
    view = await shop.checkout.open(actor, SHIPPING, None)
    assert view.checkout.state is CheckoutState.PAYMENT
    assert (await shop.held(one), await shop.stock_of(one)) == (2, (9, 2))
