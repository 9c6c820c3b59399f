"""The machine loses its power while people buy: API, worker, PostgreSQL and Valkey die at once, and the shop starts again."""

import asyncio

import pytest

from tests.support.buyers import Buyer, History, assert_true_to_their_word, load
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop, eventually, kill

pytestmark = pytest.mark.crash

BUY_AGAIN_TIMEOUT_S = 60.0


async def lose_power(shop: RunningShop) -> None:
    """`kill -9` of everything that serves or works, and both engines without a last word."""
    processes = [shop.services[name].pid for name in ("api", "worker")]
    victims = [*(pid for pid in processes if pid is not None), *await asyncio.to_thread(shop.api_processes)]
    assert len(victims) > len(processes)
    for pid in victims:
        kill(pid)
    await shop.on_supervisor(shop.valkey().kill)
    await shop.on_supervisor(lambda: shop.postgres().stop("immediate"))


async def start_again(shop: RunningShop) -> None:
    """The engines; whoever tends the shop sees to the rest."""
    await shop.on_supervisor(shop.postgres().start)
    await shop.on_supervisor(shop.valkey().start)
    await shop.ready()


async def test_nothing_is_lost_or_doubled_when_everything_dies_at_once(
    shop: RunningShop, buyers: list[Buyer], history: History
) -> None:
    variants = put_on_sale(shop.urls.owner, [100_000] * 3)
    async with load(buyers, variants) as orders:

        async def more_than(known: int) -> bool:
            return len(orders) > known + len(buyers)

        await eventually(lambda: more_than(0), BUY_AGAIN_TIMEOUT_S, "nobody buys")
        await lose_power(shop)
        try:
            known = len(orders)
        finally:
            await start_again(shop)
        await eventually(lambda: more_than(known), BUY_AGAIN_TIMEOUT_S, "nobody buys any more")
    assert history.outcomes["info"] > 0  # somebody was cut off in the middle
    assert history.wrong == []
    await assert_true_to_their_word(shop, buyers, orders, variants[0])
