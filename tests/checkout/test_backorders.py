"""What is promised beyond what is there: told before it is bought, kept to the unit, and given back."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from surehold.modules.cart import ReservationExpiredError
from surehold.modules.checkout import CheckoutState, CheckoutView, TotalChangedError
from surehold.modules.orders import OrderLine, OrderStatus
from surehold.platform.http import Actor
from tests.support.shop import SHIPPING, Shop, StandingClock

TODAY = StandingClock().now().date()
DUE = TODAY + timedelta(days=30)
LATER = TODAY + timedelta(days=60)
MOVE_ON = "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 s', '-infinity')"


async def _promise(shop: Shop, variant: UUID, limit: int, due: date = DUE) -> None:
    await shop.db.execute("select inventory.ensure_stock(array[%s]::uuid[])", (variant,))
    await shop.db.execute("select inventory.set_policy(%s, %s, %s, 0)", (variant, limit, due))


async def _backorders(shop: Shop, variant: UUID) -> tuple[int, list[tuple[bool, int, str, date]]]:
    """What the stock says is promised, and to whom: (an order?, units, state, day)."""
    row = await shop.db.fetch_one("select backordered from inventory.stock where variant_id = %s", (variant,))
    rows = await shop.db.fetch_all(
        "select order_id is not null, quantity, state, promised_on from inventory.backorders where variant_id = %s"
        " order by 1, 2",
        (variant,),
    )
    assert row is not None
    return row[0], [(row[0], row[1], row[2], row[3]) for row in rows]


def _reviewed(view: CheckoutView) -> OrderLine:
    assert view.checkout.quote is not None
    return view.checkout.quote.lines[0]


def _arrives(view: CheckoutView) -> date:
    assert view.checkout.quote is not None
    assert view.checkout.quote.delivery is not None
    return view.checkout.quote.delivery.earliest


async def _ordered_line(shop: Shop, actor: Actor, order_id: UUID) -> tuple[int, int, date | None, str]:
    order = await shop.orders.get_for(actor, order_id)
    [line] = order.lines
    return line.quantity, line.backordered, line.promised_on, order.promised["earliest"]


@pytest.mark.parametrize("method", ["pay_on_delivery", "scripted"])
@pytest.mark.parametrize("hold_on", ["add", "checkout"])
async def test_a_backorder_through_checkout_order_and_cancel(shop: Shop, hold_on: str, method: str) -> None:
    [one] = await shop.variants(1, 2, hold_on=hold_on)
    await _promise(shop, one, 5)
    actor = await shop.guest_with([(one, 3)])
    view = await shop.checked_out(actor, method)
    assert (_reviewed(view).backordered, _reviewed(view).promised_on) == (1, DUE)
    assert _arrives(view) > DUE
    shown = await shop.checkout.get(actor, view.checkout.id)
    assert min(offer.window.earliest for offer in shown.shipping_methods) > DUE
    order_id = (await shop.place.place(actor, view.checkout.id, None)).work.order.order_id
    assert await _ordered_line(shop, actor, order_id) == (3, 1, DUE, _arrives(view).isoformat())
    assert await shop.stock_of(one) == (2, 2)
    assert await _backorders(shop, one) == (1, [(True, 1, "open", DUE)])
    await shop.cancel.cancel(order_id, reason="changed_mind", actor="account:1")
    assert await shop.stock_of(one) == (2, 0)
    assert await _backorders(shop, one) == (0, [(True, 1, "released", DUE)])


async def test_a_promise_that_ran_out_is_taken_again_as_it_is_now(shop: Shop) -> None:
    """At opening, what is shown is what is held then."""
    [one] = await shop.variants(1, 0)
    await _promise(shop, one, 5)
    actor = await shop.guest_with([(one, 2)])
    await shop.db.execute(MOVE_ON)
    await shop.db.fetch_all("select * from inventory.sweep_holds(100)")
    await _promise(shop, one, 5, LATER)
    view = await shop.checked_out(actor)
    assert (_reviewed(view).backordered, _reviewed(view).promised_on) == (2, LATER)
    assert _arrives(view) > LATER


async def test_stock_that_became_a_promise_is_told_not_ordered(shop: Shop) -> None:
    """The hold ran out, somebody else has the units: what would come a month later than agreed needs a new yes."""
    [one] = await shop.variants(1, 2)
    await _promise(shop, one, 5)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(MOVE_ON)
    await shop.guest_with([(one, 2)])
    with pytest.raises(TotalChangedError) as told:
        await shop.place.place(actor, checkout_id, None)
    assert "later" in told.value.detail
    [line] = told.value.extra["quote"]["lines"]
    assert (line["backordered"], line["promised_on"]) == (2, DUE.isoformat())
    assert told.value.extra["quote"]["delivery"]["earliest"] > DUE.isoformat()
    assert await shop.orders_of(checkout_id) == []
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED
    assert (await _ordered_line(shop, actor, work.order.order_id))[:3] == (2, 2, DUE)


async def test_a_day_that_passed_since_the_review_is_told(shop: Shop) -> None:
    [one] = await shop.variants(1, 2)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(
        "update checkout.checkouts set quote = jsonb_set(quote, '{delivery}', %s::jsonb)",
        ('{"earliest": "2026-11-01", "latest": "2026-11-02"}',),
    )
    with pytest.raises(TotalChangedError):
        await shop.place.place(actor, checkout_id, None)
    view = await shop.checkout.get(actor, checkout_id)
    assert _arrives(view) > TODAY
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert (await _ordered_line(shop, actor, work.order.order_id))[3] == _arrives(view).isoformat()


async def test_an_earlier_day_needs_no_new_yes(shop: Shop) -> None:
    """Units came in meanwhile: the order is told to arrive as soon as it does."""
    [one] = await shop.variants(1, 0)
    await _promise(shop, one, 5)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(
        "select inventory.receive(array[%s]::uuid[], array[(select id from inventory.locations limit 1)], array[9],"
        " 'receipt', 'came-in')",
        (one,),
    )
    work = (await shop.place.place(actor, checkout_id, None)).work
    quantity, backordered, promised_on, earliest = await _ordered_line(shop, actor, work.order.order_id)
    assert (quantity, backordered, promised_on) == (2, 0, None)
    assert earliest < DUE.isoformat()
    assert await _backorders(shop, one) == (0, [])


async def test_units_that_came_in_during_the_payment_are_the_orders(shop: Shop) -> None:
    [one] = await shop.variants(1, 0)
    await _promise(shop, one, 5)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "lost_after")
    pending = await shop.place.place(actor, checkout_id, None)
    await shop.db.execute(
        "select inventory.receive(array[%s]::uuid[], array[(select id from inventory.locations limit 1)], array[1],"
        " 'receipt', 'one-came-in')",
        (one,),
    )
    await shop.age_calls()
    await shop.place.recover()
    line = await _ordered_line(shop, actor, pending.work.order.order_id)
    assert line[:3] == (2, 1, DUE)
    assert await shop.stock_of(one) == (1, 1)
    assert await _backorders(shop, one) == (1, [(True, 1, "open", DUE)])


async def test_an_order_gets_no_promise_in_place_of_what_was_there(shop: Shop) -> None:
    """The buyer agreed to units in stock; when they are gone before the money is held, nothing is charged."""
    [one] = await shop.variants(1, 2)
    await _promise(shop, one, 5)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "lost_after")
    pending = await shop.place.place(actor, checkout_id, None)
    await shop.db.execute("select inventory.release_holds(%s, null)", (pending.work.checkout.cart_id,))
    await shop.guest_with([(one, 2)])
    await shop.age_calls()
    with pytest.raises(ReservationExpiredError):
        await shop.place.place(actor, checkout_id, None)
    assert shop.scripted.held_minor(pending.work.order.order_id) == 0
    view = await shop.checkout.set_payment(actor, checkout_id, "scripted", None)
    assert (_reviewed(view).backordered, view.checkout.state) == (2, CheckoutState.REVIEW)
    assert await _backorders(shop, one) == (2, [(False, 2, "open", DUE)])


async def test_a_promise_beyond_the_order_stays_with_the_cart(shop: Shop) -> None:
    """A line grew while its order was being paid: the order takes its part of the promise, the rest is the cart's."""
    [one] = await shop.variants(1, 0)
    await _promise(shop, one, 9)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "lost_after")
    shop.scripted.script("capture", "lost_after")
    await shop.place.place(actor, checkout_id, None)
    await shop.add(actor, [(one, 3)])
    await shop.age_calls()
    await shop.place.recover()  # it is claimed, and the capture is unknown
    assert await _backorders(shop, one) == (5, [(False, 3, "open", DUE), (True, 2, "open", DUE)])
    await shop.age_calls()
    await shop.place.recover()
    assert await _backorders(shop, one) == (5, [(False, 3, "open", DUE), (True, 2, "open", DUE)])
    view = await shop.checkout.open(actor, SHIPPING, "pay_on_delivery")
    assert (_reviewed(view).quantity, _reviewed(view).backordered) == (3, 3)
    await shop.place.place(actor, view.checkout.id, None)
    assert await _backorders(shop, one) == (5, [(True, 2, "open", DUE), (True, 3, "open", DUE)])


async def test_a_declined_capture_gives_the_promise_back_to_the_cart(shop: Shop) -> None:
    [one] = await shop.variants(1, 1)
    await _promise(shop, one, 9)
    actor, checkout_id = await shop.ready([(one, 3)], "scripted")
    shop.scripted.script("capture", "lost_before", "declined")
    await shop.place.place(actor, checkout_id, None)
    await shop.add(actor, [(one, 1)])
    await shop.age_calls()
    await shop.place.recover()
    assert await shop.held(one) == 1
    assert await _backorders(shop, one) == (3, [(False, 3, "open", DUE), (True, 2, "released", DUE)])


async def test_a_line_that_became_a_promise_behind_a_later_one_is_told(shop: Shop) -> None:
    """The whole arrives no later, for another line comes later still; the buyer never saw this one as a promise."""
    later, there = await shop.variants(1, 0) + await shop.variants(1, 1)
    await _promise(shop, later, 5)
    await _promise(shop, there, 5, TODAY + timedelta(days=20))
    actor, checkout_id = await shop.ready([(later, 1), (there, 1)])
    await shop.db.execute(MOVE_ON)
    await shop.guest_with([(there, 1)])
    with pytest.raises(TotalChangedError) as told:
        await shop.place.place(actor, checkout_id, None)
    assert "later" in told.value.detail
    assert {line["variant_id"]: line["backordered"] for line in told.value.extra["quote"]["lines"]} == {
        str(later): 1,
        str(there): 1,
    }
    assert await shop.orders_of(checkout_id) == []
    assert (await shop.place.place(actor, checkout_id, None)).work.order.status is OrderStatus.CONFIRMED


async def test_a_promise_for_a_day_that_passed_is_told(shop: Shop) -> None:
    """A day in the past moves no window, and what was in stock is a promise all the same."""
    [one] = await shop.variants(1, 1)
    await _promise(shop, one, 5, TODAY - timedelta(days=5))
    actor, checkout_id = await shop.ready([(one, 1)])
    await shop.db.execute(MOVE_ON)
    await shop.guest_with([(one, 1)])
    with pytest.raises(TotalChangedError):
        await shop.place.place(actor, checkout_id, None)
    assert await shop.orders_of(checkout_id) == []


async def test_a_line_promised_for_a_later_day_behind_a_later_one_is_told(shop: Shop) -> None:
    last, moved = await shop.variants(2, 0)
    await _promise(shop, last, 5, LATER)
    await _promise(shop, moved, 5)
    actor, checkout_id = await shop.ready([(last, 1), (moved, 1)])
    await shop.db.execute(MOVE_ON)
    await shop.db.fetch_all("select * from inventory.sweep_holds(100)")
    await _promise(shop, moved, 5, DUE + timedelta(days=10))
    with pytest.raises(TotalChangedError):
        await shop.place.place(actor, checkout_id, None)
