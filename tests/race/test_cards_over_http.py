"""Cards in a real shop of several processes: its own door for webhooks, its own worker, and a provider in whose books it all ends."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from tests.support.buyers import SHIPPING, Buyer, document
from tests.support.card_provider import CHALLENGED, VISA, CardProvider, card_provider
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop, eventually, running_shop

pytestmark = pytest.mark.race

BUYERS, STOCK, BOUGHT = 6, 10, 2
SETTLE_S = 60.0


@dataclass
class CardShop:
    """A running shop and the provider that it is paid by."""

    running: RunningShop
    cards: CardProvider

    async def is_confirmed(self, order_id: str) -> bool:
        """Whether the order is; nobody asked for it since it was placed."""
        return self.running.rows("select status from orders.orders where id = %s", UUID(order_id)) == [("CONFIRMED",)]

    async def is_all_heard(self) -> bool:
        """Whether every message of the provider was handled."""
        return self.running.rows("select count(*) from payments.webhook_inbox where processed_at is null") == [(0,)]


@pytest.fixture(scope="module")
async def card_shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CardShop]:
    folder = tmp_path_factory.mktemp("cards")
    async with card_provider(folder / "books") as cards, running_shop(folder / "shop", cards.variables) as running:
        await cards.control(webhook_url=f"http://127.0.0.1:{running.port}/v1/webhooks/stripe")
        yield CardShop(running, cards)


async def _ready(shop: CardShop, payment: dict[str, str]) -> tuple[Buyer, str]:
    """Somebody about to place an order; out goes the path that does it."""
    [variant] = put_on_sale(shop.running.urls.owner, [STOCK])
    buyer = Buyer(shop.running.target)
    assert (await buyer.fill(variant, BOUGHT)).status == 200
    steps = {"shipping": {**SHIPPING, "email": buyer.email}, "payment": payment}
    checkout = document(await buyer.persist("POST", "/v1/checkouts", steps))
    assert checkout["state"] == "review", checkout
    return buyer, f"/v1/checkouts/{checkout['id']}/place"


async def _placed(buyer: Buyer, path: str, key: str) -> dict[str, Any]:
    answer = await buyer.persist("POST", path, {}, key)
    assert answer.status in {200, 201, 202}, answer
    return document(answer)


@pytest.mark.parametrize("payment", [{"method": "klarna"}, {"method": "card", "token": CHALLENGED}])
@pytest.mark.parametrize("webhooks", [{}, {"duplicate": 3, "shuffle": True, "delay_s": 0.2}])
async def test_who_agrees_elsewhere_and_never_comes_back_has_an_order(
    card_shop: CardShop, payment: dict[str, str], webhooks: dict[str, Any]
) -> None:
    await card_shop.cards.control(reset=True, webhooks=webhooks)
    buyer, path = await _ready(card_shop, payment)
    placed = await _placed(buyer, path, "first")
    assert placed["status"] == "pending"
    order_id = placed["order"]["id"]
    await card_shop.cards.approve(placed["action"])
    await eventually(partial(card_shop.is_confirmed, order_id), SETTLE_S, "the webhook did not finish the order")
    assert await card_shop.cards.charged(order_id) == [placed["order"]["total"]["amount"]]
    buyer.close()


async def test_buyers_whose_shop_dies_under_them_are_charged_once(card_shop: CardShop) -> None:
    """API processes are killed while they wait for the provider; each buyer sends the same again until there is an answer."""
    await card_shop.cards.control(reset=True)
    await card_shop.cards.control(next=[{"op": "payment_intents.capture", "do": "slow_after:0.3", "times": BUYERS}])
    ready = [await _ready(card_shop, {"method": "card", "token": VISA}) for _ in range(BUYERS)]
    buying = [asyncio.create_task(_placed(buyer, path, "one")) for buyer, path in ready]
    for _ in range(2):
        await asyncio.sleep(0.3)
        for process in card_shop.running.api_processes()[:1]:
            os.kill(process, signal.SIGKILL)
    orders = [answer["order"] for answer in await asyncio.gather(*buying)]
    for order in orders:
        await eventually(partial(card_shop.is_confirmed, order["id"]), SETTLE_S, "an order is not finished")
        assert await card_shop.cards.charged(order["id"]) == [order["total"]["amount"]]
    for buyer, _ in ready:
        assert buyer.history.wrong == []
        buyer.close()


async def test_nothing_is_wrong_afterwards(card_shop: CardShop) -> None:
    await card_shop.running.settled()
    assert await card_shop.running.findings() == {}
    await eventually(card_shop.is_all_heard, SETTLE_S, "messages of the provider are left")
