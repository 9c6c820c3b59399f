"""The provider's book against ours, both ways; and authorizations that end before long."""

from uuid import UUID, uuid4

import pytest

from surehold.kernel.errors import NotFoundError
from surehold.kernel.ids import uuid7
from surehold.modules.audit import AuditLog
from surehold.modules.orders import OrderStatus
from surehold.modules.payments import PAYMENT_FINDINGS, PaymentStatus
from surehold.platform.events import DeadLetters, SilentWaker
from surehold.platform.http.actor import SYSTEM
from tests.support.card_provider import VISA, CardProvider
from tests.support.shop import Shop

MOST_OF_A_WEEK_S = 5 * 24 * 60 * 60


async def _paid(shop: Shop) -> tuple[UUID, UUID]:
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)], "card", VISA)
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.payment.status is PaymentStatus.SUCCESS
    return work.order.order_id, work.payment.payment_id


async def _charge(cards: CardProvider, **metadata: str) -> str:
    made = await cards.clients.payments.payment_intents.create_async(
        {
            "amount": 700,
            "currency": "usd",
            "confirm": True,
            "payment_method": VISA,
            "payment_method_types": ["card"],
            "metadata": metadata,
        }
    )
    return made.id


def _dead(shop: Shop) -> DeadLetters:
    return DeadLetters(shop.db, [PAYMENT_FINDINGS], AuditLog(shop.db).record, SilentWaker())


async def test_books_that_agree_are_silent(card_shop: Shop) -> None:
    order_id, _ = await _paid(card_shop)
    before = await card_shop.comparing.compare()
    await card_shop.cancel.cancel(order_id, reason="changed_mind", actor="system")
    assert (before, await card_shop.comparing.compare()) == (0, 0)


async def test_a_charge_that_we_know_nothing_of_is_told_once(card_shop: Shop, cards: CardProvider) -> None:
    await _charge(cards, payment_id=str(uuid4()), order_id=str(uuid4()))
    assert await card_shop.comparing.compare() == 1
    assert await card_shop.comparing.compare() == 0
    letter = (await _dead(card_shop).list())[0]
    assert (letter.name, letter.error) == ("payments.only_there", "0 USD held, 700 taken, and no payment here")
    await _dead(card_shop).replay(letter.id, SYSTEM)
    assert await card_shop.comparing.compare() == 1, "it is still so"
    letter = (await _dead(card_shop).list())[0]
    await _dead(card_shop).discard(letter.id, SYSTEM)
    assert await card_shop.comparing.compare() == 0, "staff settled it"
    with pytest.raises(NotFoundError):
        await _dead(card_shop).get(letter.id)


async def test_a_second_charge_for_a_payment_is_told(card_shop: Shop, cards: CardProvider) -> None:
    order_id, payment_id = await _paid(card_shop)
    await _charge(cards, payment_id=str(payment_id), order_id=str(order_id))
    assert await card_shop.comparing.compare() == 1
    letter = (await _dead(card_shop).list())[0]
    assert (letter.name, letter.subject_id) == ("payments.differs", payment_id)


async def test_a_payment_that_the_provider_knows_nothing_of_is_told(card_shop: Shop) -> None:
    payment_id, attempt_id = uuid7(), uuid7()
    await card_shop.db.execute(
        "select payments.open(jsonb_build_object('payment_id', %s::text, 'attempt_id', %s::text, 'order_id', %s::text,"
        " 'method', 'card', 'captures_on', 'placement', 'currency', 'USD', 'amount_minor', 900, 'lease_s', 30), 'system', false)",
        (str(payment_id), str(attempt_id), str(uuid7())),
    )
    await card_shop.db.execute("select payments.settle(%s, 'succeeded', null, null, null, 'system')", (attempt_id,))
    assert await card_shop.comparing.compare() == 1
    letter = (await _dead(card_shop).list())[0]
    assert (letter.name, letter.subject_id) == ("payments.only_here", payment_id)


async def _held_for_long(shop: Shop) -> UUID:
    """A confirmed order whose money is only held, since days."""
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)], "card_later", VISA)
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert (work.order.status, work.payment.status) == (OrderStatus.CONFIRMED, PaymentStatus.AUTHORIZED)
    assert await shop.authorizations.end_due() == 0, "it is young"
    await shop.db.execute(
        "update payments.payments set updated_at = updated_at - make_interval(secs => %s) where order_id = %s",
        (MOST_OF_A_WEEK_S, work.order.order_id),
    )
    return work.order.order_id


async def test_what_is_held_for_long_is_captured_for_an_order_that_stands(card_shop: Shop, cards: CardProvider) -> None:
    order_id = await _held_for_long(card_shop)
    assert await card_shop.authorizations.end_due() == 1
    work = await card_shop.checkout.work_of(order_id)
    assert (work.payment.status, work.order.status) == (PaymentStatus.SUCCESS, OrderStatus.CONFIRMED)
    assert await cards.charged(order_id) == [work.order.total_minor]
    assert await card_shop.authorizations.end_due() == 0


async def test_what_is_held_for_long_is_let_go_for_an_order_that_does_not(card_shop: Shop, cards: CardProvider) -> None:
    order_id = await _held_for_long(card_shop)
    await card_shop.db.execute("update orders.lines set cancelled = quantity where order_id = %s", (order_id,))
    await card_shop.db.execute("select orders.write_status(%s, 'x', 'system')", (order_id,))
    assert await card_shop.authorizations.end_due() == 1
    work = await card_shop.checkout.work_of(order_id)
    assert (work.payment.status, work.order.status) == (PaymentStatus.VOIDED, OrderStatus.CANCELLED)
    assert (await cards.charged(order_id), await cards.held(order_id)) == ([], 0)


async def test_a_capture_that_is_lost_at_the_end_is_found_out(card_shop: Shop, cards: CardProvider) -> None:
    order_id = await _held_for_long(card_shop)
    await cards.trouble("payment_intents.capture", "lost_after")
    assert await card_shop.authorizations.end_due() == 1
    await card_shop.age_calls()
    await card_shop.place.recover()
    work = await card_shop.checkout.work_of(order_id)
    assert work.payment.status is PaymentStatus.SUCCESS
    assert await cards.charged(order_id) == [work.order.total_minor]


async def test_what_the_provider_will_not_give_is_told_to_staff(card_shop: Shop, cards: CardProvider) -> None:
    order_id = await _held_for_long(card_shop)
    await cards.trouble("payment_intents.capture", "decline:generic_decline")
    assert await card_shop.authorizations.end_due() == 1
    letter = (await _dead(card_shop).list())[0]
    payment = (await card_shop.checkout.work_of(order_id)).payment
    assert (letter.name, letter.subject_id) == ("payments.uncaptured", payment.payment_id)


async def test_an_authorization_that_somebody_is_on_is_left_to_them(card_shop: Shop, cards: CardProvider) -> None:
    order_id = await _held_for_long(card_shop)
    payment_id = (await card_shop.checkout.work_of(order_id)).payment.payment_id
    others = uuid7()
    await card_shop.checkout.end_authorization(order_id, others)
    await card_shop.authorizations.end_due()
    work = await card_shop.checkout.end_authorization(order_id, uuid7())
    assert work.payment.attempt is not None
    assert work.payment.attempt.id == others
    row = await card_shop.db.fetch_one("select count(*) from payments.findings where payment_id = %s", (payment_id,))
    assert (row, await cards.charged(order_id)) == ((0,), [])
    await card_shop.age_calls()
    await card_shop.place.recover()
    assert len(await cards.charged(order_id)) == 1
