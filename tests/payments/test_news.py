"""What the provider tells: kept once, believed never, and of use before, after and in place of an answer."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from stripe import WebhookSignature

from surehold.adapters.payments.stripe import StripeSettings, StripeWebhooks
from surehold.modules.audit import AuditLog
from surehold.modules.orders import OrderStatus
from surehold.modules.payments import (
    DEAD_NEWS,
    PAYMENT_FINDINGS,
    NewsClosedError,
    NewsRefusedError,
    PaymentSettings,
    PaymentStatus,
)
from surehold.platform.db import Database
from surehold.platform.events import DeadLetters, SilentWaker
from surehold.platform.http.actor import SYSTEM
from tests.support.card_provider import VISA, WEBHOOK_SECRET, CardProvider
from tests.support.shop import Shop, make_shop

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW


def _body(kind: str = "payment_intent.succeeded", event_id: str = "evt_1", **thing: Any) -> bytes:
    about = {"id": "pi_1", "object": "payment_intent", "metadata": {}, **thing}
    return json.dumps({"id": event_id, "object": "event", "type": kind, "data": {"object": about}}).encode()


def _signed(body: bytes, *, at: datetime = NOW, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    return {"stripe-signature": WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))}


VERIFIER = StripeWebhooks(StripeSettings(webhook_secret=WEBHOOK_SECRET), Clock())


def test_a_signed_message_says_what_it_is_about() -> None:
    body = _body(metadata={"payment_id": str(UUID(int=7))})
    news = VERIFIER.verify(body, _signed(body))
    assert (news.event_id, news.provider_ref, news.payment_id) == ("evt_1", "pi_1", UUID(int=7))
    charge = _body("charge.refunded", id="ch_1", object="charge", payment_intent="pi_2")
    assert VERIFIER.verify(charge, _signed(charge)).provider_ref == "pi_2"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"stripe-signature": ""},
        {"stripe-signature": "t=,v1="},
        {"stripe-signature": "t=1,v0=00"},
        {"stripe-signature": f"t={'9' * 5000},v1=00"},
        _signed(_body(), secret="whsec_of_somebody_else"),
        _signed(_body(event_id="evt_2")),
        _signed(_body(), at=NOW - timedelta(seconds=301)),
        _signed(_body(), at=NOW + timedelta(seconds=301)),
    ],
)
def test_forged_and_stale_messages_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NewsRefusedError):
        VERIFIER.verify(_body(), headers)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id":"evt"}', b'{"id":"","type":"x","data":{"object":{}}}'])
def test_what_is_signed_and_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(NewsRefusedError):
        VERIFIER.verify(body, _signed(body))


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(NewsRefusedError):
        VERIFIER.verify(b"\xff\xfe", {"stripe-signature": "t=1,v1=00"})


def test_without_a_secret_nothing_is_taken() -> None:
    body = _body()
    with pytest.raises(NewsClosedError):
        StripeWebhooks(StripeSettings(), Clock()).verify(body, _signed(body, secret=""))


async def _tell(shop: Shop, body: bytes) -> None:
    await shop.inbox.receive("stripe", body, _signed(body, at=datetime.now(UTC)))


async def _lost(shop: Shop, cards: CardProvider, trouble: str, token: str = VISA) -> tuple[UUID, UUID]:
    """An order whose authorization's answer was lost; its id and its payment's."""
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)], "card", token)
    await cards.trouble("payment_intents.create", trouble)
    work = (await shop.place.place(actor, checkout_id, None)).work
    return work.order.order_id, work.payment.payment_id


async def _told_of(shop: Shop, cards: CardProvider, order_id: UUID, kind: str = "payment_intent.succeeded") -> bytes:
    [intent] = await cards.intents(order_id)
    body = _body(kind, f"evt_{kind}_{order_id}", id=intent["id"], metadata=intent["metadata"])
    await _tell(shop, body)
    return body


async def test_a_message_in_place_of_the_answer_finishes_the_order(card_shop: Shop, cards: CardProvider) -> None:
    order_id, _ = await _lost(card_shop, cards, "lost_after")
    body = await _told_of(card_shop, cards, order_id, "payment_intent.amount_capturable_updated")
    assert await card_shop.hearing.hear() == 1
    work = await card_shop.checkout.work_of(order_id)
    assert (work.order.status, work.payment.status) == (OrderStatus.CONFIRMED, PaymentStatus.SUCCESS)
    assert await cards.charged(order_id) == [work.order.total_minor]
    await _tell(card_shop, body)
    assert await card_shop.hearing.hear() == 0, "the same event again is none"


async def test_the_payload_is_sealed_and_kept_once(card_shop: Shop, cards: CardProvider) -> None:
    order_id, _ = await _lost(card_shop, cards, "lost_after")
    for _ in range(3):
        body = await _told_of(card_shop, cards, order_id)
    [row] = await card_shop.db.fetch_all(
        "select said from payments.webhook_inbox where event_id = %s", (json.loads(body)["id"],)
    )
    assert b"pi_" not in row[0]
    await card_shop.hearing.hear()


@pytest.mark.parametrize(
    "kind", ["payment_intent.payment_failed", "payment_intent.canceled", "payment_intent.requires_action", "x.unknown"]
)
async def test_late_and_lower_ranked_messages_change_nothing(card_shop: Shop, cards: CardProvider, kind: str) -> None:
    [variant] = await card_shop.variants(1, 5)
    actor, checkout_id = await card_shop.ready([(variant, 1)], "card", VISA)
    before = (await card_shop.place.place(actor, checkout_id, None)).work
    await _told_of(card_shop, cards, before.order.order_id, kind)
    assert await card_shop.hearing.hear() == 1
    after = await card_shop.checkout.work_of(before.order.order_id)
    assert (after.order, after.payment) == (before.order, before.payment)


async def test_a_message_that_claims_success_is_not_believed(card_shop: Shop, cards: CardProvider) -> None:
    order_id, payment_id = await _lost(card_shop, cards, "lost_before")
    await card_shop.db.execute(
        "update payments.attempts set started_at = started_at - interval '2 days' where payment_id = %s", (payment_id,)
    )
    await _tell(
        card_shop, _body(event_id=f"evt_{payment_id}", id="pi_forged", metadata={"payment_id": str(payment_id)})
    )
    await card_shop.hearing.hear()
    work = await card_shop.checkout.work_of(order_id)
    assert (work.order.status, work.payment.status) == (OrderStatus.FAILED, PaymentStatus.FAILED)
    assert await cards.charged(order_id) == []


@pytest.mark.parametrize("change", [{"amount": 1}, {"currency": "eur"}, {"order_id": str(UUID(int=1))}])
async def test_an_intent_for_something_else_is_never_paid(
    card_shop: Shop, cards: CardProvider, change: dict[str, Any]
) -> None:
    order_id, payment_id = await _lost(card_shop, cards, "lost_before")
    total = (await card_shop.checkout.work_of(order_id)).order.total_minor
    wanted = {"amount": total, "currency": "usd", "order_id": str(order_id), **change}
    metadata = {"order_id": wanted.pop("order_id"), "payment_id": str(payment_id)}
    made = await cards.clients.payments.payment_intents.create_async(
        {**wanted, "confirm": True, "payment_method": VISA, "payment_method_types": ["card"], "metadata": metadata}
    )
    await _tell(card_shop, _body(event_id=f"evt_{payment_id}", id=made.id, metadata=metadata))
    await card_shop.hearing.hear()
    work = await card_shop.checkout.work_of(order_id)
    assert (work.order.status, work.payment.status) == (OrderStatus.PENDING, PaymentStatus.UNKNOWN)
    letters = await DeadLetters(card_shop.db, [PAYMENT_FINDINGS], AuditLog(card_shop.db).record, SilentWaker()).list()
    assert payment_id in {letter.subject_id for letter in letters}


async def test_a_message_about_another_payments_intent_pays_nothing(card_shop: Shop, cards: CardProvider) -> None:
    [variant] = await card_shop.variants(1, 5)
    actor, checkout_id = await card_shop.ready([(variant, 1)], "card", VISA)
    paid = (await card_shop.place.place(actor, checkout_id, None)).work
    [intent] = await cards.intents(paid.order.order_id)
    order_id, payment_id = await _lost(card_shop, cards, "lost_before")
    body = _body(event_id=f"evt_{payment_id}", id=intent["id"], metadata={"payment_id": str(payment_id)})
    await _tell(card_shop, body)
    await card_shop.hearing.hear()
    assert (await card_shop.checkout.work_of(order_id)).payment.status is PaymentStatus.UNKNOWN
    assert await cards.charged(paid.order.order_id) == [paid.order.total_minor]


async def test_a_message_about_nothing_of_ours_is_put_aside(card_shop: Shop) -> None:
    await _tell(card_shop, _body(event_id="evt_of_another_shop", id="pi_of_another_shop"))
    await card_shop.hearing.hear()
    row = await card_shop.db.fetch_one(
        "select processed_at is not null from payments.webhook_inbox where event_id = 'evt_of_another_shop'"
    )
    assert row == (True,)


async def test_what_comes_while_somebody_is_on_the_payment_waits_for_them(card_shop: Shop, cards: CardProvider) -> None:
    order_id, payment_id = await _lost(card_shop, cards, "lost_after")
    await card_shop.db.execute(
        "update payments.attempts set leased_until = clock_timestamp() + interval '1 hour' where payment_id = %s",
        (payment_id,),
    )
    await _told_of(card_shop, cards, order_id)
    assert await card_shop.hearing.hear() == 1
    assert (await card_shop.checkout.work_of(order_id)).payment.status is PaymentStatus.UNKNOWN
    await card_shop.age_calls(7200)
    await card_shop.db.execute("update payments.webhook_inbox set next_at = clock_timestamp()")
    assert await card_shop.hearing.hear() == 1
    assert (await card_shop.checkout.work_of(order_id)).payment.status is PaymentStatus.SUCCESS


async def test_what_cannot_be_handled_is_a_dead_letter_that_staff_replays(
    db: Database, tmp_path: Path, cards: CardProvider
) -> None:
    shop = make_shop(db, tmp_path, PaymentSettings(news_tries_max=1), cards=cards.clients)
    order_id, payment_id = await _lost(shop, cards, "lost_after")
    await db.execute("update payments.attempts set leased_until = 'infinity' where payment_id = %s", (payment_id,))
    await _told_of(shop, cards, order_id)
    await shop.hearing.hear()
    dead = DeadLetters(db, [DEAD_NEWS], AuditLog(db).record, SilentWaker())
    [letter] = await dead.list(kind="payment-news")
    await db.execute("update payments.attempts set leased_until = now() where payment_id = %s", (payment_id,))
    await dead.replay(letter.id, SYSTEM)
    await shop.hearing.hear()
    assert await dead.list(kind="payment-news") == []
    assert (await shop.checkout.work_of(order_id)).payment.status is PaymentStatus.SUCCESS


async def test_what_was_handled_long_ago_is_forgotten(card_shop: Shop) -> None:
    await _tell(card_shop, _body(event_id="evt_old"))
    await card_shop.hearing.hear()
    await card_shop.db.execute(
        "update payments.webhook_inbox set processed_at = now() - interval '31 days' where event_id = 'evt_old'"
    )
    assert await card_shop.inbox.forget() == 1
