"""The double submit as a browser makes it: one `place`, sent again and again at once to a real shop of several processes."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from surehold.app.retail.wire import Answer
from tests.support.buyers import IN_FLIGHT, SHIPPING, Buyer, code_of, document
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop, running_shop

pytestmark = pytest.mark.race

ROUNDS, TABS = 10, 8
STOCK, BOUGHT = 10, 2


@pytest.fixture(scope="module")
async def open_shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    async with running_shop(tmp_path_factory.mktemp("submit") / "shop") as running:
        yield running


async def in_review(buyer: Buyer, variant: UUID) -> str:
    """A checkout that waits for nothing but its placing; out goes the path that does it."""
    assert (await buyer.fill(variant, BOUGHT)).status == 200
    steps = {"shipping": {**SHIPPING, "email": buyer.email}, "payment": {"method": "pay_on_delivery"}}
    checkout = document(await buyer.persist("POST", "/v1/checkouts", steps))
    assert checkout["state"] == "review", checkout
    return f"/v1/checkouts/{checkout['id']}/place"


async def submit(buyer: Buyer, path: str, keys: list[str]) -> list[Answer]:
    """One request for each key, all at once, each on a connection of its own."""
    tabs = [Buyer(buyer.target, buyer.history) for _ in keys]
    for tab in tabs:
        tab.jar = dict(buyer.jar)
    answers = await asyncio.gather(*(tab.send("POST", path, {}, key) for tab, key in zip(tabs, keys, strict=True)))
    for tab in tabs:
        tab.close()
    assert None not in answers
    return [answer for answer in answers if answer is not None]


def assert_sold_once(shop: RunningShop, variant: UUID, order: str) -> None:
    sold = shop.rows(
        "select o.id::text, o.status, l.quantity from orders.orders o join orders.lines l on l.order_id = o.id"
        " where l.variant_id = %s",
        variant,
    )
    assert sold == [(order, "CONFIRMED", BOUGHT)]
    stock = shop.rows("select on_hand, reserved from inventory.stock where variant_id = %s", variant)
    assert stock == [(STOCK, BOUGHT)]


@pytest.mark.parametrize("hold_on", ["add", "checkout"])
async def test_one_key_is_one_answer(open_shop: RunningShop, hold_on: str) -> None:
    """Whoever is answered gets the same bytes, then and later; who comes while it is being made is told to ask again."""
    for _ in range(ROUNDS):
        [variant] = put_on_sale(open_shop.urls.owner, [STOCK], hold_on=hold_on)
        buyer, key = Buyer(open_shop.target), str(uuid.uuid4())
        path = await in_review(buyer, variant)
        answers = await submit(buyer, path, [key] * TABS)
        given = [answer for answer in answers if answer.status < 400]
        assert {code_of(answer) for answer in answers if answer.status >= 400} <= {IN_FLIGHT}
        given.append(await buyer.persist("POST", path, {}, key))
        assert {(answer.status, answer.body) for answer in given} == {(201, given[0].body)}
        assert buyer.history.wrong == []
        assert_sold_once(open_shop, variant, document(given[0])["order"]["id"])
        buyer.close()


@pytest.mark.parametrize("hold_on", ["add", "checkout"])
async def test_many_keys_are_one_order(open_shop: RunningShop, hold_on: str) -> None:
    """Two tabs know nothing of each other's key: each is told of the same order, one of them that it is new."""
    for _ in range(ROUNDS):
        [variant] = put_on_sale(open_shop.urls.owner, [STOCK], hold_on=hold_on)
        buyer = Buyer(open_shop.target)
        path = await in_review(buyer, variant)
        answers = await submit(buyer, path, [str(uuid.uuid4()) for _ in range(TABS)])
        assert sorted(answer.status for answer in answers) == [200] * (TABS - 1) + [201], answers
        [order] = {document(answer)["order"]["id"] for answer in answers}
        assert {document(answer)["order"]["status"] for answer in answers} == {"CONFIRMED"}
        assert buyer.history.wrong == []
        assert_sold_once(open_shop, variant, order)
        buyer.close()


async def test_other_content_under_the_same_key_is_refused(open_shop: RunningShop) -> None:
    [variant] = put_on_sale(open_shop.urls.owner, [STOCK])
    buyer, key = Buyer(open_shop.target), str(uuid.uuid4())
    path = await in_review(buyer, variant)
    placed = await buyer.persist("POST", path, {}, key)
    other = await buyer.persist("POST", path, {"expected_total": {"amount": 1, "currency": "USD"}}, key)
    assert (other.status, code_of(other)) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert_sold_once(open_shop, variant, document(placed)["order"]["id"])
    buyer.close()


async def test_nothing_is_wrong_afterwards(open_shop: RunningShop) -> None:
    await open_shop.settled()
    assert await open_shop.findings() == {}
