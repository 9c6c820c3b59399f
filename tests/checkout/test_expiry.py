"""Checkouts that nobody goes on with end; the cart does not."""

import pytest

from surehold.modules.checkout import CheckoutState, CheckoutStateError
from surehold.modules.checkout.jobs import jobs
from surehold.modules.orders import OrderStatus
from tests.support.shop import SHIPPING, Shop

LONG_AGO = "update checkout.checkouts set expires_at = clock_timestamp() - interval '1 s'"


async def _run(shop: Shop) -> None:
    [job] = jobs(shop.checkout)
    await job.run()


async def test_an_abandoned_checkout_ends_and_forgets_who_it_was_for(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 2)])
    await _run(shop)
    assert (await shop.checkout.get(actor, checkout_id)).checkout.state is CheckoutState.REVIEW
    await shop.db.execute(LONG_AGO)
    await _run(shop)
    view = await shop.checkout.get(actor, checkout_id)
    assert (view.checkout.state, view.contact, view.checkout.quote) == (CheckoutState.EXPIRED, None, None)
    cart, _ = await shop.carts.read(actor)
    assert [(line.variant_id, line.quantity, line.held) for line in cart.lines] == [(one, 2, 2)]
    with pytest.raises(CheckoutStateError):
        await shop.place.place(actor, checkout_id, None)
    with pytest.raises(CheckoutStateError):
        await shop.checkout.set_payment(actor, checkout_id, "scripted", None)


async def test_after_it_the_cart_gets_another_checkout(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(LONG_AGO)
    await _run(shop)
    view = await shop.checkout.open(actor, SHIPPING, "pay_on_delivery")
    assert view.checkout.id != checkout_id
    assert (await shop.place.place(actor, view.checkout.id, None)).work.order.status is OrderStatus.CONFIRMED


async def test_going_on_keeps_a_checkout_alive(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(LONG_AGO)
    await shop.checkout.set_payment(actor, checkout_id, "pay_on_delivery", None)
    await _run(shop)
    assert (await shop.place.place(actor, checkout_id, None)).work.order.status is OrderStatus.CONFIRMED


async def test_one_that_waits_for_its_payment_does_not_end(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("capture", "lost_after")
    await shop.place.place(actor, checkout_id, None)
    await shop.db.execute(LONG_AGO)
    await _run(shop)
    assert (await shop.checkout.get(actor, checkout_id)).checkout.state is CheckoutState.PLACING
    await shop.age_calls()
    await shop.place.recover()
    assert (await shop.checkout.get(actor, checkout_id)).checkout.state is CheckoutState.CONFIRMED
