"""API processes killed under load: others take over, new ones come, and what was acknowledged is there, once."""

import asyncio

import pytest

from tests.support.buyers import Buyer, History, assert_true_to_their_word, load
from tests.support.goods import put_on_sale
from tests.support.running_shop import WORKERS, RunningShop, eventually, kill

pytestmark = pytest.mark.crash

PROCESS_KILLS, BUYERS = 2, 12
RESPAWN_TIMEOUT_S = 40.0


async def kill_one_after_the_other(shop: RunningShop, orders: list[str]) -> None:
    """Kill API processes while people buy, whenever the full number serves; at last the server that started them.

    The oldest dies first: the server takes a process that dies soon after its start for a crash loop.
    """
    for _ in range(PROCESS_KILLS):
        victims = await asyncio.to_thread(shop.api_processes)
        kill(min(victims))
        await _full_again(shop, victims)
        await _people_buy(orders)  # a process that is there may not serve yet
    victims = await asyncio.to_thread(shop.api_processes)
    server = shop.services["api"].pid
    assert server is not None
    kill(server)
    await _full_again(shop, victims)
    await _people_buy(orders)


async def _people_buy(orders: list[str]) -> None:
    known = len(orders)

    async def more() -> bool:
        return len(orders) > known + BUYERS

    await eventually(more, RESPAWN_TIMEOUT_S, "nobody buys any more")


async def _full_again(shop: RunningShop, before: list[int]) -> None:
    async def is_full() -> bool:
        now = await asyncio.to_thread(shop.api_processes)
        return len(now) == WORKERS and set(now) != set(before)

    await eventually(is_full, RESPAWN_TIMEOUT_S, "the API processes did not come back")


async def test_nothing_is_lost_or_doubled_when_api_processes_are_killed(
    shop: RunningShop, buyers: list[Buyer], history: History
) -> None:
    variants = put_on_sale(shop.urls.owner, [100_000] * 3)
    async with load(buyers, variants) as orders:
        await kill_one_after_the_other(shop, orders)
    assert history.outcomes["info"] > 0  # somebody was cut off in the middle
    assert history.wrong == []
    assert len(orders) > len(buyers)
    await assert_true_to_their_word(shop, buyers, orders, variants[0])
