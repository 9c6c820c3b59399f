"""PostgreSQL is stopped as by a power cut while people buy: they are told at once, read what there is, and lose nothing."""

import asyncio

import pytest

from surehold.app.retail.wire import Answer
from tests.support.buyers import Buyer, History, assert_true_to_their_word, document, load
from tests.support.goods import put_on_sale
from tests.support.running_shop import RunningShop, eventually

pytestmark = pytest.mark.crash

CONNECTIONS = 24
SEEN_BY_BOTH = 12
TOLD_WITHIN_S = 5.0  # it takes one; machines that run tests are busy
STALE_TIMEOUT_S = 20.0


async def crowd_of(shop: RunningShop, history: History) -> list[Buyer]:
    """Guests with carts, so many at once that both API processes have several connections open."""
    [variant] = put_on_sale(shop.urls.owner, [100_000])
    crowd = [Buyer(shop.target, history) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(guest.fill(variant) for guest in crowd))
    return crowd


async def test_a_restart_costs_nobody_an_error(shop: RunningShop, history: History) -> None:
    """Every connection of every pool is dead after it. None may be used to find that out."""
    crowd = await crowd_of(shop, history)
    await shop.on_supervisor(lambda: shop.postgres().restart("immediate"))
    answers = await asyncio.gather(*(guest.send("GET", "/v1/cart") for guest in crowd))
    assert [answer.status for answer in answers if answer is not None] == [200] * CONNECTIONS
    for guest in crowd:
        guest.close()


async def test_away_under_load(shop: RunningShop, buyers: list[Buyer], history: History) -> None:
    variants = put_on_sale(shop.urls.owner, [100_000] * 3)
    [page] = put_on_sale(shop.urls.owner, [5])
    product = f"/v1/products/{shop.rows('select product_id from catalog.variants where id = %s', page)[0][0]}"
    readers = [Buyer(shop.target) for _ in range(8)]
    for reader in readers:
        await reader.persist("GET", product)
        await reader.fill(page if reader is readers[0] else variants[1])
        if reader is readers[-1]:
            await reader.persist("POST", "/v1/accounts", {"email": reader.email, "password": "correct horse battery"})
        for _ in range(SEEN_BY_BOTH):
            assert await reader.cart()
            reader.close()  # another connection, most likely another process
    async with load(buyers, variants) as orders:
        await shop.on_supervisor(lambda: shop.postgres().stop("immediate"))
        try:
            await _told_at_once(readers)
            await _shown_the_last_copy(readers)
            await _shown_stale_pages(readers, product)
        finally:
            await shop.on_supervisor(shop.postgres().start)
        await shop.ready()
        known = len(orders)
        await eventually(lambda: _more_than(orders, known + len(buyers)), STALE_TIMEOUT_S, "nobody buys any more")
    assert history.wrong == []
    assert history.refused
    assert all(answer.headers["retry-after"] for _, answer in history.refused)
    assert max(seconds for seconds, _ in history.refused) < TOLD_WITHIN_S
    await assert_true_to_their_word(shop, buyers, orders, variants[0])
    for reader in readers:
        answer = await reader.persist("GET", "/v1/cart")
        assert document(answer)["confirmed"] is True
        assert "x-surehold-stale" not in answer.headers
        reader.close()


async def _told_at_once(readers: list[Buyer]) -> None:
    for answer in await asyncio.gather(*(reader.send("DELETE", "/v1/cart") for reader in readers)):
        assert answer is not None
        assert answer.status == 503, answer
        assert int(answer.headers["retry-after"]) >= 1
    assert max(reader.history.slowest_s for reader in readers) < TOLD_WITHIN_S


async def _shown_the_last_copy(readers: list[Buyer]) -> None:
    for answer in await asyncio.gather(*(reader.send("GET", "/v1/cart") for reader in readers)):
        assert answer is not None
        assert answer.status == 200, answer
        assert answer.headers["x-surehold-stale"] == "1"
        assert document(answer)["confirmed"] is False
        assert len(document(answer)["lines"]) == 1


async def _shown_stale_pages(readers: list[Buyer], product: str) -> None:
    """Whoever is asked: the page is there all the time, and is marked as soon as it is too old."""

    async def all_stale() -> bool:
        answers: list[Answer | None] = [await reader.send("GET", product) for reader in readers]
        assert [answer.status for answer in answers if answer is not None] == [200] * len(readers)
        return all(answer is not None and answer.headers.get("x-surehold-stale") == "1" for answer in answers)

    await eventually(all_stale, STALE_TIMEOUT_S, "nothing is marked stale")


async def _more_than(orders: list[str], count: int) -> bool:
    return len(orders) > count
