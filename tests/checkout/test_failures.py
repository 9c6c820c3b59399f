"""Placings that come to nothing are on record for staff, whatever the way to pay, and lead the buyer on."""

from uuid import UUID

import pytest

from surehold.modules.cart import HoldLimitError, InsufficientInventoryError, ReservationExpiredError
from surehold.modules.checkout import CheckoutState, LineUnavailableError, TotalChangedError
from surehold.modules.orders import OrderStatus
from tests.support.shop import SHIPPING, Shop

MOVE_ON = "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 s', '-infinity')"
METHODS = ("pay_on_delivery", "scripted")


async def _failures(shop: Shop, checkout_id: UUID) -> list[str | None]:
    return [
        failure.reason for failure in await shop.checkout.list_failures(None, 100) if failure.checkout_id == checkout_id
    ]


@pytest.mark.parametrize("method", METHODS)
async def test_a_placing_without_stock_is_on_record(shop: Shop, method: str) -> None:
    [one] = await shop.variants(1, 2)
    actor, checkout_id = await shop.ready([(one, 2)], method)
    await shop.db.execute(MOVE_ON)
    await shop.guest_with([(one, 1)])
    with pytest.raises(ReservationExpiredError) as told:
        await shop.place.place(actor, checkout_id, None)
    assert (told.value.extra["requested"], told.value.extra["available"]) == (2, 1)
    assert await shop.orders_of(checkout_id) == []
    assert await _failures(shop, checkout_id) == ["RESERVATION_EXPIRED"]
    view = await shop.checkout.get(actor, checkout_id)
    assert (view.checkout.state, view.checkout.failure) == (CheckoutState.REVIEW, "RESERVATION_EXPIRED")


@pytest.mark.parametrize("method", METHODS)
async def test_with_less_in_the_cart_the_same_checkout_is_placed(shop: Shop, method: str) -> None:
    """It was not the payment that failed: nobody has to choose again how to pay."""
    [one] = await shop.variants(1, 2)
    actor, checkout_id = await shop.ready([(one, 2)], method)
    await shop.db.execute(MOVE_ON)
    await shop.guest_with([(one, 1)])
    with pytest.raises(ReservationExpiredError):
        await shop.place.place(actor, checkout_id, None)
    await shop.carts.set_quantity(actor, one, 1)
    with pytest.raises(TotalChangedError):
        await shop.place.place(actor, checkout_id, None)
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert (work.order.status, work.checkout.failure) == (OrderStatus.CONFIRMED, None)
    assert await _failures(shop, checkout_id) == ["RESERVATION_EXPIRED"]


@pytest.mark.parametrize("method", METHODS)
async def test_a_placing_over_the_caps_is_on_record(shop: Shop, method: str) -> None:
    variants = await shop.variants(6, 1000, hold_on="checkout")
    actor, checkout_id = await shop.ready([(variant, 999) for variant in variants[:5]], method)
    await shop.add(actor, [(variants[5], 999)])
    with pytest.raises(HoldLimitError):
        await shop.place.place(actor, checkout_id, None)
    assert await _failures(shop, checkout_id) == ["HOLD_LIMIT"]


async def test_a_placing_of_what_is_not_sold_any_more_is_on_record(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 1)])
    await shop.db.execute("update catalog.variants set retired_at = now() where id = %s", (one,))
    with pytest.raises(LineUnavailableError):
        await shop.place.place(actor, checkout_id, None)
    assert await _failures(shop, checkout_id) == ["LINE_UNAVAILABLE"]


async def test_nobody_elses_placing_is_put_on_record(shop: Shop) -> None:
    """A stranger who knows the id fails to find the checkout, and it keeps its state and history."""
    [one] = await shop.variants(1, 3)
    _, checkout_id = await shop.ready([(one, 1)])
    stranger = await shop.guest_with([(one, 1)])
    with pytest.raises(Exception, match=r"(?i)not found"):
        await shop.place.place(stranger, checkout_id, None)
    assert await _failures(shop, checkout_id) == []


@pytest.mark.parametrize("hold_on", ["add", "checkout"])
async def test_opening_names_what_ran_out(shop: Shop, hold_on: str) -> None:
    """What was held before, by the cart or by its checkout, ran out; what never was is only too little."""
    [one] = await shop.variants(1, 2, hold_on=hold_on)
    actor = await shop.guest_with([(one, 2)])
    if hold_on == "checkout":
        await shop.checked_out(actor)
    await shop.db.execute(MOVE_ON)
    await shop.db.fetch_all("select * from inventory.sweep_holds(100)")
    await shop.checked_out(await shop.guest_with([(one, 1)]))
    with pytest.raises(ReservationExpiredError) as told:
        await shop.checkout.open(actor, SHIPPING, None)
    assert told.value.extra["available"] == 1
    assert "alternatives" in told.value.extra


async def test_opening_what_was_never_held(shop: Shop) -> None:
    [one] = await shop.variants(1, 2, hold_on="checkout")
    actor = await shop.guest_with([(one, 2)])
    await shop.checked_out(await shop.guest_with([(one, 1)]))
    with pytest.raises(InsufficientInventoryError):
        await shop.checkout.open(actor, SHIPPING, None)


async def test_a_step_names_what_ran_out(shop: Shop) -> None:
    """The steps hold as opening does: whoever took too long is told before paying, not after."""
    [one] = await shop.variants(1, 2)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(MOVE_ON)
    await shop.checkout.set_payment(actor, checkout_id, "scripted", None)
    assert await shop.held(one) == 2
    await shop.db.execute(MOVE_ON)
    await shop.guest_with([(one, 1)])
    with pytest.raises(ReservationExpiredError):
        await shop.checkout.set_payment(actor, checkout_id, "scripted", None)
