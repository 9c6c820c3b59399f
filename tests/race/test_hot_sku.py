"""Two hundred people want one of twenty, through the public API of a real shop: twenty get it, the others are told so."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.support.buyers import Buyer, History, code_of
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop, running_shop

pytestmark = pytest.mark.race

PEOPLE, UNITS = 200, 20


@pytest.fixture(scope="module")
async def open_shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    async with running_shop(tmp_path_factory.mktemp("hot") / "shop") as running:
        yield running


def stock(shop: RunningShop, variant: UUID) -> tuple[int, int, int, int]:
    """On hand, reserved, the sum of the ledger, and units in open allocations."""
    [row] = shop.rows(
        """select on_hand, reserved,
             (select coalesce(sum(delta), 0) from inventory.ledger l where l.variant_id = s.variant_id),
             (select coalesce(sum(quantity), 0) from inventory.allocations a
              where a.variant_id = s.variant_id and a.state = 'open')
           from inventory.stock s where variant_id = %s""",
        variant,
    )
    return row  # pyright: ignore[reportReturnType]


async def rush(shop: RunningShop, variant: UUID, people: int) -> tuple[Counter[str], History]:
    """Everybody buys one at the same time; out go their answers."""
    history = History()
    crowd = [Buyer(shop.target, history) for _ in range(people)]
    answers = await asyncio.gather(*(buyer.buy(variant) for buyer in crowd))
    for buyer in crowd:
        buyer.close()
    return Counter(code_of(answer) or str(answer.status) for answer in answers), history


@pytest.mark.parametrize("hold_on", ["add", "checkout"])
async def test_two_hundred_buyers_of_twenty_units(open_shop: RunningShop, hold_on: str) -> None:
    [variant] = put_on_sale(open_shop.urls.owner, [UNITS], hold_on=hold_on)
    answers, history = await rush(open_shop, variant, PEOPLE)
    assert answers == {"201": UNITS, "INSUFFICIENT_INVENTORY": PEOPLE - UNITS}
    assert history.wrong == []
    sold = open_shop.rows(
        "select count(distinct o.id), sum(l.quantity) from orders.orders o join orders.lines l on l.order_id = o.id"
        " where l.variant_id = %s and o.status = 'CONFIRMED'",
        variant,
    )
    assert sold == [(UNITS, UNITS)]
    assert stock(open_shop, variant) == (UNITS, UNITS, UNITS, UNITS)
    await open_shop.settled()
    assert await open_shop.findings() == {}


@pytest.mark.parametrize("hold_on", ["add", "checkout"])
async def test_the_last_unit(open_shop: RunningShop, hold_on: str) -> None:
    for _ in range(5):
        [variant] = put_on_sale(open_shop.urls.owner, [1], hold_on=hold_on)
        answers, _ = await rush(open_shop, variant, 12)
        assert answers == {"201": 1, "INSUFFICIENT_INVENTORY": 11}
        assert stock(open_shop, variant) == (1, 1, 1, 1)


@pytest.mark.parametrize("hold_on", ["add", "checkout"])
async def test_two_lines_of_one_sku_are_one_wish(open_shop: RunningShop, hold_on: str) -> None:
    """Nobody gets more than there is by naming it twice, in one request or in two, or by buying it in two carts."""
    [variant] = put_on_sale(open_shop.urls.owner, [3], hold_on=hold_on)
    greedy, modest = Buyer(open_shop.target), Buyer(open_shop.target)
    two_lines = {"lines": [{"variant_id": str(variant), "quantity": 2}] * 2}
    refused = await greedy.persist("POST", "/v1/cart/lines", two_lines)
    assert code_of(refused) == "INSUFFICIENT_INVENTORY"
    assert (await greedy.fill(variant, 2)).status == 200
    refused = await greedy.persist("POST", "/v1/cart/lines", {"variant_id": str(variant), "quantity": 2})
    assert code_of(refused) == "INSUFFICIENT_INVENTORY"
    other = await modest.fill(variant, 2)
    assert code_of(other) == ("INSUFFICIENT_INVENTORY" if hold_on == "add" else "")
    answers = await asyncio.gather(greedy.check_out(), modest.check_out())
    outcomes = Counter(answer.status for answer in answers)
    assert outcomes[201] == 1, outcomes
    assert stock(open_shop, variant) == (3, 2, 3, 2)
    for buyer in (greedy, modest):
        buyer.close()
