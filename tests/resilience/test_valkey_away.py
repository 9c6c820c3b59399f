"""Valkey forgets everything, or dies, while people buy: nobody fails, no cart is lost, and pages are right afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
import valkey.asyncio

from tests.support.buyers import Buyer, History, assert_true_to_their_word, document, load
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop, eventually

pytestmark = pytest.mark.crash

FLUSHES = 5
ANSWERED_WITHIN_S = 5.0  # a request waits a quarter of a second for Valkey at most; machines that run tests are busy
HEAL_TIMEOUT_S = 20.0
GO_ON_TIMEOUT_S = 30.0


async def flush(shop: RunningShop, orders: list[str]) -> None:
    """FLUSHALL, again and again while orders come in."""
    client = valkey.asyncio.Valkey.from_url(shop.valkey_url)
    try:
        for _ in range(FLUSHES):
            await client.flushall()
            await goes_on(orders)
    finally:
        await client.aclose()


async def kill_and_start(shop: RunningShop, orders: list[str]) -> None:
    """Kill it, let people buy without it, start it again."""
    await shop.on_supervisor(shop.valkey().kill)
    try:
        await goes_on(orders)
        await goes_on(orders)
    finally:
        await shop.on_supervisor(shop.valkey().start)
    await goes_on(orders)


async def goes_on(orders: list[str]) -> None:
    """Wait until somebody's order that had not begun before is confirmed."""
    known = len(orders)

    async def more() -> bool:
        return len(orders) > known + 12

    await eventually(more, GO_ON_TIMEOUT_S, "nobody buys any more")


@pytest.mark.parametrize("trouble", [flush, kill_and_start])
async def test_people_buy_on(
    shop: RunningShop,
    buyers: list[Buyer],
    history: History,
    trouble: Callable[[RunningShop, list[str]], Awaitable[None]],
) -> None:
    variants = put_on_sale(shop.urls.owner, [100_000] * 3)
    async with load(buyers, variants) as orders:
        await trouble(shop, orders)
    assert history.wrong == []
    assert history.refused == []
    assert history.outcomes["info"] == history.outcomes["fail"] == 0
    assert history.slowest_s < ANSWERED_WITHIN_S
    await assert_true_to_their_word(shop, buyers, orders, variants[0])
    await assert_pages_heal(shop, variants[0])


async def assert_pages_heal(shop: RunningShop, variant: UUID) -> None:
    """A change that Valkey can tell nobody of, or has forgotten, is seen by everybody all the same."""
    [(product,)] = shop.rows("select product_id from catalog.variants where id = %s", variant)
    readers = [Buyer(shop.target) for _ in range(8)]
    await asyncio.gather(*(reader.persist("GET", f"/v1/products/{product}") for reader in readers))
    shop.rows("update catalog.products set title = 'Another title' where id = %s returning 1", product)

    async def all_see_it() -> bool:
        answers = [await reader.persist("GET", f"/v1/products/{product}") for reader in readers]
        return {document(answer)["title"] for answer in answers} == {"Another title"}

    await eventually(all_see_it, HEAL_TIMEOUT_S, "an old page goes on being served")
    for reader in readers:
        reader.close()
