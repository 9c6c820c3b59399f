"""A provider that refuses to give money back is asked again, and what it goes on refusing is a dead letter."""

import logging
from pathlib import Path
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from surehold.app.payment_metrics import count_refusals
from surehold.kernel.errors import NotFoundError
from surehold.modules.audit import AuditLog
from surehold.modules.checkout import PaymentDeclinedError, Work
from surehold.modules.orders import OrderStatus
from surehold.modules.payments import DEAD_PAYMENTS, AttemptState, PaymentSettings, PaymentStatus
from surehold.platform.db import Database
from surehold.platform.events import DeadLetters, SilentWaker
from surehold.platform.events.dead_letters import NotMendableError
from surehold.platform.http.actor import SYSTEM
from tests.support.shop import Shop, make_shop

ROUNDS = 3
A_DAY = 24 * 60 * 60


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return make_shop(db, tmp_path, PaymentSettings(return_rounds=ROUNDS))


@pytest.fixture
def dead(db: Database) -> DeadLetters:
    return DeadLetters(db, [DEAD_PAYMENTS], AuditLog(db).record, SilentWaker())


async def _cancelled(shop: Shop, method: str, *refund: str) -> Work:
    """A paid order that was cancelled, with what the provider says to giving the money back."""
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)], method)
    order_id = (await shop.place.place(actor, checkout_id, None)).work.order.order_id
    provider, phase = (shop.scripted, "refund") if method == "scripted" else (shop.later, "void")
    provider.script(phase, *refund)
    assert (await shop.cancel.cancel(order_id, reason="x", actor="account:1")).status is OrderStatus.CANCELLED
    return await shop.checkout.work_of(order_id)


async def _next_round(shop: Shop, order_id: UUID) -> Work:
    await shop.age_calls(A_DAY)
    await shop.place.recover()
    return await shop.checkout.work_of(order_id)


async def _attempts(shop: Shop, work: Work) -> list[tuple[str, str, int]]:
    rows = await shop.db.fetch_all(
        "select idempotency_key, state, round_no from payments.attempts"
        " where payment_id = %s and phase in ('void', 'refund') order by started_at",
        (work.payment.payment_id,),
    )
    return [(row[0], row[1], row[2]) for row in rows]


@pytest.mark.parametrize("method", ["scripted", "scripted_later"])
async def test_what_was_refused_once_is_given_back_later(
    shop: Shop, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        work = await _cancelled(shop, method, "declined")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    phase = "refund" if method == "scripted" else "void"
    assert shop.refusals == [(phase, "refused")]
    assert work.payment.attempt is not None
    assert work.payment.attempt.state is AttemptState.REFUSED
    assert work.payment.failure == "CARD_DECLINED"
    assert await shop.place.recover() == 0, "it rests"
    work = await _next_round(shop, work.order.order_id)
    assert work.payment.status is (PaymentStatus.REFUNDED if method == "scripted" else PaymentStatus.VOIDED)
    provider = shop.scripted if method == "scripted" else shop.later
    assert provider.held_minor(work.order.order_id) == 0
    assert provider.calls(phase) == 2
    (first, was, _), (second, now, number) = await _attempts(shop, work)
    assert (was, now, number) == ("declined", "succeeded", 2)
    assert second == f"{first}.2"
    assert await shop.place.recover() == 0


async def test_a_refused_void_of_an_order_that_failed_is_asked_again(shop: Shop) -> None:
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)], "scripted")
    shop.scripted.script("capture", "declined")
    shop.scripted.script("void", "declined")
    with pytest.raises(PaymentDeclinedError):
        await shop.place.place(actor, checkout_id, None)
    [(order_id, _)] = await shop.orders_of(checkout_id)
    assert shop.scripted.held_minor(order_id) > 0
    assert (await _next_round(shop, order_id)).payment.status is PaymentStatus.VOIDED
    assert shop.scripted.held_minor(order_id) == 0


async def _timed_out(shop: Shop, *void: str) -> Work:
    """A challenge that nobody took in time, with what the provider says to voiding it."""
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)], "scripted")
    shop.scripted.script("authorize", "requires_action")
    shop.scripted.script("void", *void)
    order_id = (await shop.place.place(actor, checkout_id, None)).work.order.order_id
    await shop.db.execute(
        "update payments.attempts set started_at = started_at - interval '1 hour' where settled_at is null"
    )
    return await _next_round(shop, order_id)


async def test_a_challenge_that_cannot_be_voided_is_given_up_and_its_void_asked_again(shop: Shop) -> None:
    work = await _timed_out(shop, "declined", "declined")
    assert (work.order.status, work.checkout.failure) == (OrderStatus.FAILED, "CHALLENGE_TIMED_OUT")
    assert work.payment.attempt is not None
    assert (work.payment.attempt.phase.value, work.payment.attempt.state) == ("void", AttemptState.REFUSED)
    work = await _next_round(shop, work.order.order_id)
    assert (work.payment.status, work.payment.attempt) == (PaymentStatus.FAILED, None)
    assert shop.scripted.calls("void") == 3
    assert await shop.place.recover() == 0


async def test_a_void_of_a_challenge_that_is_refused_too_often_is_dead(shop: Shop, dead: DeadLetters) -> None:
    work = await _timed_out(shop, *["declined"] * (1 + ROUNDS))
    for _ in range(ROUNDS + 2):
        work = await _next_round(shop, work.order.order_id)
    assert shop.scripted.calls("void") == 1 + ROUNDS, "nobody asks any more"
    letter = next(one for one in await dead.list(kind="payment") if one.subject_id == work.payment.payment_id)
    assert (letter.name, letter.attempts, letter.error) == ("payments.void", ROUNDS, "CARD_DECLINED")
    await dead.replay(letter.id, SYSTEM)
    await _next_round(shop, work.order.order_id)
    assert letter.id not in [one.id for one in await dead.list()]
    assert shop.scripted.calls("void") == 2 + ROUNDS


async def test_what_went_through_after_all_is_not_asked_again(shop: Shop) -> None:
    """The provider said no, and yet the look-up finds it done."""
    work = await _cancelled(shop, "scripted", "declined")
    shop.scripted.change_mind("refund", work.order.order_id)
    work = await _next_round(shop, work.order.order_id)
    assert work.payment.status is PaymentStatus.REFUNDED
    assert shop.scripted.calls("refund") == 1
    assert [state for _, state, _ in await _attempts(shop, work)] == ["succeeded"]


async def test_nothing_is_asked_while_the_look_up_is_silent(shop: Shop) -> None:
    work = await _cancelled(shop, "scripted", "declined")
    shop.scripted.script("look_up", "lost")
    work = await _next_round(shop, work.order.order_id)
    assert work.payment.attempt is not None
    assert work.payment.attempt.state is AttemptState.REFUSED
    assert shop.scripted.calls("refund") == 1
    assert (await _next_round(shop, work.order.order_id)).payment.status is PaymentStatus.REFUNDED


async def test_a_refusal_that_nobody_recorded_is_found(shop: Shop) -> None:
    """The process died between the provider's no and its record."""
    work = await _cancelled(shop, "scripted", "declined")
    await shop.db.execute(
        "update payments.attempts set state = 'sending' where state = 'refused' and payment_id = %s",
        (work.payment.payment_id,),
    )
    work = await _next_round(shop, work.order.order_id)
    assert work.payment.attempt is not None
    assert (work.payment.attempt.state, work.payment.attempt.round_no) == (AttemptState.REFUSED, 1)
    assert (await _next_round(shop, work.order.order_id)).payment.status is PaymentStatus.REFUNDED
    assert shop.scripted.calls("refund") == 2


async def _dead_refund(shop: Shop) -> Work:
    work = await _cancelled(shop, "scripted", *["declined"] * ROUNDS)
    for _ in range(ROUNDS):
        work = await _next_round(shop, work.order.order_id)
    return work


async def test_what_is_refused_too_often_is_dead_until_staff_replays_it(shop: Shop, dead: DeadLetters) -> None:
    work = await _dead_refund(shop)
    assert shop.refusals == [("refund", "refused")] * ROUNDS + [("refund", "dead")]
    assert work.payment.attempt is None
    assert [number for _, _, number in await _attempts(shop, work)] == [1, 2, 3]
    for _ in range(2):
        await _next_round(shop, work.order.order_id)
    assert shop.scripted.calls("refund") == ROUNDS, "nobody asks any more"
    assert (await shop.cancel.cancel(work.order.order_id, reason="x", actor="account:1")).status.value == "CANCELLED"
    letter = next(one for one in await dead.list(kind="payment") if one.subject_id == work.payment.payment_id)
    assert (letter.name, letter.attempts, letter.error) == ("payments.refund", ROUNDS, "CARD_DECLINED")
    assert await dead.get(letter.id) == letter
    with pytest.raises(NotMendableError):
        await dead.mend(letter.id, {}, SYSTEM)
    await dead.replay(letter.id, SYSTEM)
    with pytest.raises(NotFoundError):
        await dead.get(letter.id)
    await shop.place.recover()
    work = await shop.checkout.work_of(work.order.order_id)
    assert work.payment.status is PaymentStatus.REFUNDED
    assert shop.scripted.held_minor(work.order.order_id) == 0
    keys = [key for key, _, _ in await _attempts(shop, work)]
    assert len({*keys}) == len(keys) == ROUNDS + 1


async def test_a_replayed_one_has_all_its_rounds_again(shop: Shop, dead: DeadLetters) -> None:
    work = await _dead_refund(shop)
    letter = next(one for one in await dead.list() if one.subject_id == work.payment.payment_id)
    shop.scripted.script("refund", "declined", "declined")
    await dead.replay(letter.id, SYSTEM)
    for _ in range(ROUNDS):
        work = await _next_round(shop, work.order.order_id)
    assert work.payment.status is PaymentStatus.REFUNDED


async def test_discarding_ends_it(shop: Shop, dead: DeadLetters) -> None:
    work = await _dead_refund(shop)
    letter = next(one for one in await dead.list() if one.subject_id == work.payment.payment_id)
    await dead.discard(letter.id, SYSTEM)
    assert letter.id not in [one.id for one in await dead.list()]
    work = await _next_round(shop, work.order.order_id)
    assert (work.payment.status, work.payment.attempt) == (PaymentStatus.SUCCESS, None)
    assert shop.scripted.calls("refund") == ROUNDS
    row = await shop.db.fetch_one(
        "select actor from audit.entries where action = 'dead_letters.discarded' and subject_id = %s",
        (work.payment.payment_id,),
    )
    assert row is not None


def test_refusals_are_counted() -> None:
    registry = CollectorRegistry()
    count = count_refusals(registry)
    count("refund", "refused")
    count("refund", "refused")
    counted = registry.get_sample_value(
        "surehold_payment_returns_refused_total", {"phase": "refund", "verdict": "refused"}
    )
    assert counted == 2
