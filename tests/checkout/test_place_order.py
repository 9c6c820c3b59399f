"""Placing an order, whatever the provider does."""

import msgspec
import pytest

from surehold.kernel.errors import NotFoundError
from surehold.kernel.money import Money
from surehold.modules.cart import InsufficientInventoryError, ReservationExpiredError
from surehold.modules.catalog import CatalogService
from surehold.modules.checkout import (
    CheckoutIncompleteError,
    CheckoutState,
    LineUnavailableError,
    PaymentDeclinedError,
    TotalChangedError,
)
from surehold.modules.orders import OrderStatus
from surehold.modules.payments import OutcomeKind, PaymentSettings, PaymentStatus
from tests.support.shop import CONTACT, SHIPPING, UNIT_MINOR, Shop, make_shop


async def _cart_lines(shop: Shop, checkout_id: object) -> dict[str, int]:
    rows = await shop.db.fetch_all(
        "select l.variant_id, l.quantity from cart.lines l join checkout.checkouts c on c.cart_id = l.cart_id"
        " where c.id = %s",
        (checkout_id,),
    )
    return {row[0]: row[1] for row in rows}


async def test_pay_on_delivery_confirms_at_once(shop: Shop) -> None:
    [one, two] = await shop.variants(2, 10)
    actor, checkout_id = await shop.ready([(one, 2), (two, 1)])
    placed = await shop.place.place(actor, checkout_id, None)
    work = placed.work
    assert placed.is_new
    assert work.order.status is OrderStatus.CONFIRMED
    assert work.payment.status is PaymentStatus.AUTHORIZED
    assert work.checkout.state is CheckoutState.CONFIRMED
    assert await shop.stock_of(one) == (10, 2)
    assert await shop.held(one) == 0
    assert await _cart_lines(shop, checkout_id) == {}
    order = await shop.orders.get_for(actor, work.order.order_id)
    assert [entry.to_status for entry in order.history] == ["PENDING", "CONFIRMED"]
    assert order.total_minor == order.subtotal_minor + order.shipping_minor + order.tax_minor
    assert order.subtotal_minor == 3 * UNIT_MINOR
    assert shop.orders.contact_of(order) == CONTACT
    assert {f"order:{order.id}"} <= {hint.topic for hint in shop.ears.hints}


async def test_every_step_has_its_event_and_audit_row(shop: Shop) -> None:
    [one] = await shop.variants(1, 10)
    actor, checkout_id = await shop.ready([(one, 1)])
    work = (await shop.place.place(actor, checkout_id, None)).work
    events = await shop.db.fetch_all(
        "select name, seq, payload from platform.events where aggregate_type = 'order' and aggregate_id = %s order by seq",
        (work.order.order_id,),
    )
    assert [(row[0], row[1]) for row in events] == [("orders.order_placed.v1", 1), ("orders.order_confirmed.v1", 2)]
    assert "byron" not in msgspec.json.encode([row[2] for row in events]).decode().lower()
    actions = await shop.db.fetch_all(
        "select action from audit.entries where subject_id in (%s, %s) order by seq",
        (work.order.order_id, work.payment.payment_id),
    )
    assert [row[0] for row in actions] == [
        "orders.order_placed",
        "payments.payment_opened",
        "payments.authorize_succeeded",
        "orders.order_confirmed",
    ]


async def test_provider_authorizes_then_captures(shop: Shop) -> None:
    [one] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED
    assert work.payment.status is PaymentStatus.SUCCESS
    assert work.payment.captured_minor == work.order.total_minor
    assert len(shop.scripted.effects("authorize", work.order.order_id)) == 1
    assert len(shop.scripted.effects("capture", work.order.order_id)) == 1
    assert await shop.stock_of(one) == (5, 2)
    assert await shop.held(one) == 0


async def test_delivery_capture_confirms_without_charging(shop: Shop) -> None:
    [one] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(one, 1)], "scripted_later")
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED
    assert work.payment.status is PaymentStatus.AUTHORIZED
    assert shop.later.calls("capture") == 0


async def test_asking_again_finds_the_same_order(shop: Shop) -> None:
    [one] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(one, 1)], "scripted")
    first = await shop.place.place(actor, checkout_id, None)
    again = await shop.place.place(actor, checkout_id, None)
    assert again.work.order == first.work.order
    assert not again.is_new
    assert len(await shop.orders_of(checkout_id)) == 1
    assert len(shop.scripted.effects("authorize")) == 1


async def test_declined_leads_back_to_payment_with_cart_and_holds(shop: Shop) -> None:
    [one] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "declined")
    with pytest.raises(PaymentDeclinedError):
        await shop.place.place(actor, checkout_id, None)
    view = await shop.checkout.get(actor, checkout_id)
    assert view.checkout.state is CheckoutState.PAYMENT
    assert view.checkout.failure == "CARD_DECLINED"
    assert await shop.held(one) == 2
    assert await _cart_lines(shop, checkout_id) == {one: 2}
    failed = await shop.db.fetch_all(
        "select reason from checkout.history where checkout_id = %s and to_state = 'failed'", (checkout_id,)
    )
    assert [row[0] for row in failed] == ["CARD_DECLINED"]
    with pytest.raises(CheckoutIncompleteError) as told:
        await shop.place.place(actor, checkout_id, None)
    assert told.value.extra["missing"] == ["payment"]
    assert (await shop.checkout.open(actor, None, None)).checkout.state is CheckoutState.PAYMENT
    await shop.checkout.set_payment(actor, checkout_id, "scripted", None)
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED
    assert [status for _, status in await shop.orders_of(checkout_id)] == ["FAILED", "CONFIRMED"]
    assert await shop.stock_of(one) == (5, 2)


async def test_declined_capture_voids_and_keeps_the_holds(shop: Shop) -> None:
    [one] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("capture", "declined")
    with pytest.raises(PaymentDeclinedError):
        await shop.place.place(actor, checkout_id, None)
    [(order_id, status)] = await shop.orders_of(checkout_id)
    assert status == "FAILED"
    assert shop.scripted.held_minor(order_id) == 0
    assert await shop.stock_of(one) == (5, 2)
    assert await shop.held(one) == 2


async def test_stock_gone_while_paying_voids(shop: Shop) -> None:
    [one] = await shop.variants(1, 2)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "lost_after")
    pending = await shop.place.place(actor, checkout_id, None)
    assert pending.work.payment.status is PaymentStatus.UNKNOWN
    cart_id = pending.work.checkout.cart_id
    await shop.db.execute("select inventory.release_holds(%s, null)", (cart_id,))
    _, other_checkout = await shop.ready([(one, 2)])
    assert other_checkout
    with pytest.raises(ReservationExpiredError) as told:
        await shop.place.place(actor, checkout_id, None)
    facts = told.value.extra
    assert (facts["variant_id"], facts["requested"], facts["available"]) == (str(one), 2, 0)
    assert facts["reason"] == "INSUFFICIENT_INVENTORY"
    assert isinstance(facts["alternatives"], list)
    [(order_id, status)] = await shop.orders_of(checkout_id)
    assert status == "FAILED"
    assert shop.scripted.held_minor(order_id) == 0
    assert shop.scripted.effects("capture") == []


@pytest.mark.parametrize("behaviour", ["lost_before", "lost_after"])
@pytest.mark.parametrize("phase", ["authorize", "capture"])
async def test_unknown_is_told_and_resolved(shop: Shop, phase: str, behaviour: str) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 1)], "scripted")
    shop.scripted.script(phase, behaviour)
    pending = await shop.place.place(actor, checkout_id, None)
    assert pending.work.order.status is OrderStatus.PENDING
    assert pending.work.payment.status is PaymentStatus.UNKNOWN
    assert pending.work.checkout.state is CheckoutState.PLACING
    await shop.age_calls()
    assert await shop.place.recover() == 1
    work = await shop.checkout.work_of(pending.work.order.order_id)
    assert work.order.status is OrderStatus.CONFIRMED
    assert work.payment.status is PaymentStatus.SUCCESS
    assert len(shop.scripted.effects("authorize", work.order.order_id)) == 1
    assert len(shop.scripted.effects("capture", work.order.order_id)) == 1
    assert await shop.stock_of(one) == (3, 1)
    assert await shop.place.recover() == 0


async def test_a_challenge_keeps_the_holds_until_it_is_passed(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 1)], "scripted")
    shop.scripted.script("authorize", "requires_action")
    pending = await shop.place.place(actor, checkout_id, None)
    assert pending.action == "https://bank.example/challenge"
    await shop.db.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 s', '-infinity')"
    )
    still = await shop.place.place(actor, checkout_id, None)
    assert still.work.order.status is OrderStatus.PENDING
    assert await shop.held(one) == 1
    shop.scripted.complete_challenge(pending.work.order.order_id)
    await shop.age_calls()
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED


async def test_a_challenge_nobody_takes_ends(shop: Shop, tmp_path: object) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 1)], "scripted")
    shop.scripted.script("authorize", "requires_action")
    pending = await shop.place.place(actor, checkout_id, None)
    await shop.db.execute(
        "update payments.attempts set started_at = started_at - interval '1 hour' where settled_at is null"
    )
    await shop.age_calls()
    await shop.place.recover()
    work = await shop.checkout.work_of(pending.work.order.order_id)
    assert work.order.status is OrderStatus.FAILED
    assert work.checkout.failure == "CHALLENGE_TIMED_OUT"
    assert work.checkout.state is CheckoutState.PAYMENT


async def test_an_old_unknown_that_never_arrived_is_given_up(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 1)], "scripted")
    shop.scripted.script("authorize", "lost_before")
    pending = await shop.place.place(actor, checkout_id, None)
    await shop.db.execute(
        "update payments.attempts set started_at = started_at - interval '2 hours' where settled_at is null"
    )
    await shop.age_calls()
    await shop.place.recover()
    work = await shop.checkout.work_of(pending.work.order.order_id)
    assert work.order.status is OrderStatus.FAILED
    assert shop.scripted.effects("authorize", work.order.order_id) == []


async def test_a_changed_price_is_told_not_charged(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 1)])
    await shop.db.execute(
        "select pricing.import_prices(array[%s]::uuid[], array['USD'], array[2500]::bigint[])", (one,)
    )
    with pytest.raises(TotalChangedError) as told:
        await shop.place.place(actor, checkout_id, None)
    assert told.value.extra["quote"]["subtotal"] == {"amount": 2500, "currency": "USD"}
    assert await shop.orders_of(checkout_id) == []
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.order.total_minor == told.value.extra["quote"]["total"]["amount"]


async def test_a_cart_that_changed_after_the_review_is_told(shop: Shop) -> None:
    [one, two] = await shop.variants(2, 3)
    actor, checkout_id = await shop.ready([(one, 1)])
    await shop.add(actor, [(two, 1)])
    with pytest.raises(TotalChangedError):
        await shop.place.place(actor, checkout_id, None)


async def test_the_expected_total_is_compared(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 1)])
    with pytest.raises(TotalChangedError):
        await shop.place.place(actor, checkout_id, Money(1, "USD"))
    review = (await shop.checkout.get(actor, checkout_id)).checkout.quote
    assert review is not None
    placed = await shop.place.place(actor, checkout_id, Money(review.totals.total_minor, "USD"))
    assert placed.work.order.status is OrderStatus.CONFIRMED


async def test_missing_steps_are_named(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor = await shop.guest_with([(one, 1)])
    view = await shop.checkout.open(actor, SHIPPING, None)
    with pytest.raises(CheckoutIncompleteError) as told:
        await shop.place.place(actor, view.checkout.id, None)
    assert told.value.extra["missing"] == ["payment"]


async def test_nobody_elses_checkout(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    _, checkout_id = await shop.ready([(one, 1)])
    stranger = await shop.guest_with([(one, 1)])
    with pytest.raises(NotFoundError):
        await shop.place.place(stranger, checkout_id, None)
    with pytest.raises(NotFoundError):
        await shop.checkout.get(stranger, checkout_id)


async def test_what_is_not_sold_any_more_is_named(shop: Shop) -> None:
    [one, two] = await shop.variants(2, 3)
    actor, checkout_id = await shop.ready([(one, 1), (two, 1)])
    await shop.db.execute("update catalog.variants set retired_at = now() where id = %s", (two,))
    with pytest.raises(LineUnavailableError) as told:
        await shop.place.place(actor, checkout_id, None)
    assert told.value.extra["variant_ids"] == [str(two)]


async def test_what_was_added_meanwhile_stays(shop: Shop) -> None:
    [one, two] = await shop.variants(2, 9)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("capture", "lost_after")
    pending = await shop.place.place(actor, checkout_id, None)
    await shop.add(actor, [(one, 3), (two, 1)])
    await shop.age_calls()
    await shop.place.recover()
    work = await shop.checkout.work_of(pending.work.order.order_id)
    assert work.order.status is OrderStatus.CONFIRMED
    assert await _cart_lines(shop, checkout_id) == {one: 3, two: 1}
    assert await shop.stock_of(one) == (9, 5)


async def test_an_expired_hold_is_taken_again(shop: Shop) -> None:
    [one] = await shop.variants(1, 2)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 s', '-infinity')"
    )
    await shop.db.fetch_all("select * from inventory.sweep_holds(100)")
    assert await shop.held(one) == 0
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED
    assert await shop.stock_of(one) == (2, 2)


async def test_an_expired_hold_that_went_to_another(shop: Shop) -> None:
    [one] = await shop.variants(1, 2)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 s', '-infinity')"
    )
    await shop.guest_with([(one, 1)])
    with pytest.raises(ReservationExpiredError) as told:
        await shop.place.place(actor, checkout_id, None)
    assert told.value.extra["available"] == 1
    assert "alternatives" in told.value.extra
    assert await shop.orders_of(checkout_id) == []


async def test_a_checkout_that_cannot_be_held_offers_something_else(shop: Shop) -> None:
    """The same product in another variant is the nearest alternative, in the currency of the cart."""
    one, other = await shop.variants(2, 2, hold_on="checkout")
    await shop.db.execute(
        'update catalog.variants v set product_id = o.product_id, options = \'{"size": "L"}\''
        " from catalog.variants o where v.id = %s and o.id = %s",
        (other, one),
    )
    first, second = await shop.guest_with([(one, 2)]), await shop.guest_with([(one, 2)])
    await shop.checked_out(first)
    with pytest.raises(InsufficientInventoryError) as told:
        await shop.checked_out(second)
    facts = told.value.extra
    assert (facts["variant_id"], facts["requested"], facts["available"]) == (str(one), 2, 0)
    assert facts["alternatives"] == await CatalogService(shop.db).alternatives(one, "USD")
    assert str(other) in str(facts["alternatives"])
    assert told.value.detail == "Only 0 left."


async def test_held_on_checkout(shop: Shop) -> None:
    [one] = await shop.variants(1, 2, hold_on="checkout")
    actor = await shop.guest_with([(one, 2)])
    assert await shop.held(one) == 0
    view = await shop.checked_out(actor)
    assert await shop.held(one) == 2
    work = (await shop.place.place(actor, view.checkout.id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED


async def test_a_provider_that_never_answers_is_unknown(shop: Shop, tmp_path: object) -> None:
    hasty = make_shop(shop.db, tmp_path, PaymentSettings(call_timeout_s=0.05))  # type: ignore[arg-type]
    [one] = await hasty.variants(1, 2)
    actor, checkout_id = await hasty.ready([(one, 2)], "scripted")
    hasty.scripted.script("authorize", "slow:5")
    pending = await hasty.place.place(actor, checkout_id, None)
    assert pending.work.payment.status is PaymentStatus.UNKNOWN


async def test_a_yes_that_comes_after_giving_up_is_voided(shop: Shop) -> None:
    [one] = await shop.variants(1, 3)
    actor, checkout_id = await shop.ready([(one, 1)], "scripted")
    shop.scripted.script("authorize", "lost_before")
    pending = (await shop.place.place(actor, checkout_id, None)).work
    attempt = pending.payment.attempt
    assert attempt is not None
    await shop.db.execute(
        "update payments.attempts set started_at = started_at - interval '2 hours' where settled_at is null"
    )
    await shop.age_calls()
    await shop.place.recover()
    late = await shop.payments.call(pending.payment, attempt)
    assert late.kind is OutcomeKind.SUCCEEDED
    for _ in range(2):  # told twice, voided once
        await shop.checkout.record_authorized(pending, attempt, late)
        await shop.age_calls()
        await shop.place.recover()
    work = await shop.checkout.work_of(pending.order.order_id)
    assert (work.order.status, work.payment.status) == (OrderStatus.FAILED, PaymentStatus.FAILED)
    assert len(shop.scripted.effects("void", pending.order.order_id)) == 1
    assert shop.scripted.held_minor(pending.order.order_id) == 0
    assert await shop.held(one) == 1
