"""The provider's message, the buyer's browser, the recovery and staff, all on one card payment at once; the provider's log counts."""

import asyncio
import json
from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from stripe import WebhookSignature

from surehold.app.doctor import examine, load_checks
from surehold.kernel.errors import ShopError
from surehold.kernel.ids import uuid7
from surehold.modules.orders import OrderStatus
from surehold.platform.db import Database, RuleViolationError
from surehold.platform.http.actor import Actor
from tests.support.card_provider import CHALLENGED, VISA, WEBHOOK_SECRET, CardProvider
from tests.support.running_shop import eventually
from tests.support.shop import Shop, make_shop

pytestmark = pytest.mark.race

ROUNDS, CALLERS, REFUNDS = 5, 4, 20
PLACING_S, BUSY_S = 20, 0.01


@pytest.fixture
def card_shop(crowd: Database, tmp_path: Path, cards: CardProvider) -> Shop:
    return make_shop(crowd, tmp_path, cards=cards.clients)


async def _all(*calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """Everything at once; refusals count as answers, anything else is a bug."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, ShopError):
            raise answer
    return answers


async def _ready(shop: Shop, token: str = VISA) -> tuple[Actor, UUID]:
    [variant] = await shop.variants(1, 10)
    return await shop.ready([(variant, 2)], "card", token)


async def _settled(shop: Shop) -> None:
    for _ in range(3):
        await shop.age_calls()
        await shop.place.recover()


async def _tell(shop: Shop, intent: dict[str, Any], kind: str, number: int) -> None:
    event = {"id": f"evt_{intent['id']}_{number}", "type": kind, "data": {"object": intent}}
    body = json.dumps(event).encode()
    now = int(datetime.now(UTC).timestamp())
    signed = WebhookSignature.generate_signature_header(body.decode(), WEBHOOK_SECRET, now)
    await shop.inbox.receive("stripe", body, {"stripe-signature": signed})


async def _hear(shop: Shop) -> None:
    await shop.db.execute("update payments.webhook_inbox set next_at = clock_timestamp() where processed_at is null")
    while await shop.hearing.hear():
        pass


async def _check(shop: Shop, cards: CardProvider, url: str, order_id: UUID, kept: int) -> None:
    charged = await cards.charged(order_id)
    assert len(charged) <= 1
    assert sum(charged) - await cards.refunded(order_id) == kept
    assert await cards.held(order_id) == 0
    found = await asyncio.to_thread(examine, url, load_checks())
    assert {one.check.id: list(one.sentences) for one in found if not one.is_healthy} == {}


@pytest.mark.parametrize("is_challenged", [False, True])
async def test_message_browser_and_recovery_are_one_order_and_one_charge(
    card_shop: Shop, cards: CardProvider, database_url: str, is_challenged: bool
) -> None:
    shop = card_shop
    for _ in range(ROUNDS):
        actor, checkout_id = await _ready(shop, CHALLENGED if is_challenged else VISA)
        if not is_challenged:
            await cards.trouble("payment_intents.create", "lost_after")
        placed = await shop.place.place(actor, checkout_id, None)
        if placed.action is not None:
            await cards.approve(placed.action)
        order_id = placed.work.order.order_id
        [intent] = await cards.intents(order_id)
        await shop.age_calls()
        kinds = (
            "payment_intent.amount_capturable_updated",
            "payment_intent.payment_failed",
            "payment_intent.succeeded",
        )
        await asyncio.gather(*(_tell(shop, intent, kind, number) for number, kind in enumerate(kinds * 2)))
        await _all(
            *(shop.hearing.hear() for _ in range(CALLERS)),
            *(shop.place.place(actor, checkout_id, None) for _ in range(CALLERS)),
            *(shop.place.recover() for _ in range(CALLERS)),
        )
        await _settled(shop)
        await _hear(shop)
        [(found, status)] = await shop.orders_of(checkout_id)
        assert (found, status) == (order_id, "CONFIRMED")
        await _check(shop, cards, database_url, order_id, placed.work.order.total_minor)


async def test_twenty_refunds_at_once_give_back_what_was_taken_and_no_more(
    card_shop: Shop, cards: CardProvider, database_url: str
) -> None:
    """Each of a tenth: half of them find nothing left. One is at work at a time; who finds it busy comes again."""
    shop = card_shop
    actor, checkout_id = await _ready(shop)
    work = (await shop.place.place(actor, checkout_id, None)).work
    order_id, payment_id, taken = work.order.order_id, work.payment.payment_id, work.payment.captured_minor
    part = -(-taken // 10)

    async def refund(number: int) -> str:
        while True:
            try:
                await shop.db.fetch_one(
                    "select payments.begin(%s, %s, 'refund', %s, %s, 30, 'system')",
                    (payment_id, uuid7(), part, f"refund:{payment_id}:{number}"),
                )
            except RuleViolationError as refusal:
                if refusal.code != "PAYMENT_BUSY":
                    return refusal.code
                await asyncio.sleep(BUSY_S)
            else:
                await shop.carrier.carry_out(await shop.checkout.work_of(order_id), is_first=True)
                return "begun"

    ends = await asyncio.gather(*(refund(number) for number in range(REFUNDS)))
    await _settled(shop)
    assert set(ends) == {"begun", "PAYMENT_STATE"}
    given = await cards.refunded(order_id)
    assert given == part * ends.count("begun")
    assert taken - part < given <= taken
    row = await shop.db.fetch_one("select refunded_minor from payments.payments where id = %s", (payment_id,))
    assert row == (given,)
    await _check(shop, cards, database_url, order_id, taken - given)


async def test_cancelling_while_the_capture_is_on_its_way(
    card_shop: Shop, cards: CardProvider, database_url: str
) -> None:
    shop = card_shop
    for _ in range(ROUNDS):
        actor, checkout_id = await _ready(shop)
        await cards.trouble("payment_intents.capture", "slow_after:0.2")
        placing = asyncio.create_task(shop.place.place(actor, checkout_id, None))
        await eventually(partial(_has_order, shop, checkout_id), PLACING_S, "no order is placed")
        [(order_id, _)] = await shop.orders_of(checkout_id)
        answers = await _all(
            *(shop.cancel.cancel(order_id, reason="changed_mind", actor="system") for _ in range(CALLERS)),
            _to_end(placing),
        )
        await _settled(shop)
        order = await shop.orders.get(order_id)
        is_cancelled = any(not isinstance(answer, ShopError) for answer in answers[:-1])
        assert order.status is (OrderStatus.CANCELLED if is_cancelled else OrderStatus.CONFIRMED)
        await _check(shop, cards, database_url, order_id, 0 if is_cancelled else order.total_minor)
        if not is_cancelled:
            await _all(*(shop.cancel.cancel(order_id, reason="changed_mind", actor="system") for _ in range(CALLERS)))
            await _settled(shop)
            await _check(shop, cards, database_url, order_id, 0)


async def _has_order(shop: Shop, checkout_id: UUID) -> bool:
    return bool(await shop.orders_of(checkout_id))


async def _to_end(task: "asyncio.Task[Any]") -> Any:
    return await task
