"""The worker is killed in the middle of events and letters: each order's letter arrives, once."""

import asyncio
import os
import signal
from uuid import UUID

import pytest

from tests.support.buyers import Buyer, order_of
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop, eventually, kill

pytestmark = pytest.mark.crash

BUYERS, KILLS = 16, 3
BACK_TIMEOUT_S = 30.0
_LEFT = """select (select count(*) from platform.deliveries)
 + (select count(*) from notifications.messages where state not in ('sent', 'discarded'))"""


async def test_one_letter_per_order_however_often_the_worker_dies(shop: RunningShop) -> None:
    [variant] = put_on_sale(shop.urls.owner, [1_000])
    wanted, interrupted = set[str](), 0
    for _ in range(KILLS):
        crowd = [Buyer(shop.target) for _ in range(BUYERS)]
        wanted |= {buyer.email for buyer in crowd}
        interrupted += await _kill_the_worker_at(shop, crowd, variant)
    assert interrupted > 0
    await shop.settled()
    letters = [letter for letter in await asyncio.to_thread(shop.letters) if wanted & set(letter["to"])]
    # Mail knows no "exactly once": what was under way when the sender died is sent again under its own Message-ID.
    once = {(letter["to"][0], letter["message_id"]) for letter in letters}
    assert sorted(to for to, _ in once) == sorted(wanted)
    assert len({message for _, message in once}) == len(wanted)
    assert await shop.findings() == {}


async def _kill_the_worker_at(shop: RunningShop, crowd: list[Buyer], variant: UUID) -> int:
    """Let the work pile up, kill the worker once it has begun; out goes what was left of it. Another worker runs then."""
    victim = shop.services["worker"].pid
    assert victim is not None
    os.kill(victim, signal.SIGSTOP)
    await asyncio.gather(*(_ordered(buyer, variant) for buyer in crowd))
    os.kill(victim, signal.SIGCONT)
    await eventually(lambda: _has_begun(shop, BUYERS), BACK_TIMEOUT_S, "the worker does nothing")
    kill(victim)
    [(left,)] = shop.rows(_LEFT)
    await eventually(lambda: _another_runs(shop, victim), BACK_TIMEOUT_S, "the worker did not come back")
    return left


async def _ordered(buyer: Buyer, variant: UUID) -> None:
    order_of(await buyer.buy(variant))
    buyer.close()


async def _has_begun(shop: RunningShop, orders: int) -> bool:
    [(events,)] = shop.rows("select count(*) from platform.deliveries where consumer like 'notifications.%%'")
    return events < orders


async def _another_runs(shop: RunningShop, victim: int) -> bool:
    return shop.services["worker"].pid not in {None, victim}
