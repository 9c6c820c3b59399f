"""The payment crash matrix over the card provider's own interface: each commit and each call of placing and cancelling, killed,
stalled and failed in a real process, and each answer lost, late or refused. Afterwards the provider's own log is what counts: one
charge for a confirmed order, none that is kept for any other, nothing set aside; and the doctor finds nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from stripe import WebhookSignature

from surehold.modules.checkout import PaymentDeclinedError
from surehold.modules.payments import PaymentSettings
from surehold.platform.db import Database
from surehold.platform.http.actor import Actor
from tests.crash.scenes import (
    FAULTS,
    PROCESS_TIMEOUT_S,
    SCENARIOS,
    Scenario,
    check_books,
    doctor_finds_nothing,
    recover,
    see_it_through,
    start,
)
from tests.support.card_provider import VISA, WEBHOOK_SECRET, CardProvider
from tests.support.failpoints import names
from tests.support.running_shop import eventually
from tests.support.shop import Shop, make_shop

pytestmark = pytest.mark.crash

STOCK, BOUGHT = 5, 2
OPS = {"authorize": "payment_intents.create", "capture": "payment_intents.capture"}
LATE_S = 1.0
AT_NEWS = ("news.after_take", "news.after_follow")


async def _ready(shop: Shop) -> tuple[Actor, UUID, UUID]:
    [variant] = await shop.variants(1, STOCK)
    actor, checkout_id = await shop.ready([(variant, BOUGHT)], "card", VISA)
    return actor, checkout_id, variant


async def _check(shop: Shop, cards: CardProvider, url: str, checkout_id: UUID, variant: UUID, ends: str) -> None:
    [(order_id, status)] = await shop.orders_of(checkout_id)
    assert status == ends
    order = await shop.orders.get(order_id)
    charged, refunded = await cards.charged(order_id), await cards.refunded(order_id)
    assert charged == ([] if ends == "FAILED" else [order.total_minor])
    assert sum(charged) - refunded == (order.total_minor if ends == "CONFIRMED" else 0)
    assert await cards.held(order_id) == 0
    assert await shop.stock_of(variant) == (STOCK, 0 if ends == "CANCELLED" else BOUGHT)
    assert await shop.held(variant) == (BOUGHT if ends == "FAILED" else 0)
    await check_books(shop, order_id, sum(charged), refunded)
    await shop.comparing.compare()
    await doctor_finds_nothing(url, shop.db)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
async def test_one_order_one_charge_whatever_dies(
    card_shop: Shop, cards: CardProvider, database_url: str, tmp_path: Path, scenario: Scenario, fault: str
) -> None:
    shop = card_shop
    actor, checkout_id, variant = await _ready(shop)
    subject = checkout_id
    if scenario.action == "cancel":
        subject = (await shop.place.place(actor, checkout_id, None)).work.order.order_id
    if scenario.script:
        phase, behaviour = scenario.script
        await cards.trouble(OPS[phase], behaviour.replace("declined", "decline:generic_decline"))
    process = await start(
        database_url, tmp_path, scenario.failpoint, fault, scenario.action, subject, actor, cards.api_url
    )
    told = b"done" if scenario.ends != "FAILED" else b"PaymentDeclinedError"
    await see_it_through(shop, process, tmp_path / scenario.failpoint, fault, told)
    await recover(shop)
    if scenario.ends == "CONFIRMED":
        assert not (await shop.place.place(actor, checkout_id, None)).is_new
    await _check(shop, cards, database_url, checkout_id, variant, scenario.ends)


TROUBLES = ("lost_before", "lost_after", f"slow:{2 * LATE_S}", f"slow_after:{2 * LATE_S}", "status:429", "status:503")


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize(
    "op", ["payment_intents.create", "payment_intents.capture", "payment_intents.cancel", "refunds.create"]
)
async def test_one_order_one_charge_whatever_is_lost(
    db: Database, cards: CardProvider, database_url: str, tmp_path: Path, op: str, trouble: str
) -> None:
    """Also where the answer comes when nobody waits for it any more."""
    shop = make_shop(db, tmp_path, PaymentSettings(call_timeout_s=LATE_S), cards=cards.clients)
    actor, checkout_id, variant = await _ready(shop)
    ends = {"payment_intents.cancel": "FAILED", "refunds.create": "CANCELLED"}.get(op, "CONFIRMED")
    if ends == "FAILED":
        await cards.trouble("payment_intents.capture", "decline:generic_decline")
    await cards.trouble(op, trouble)
    if ends == "FAILED":
        with pytest.raises(PaymentDeclinedError):
            await shop.place.place(actor, checkout_id, None)
    else:
        order_id = (await shop.place.place(actor, checkout_id, None)).work.order.order_id
        if ends == "CANCELLED":
            await shop.cancel.cancel(order_id, reason="changed_mind", actor="system")
    await db.execute(
        "update payments.attempts set started_at = started_at - interval '11 minutes' where settled_at is null"
    )

    async def is_over() -> bool:
        """While the provider is still at it, whoever asks again with the same key is told so."""
        await shop.age_calls()
        return await shop.place.recover() == 0

    await eventually(is_over, PROCESS_TIMEOUT_S, "the recovery does not come to an end")
    await _check(shop, cards, database_url, checkout_id, variant, ends)


def test_every_failpoint_of_hearing_the_provider_is_here() -> None:
    assert {name for name in names() if name.startswith("news.")} == set(AT_NEWS)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("failpoint", AT_NEWS)
async def test_what_the_provider_told_is_not_lost_whatever_dies(
    card_shop: Shop, cards: CardProvider, database_url: str, tmp_path: Path, failpoint: str, fault: str
) -> None:
    shop = card_shop
    actor, checkout_id, variant = await _ready(shop)
    await cards.trouble("payment_intents.create", "lost_after")
    order_id = (await shop.place.place(actor, checkout_id, None)).work.order.order_id
    [intent] = await cards.intents(order_id)
    event = {"id": f"evt_{order_id}", "type": "payment_intent.amount_capturable_updated", "data": {"object": intent}}
    body = json.dumps(event).encode()
    signed = WebhookSignature.generate_signature_header(
        body.decode(), WEBHOOK_SECRET, int(datetime.now(UTC).timestamp())
    )
    await shop.inbox.receive("stripe", body, {"stripe-signature": signed})
    process = await start(database_url, tmp_path, failpoint, fault, "hear", "-", actor, cards.api_url)
    await see_it_through(shop, process, tmp_path / failpoint, fault, b"done")
    await shop.age_calls()
    await shop.db.execute("update payments.webhook_inbox set next_at = clock_timestamp() where processed_at is null")
    await shop.hearing.hear()
    waiting = await shop.db.fetch_one("select count(*) from payments.webhook_inbox where processed_at is null")
    assert waiting == (0,)
    await _check(shop, cards, database_url, checkout_id, variant, "CONFIRMED")
