"""A guest who signs in while an order is placed: the order keeps its stock, and the rest of the cart comes along afterwards."""

import asyncio
from uuid import UUID

import pytest

from surehold.kernel.errors import ShopError
from surehold.modules.checkout import PaymentDeclinedError
from surehold.platform.http import Actor
from tests.support.people import account
from tests.support.shop import Shop

pytestmark = pytest.mark.race

ROUNDS = 12
BATCH = 50


@pytest.fixture
def held_in_cart(both_policies: str) -> int:
    """1 where a line is held by being in a cart, 0 where that begins with a checkout: what to expect of each unit."""
    return 1 if both_policies == "add" else 0


async def _lines(shop: Shop, actor: Actor) -> dict[UUID, int]:
    cart, _ = await shop.carts.read(actor)
    return {line.variant_id: line.quantity for line in cart.lines}


async def _merge(shop: Shop, member: Actor, visitor: Actor) -> bool:
    assert member.account_id is not None
    assert visitor.guest_hash is not None
    return (await shop.carts.merge(member.account_id, visitor.guest_hash)).merged


async def test_the_order_keeps_its_stock_and_the_rest_is_merged_afterwards(shop: Shop, held_in_cart: int) -> None:
    one, two = await shop.variants(2, 2)
    visitor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "lost_after")
    await shop.place.place(visitor, checkout_id, None)
    await shop.add(visitor, [(two, 1)])
    member = account()
    assert not await _merge(shop, member, visitor)
    assert not await _merge(shop, member, visitor), "twice changes nothing"
    assert await shop.carts.merge_waiting(BATCH) == 0
    assert await shop.held(one) == 2
    await shop.age_calls()
    await shop.place.recover()
    assert [status for _, status in await shop.orders_of(checkout_id)] == ["CONFIRMED"]
    assert await shop.carts.merge_waiting(BATCH) == 1
    assert await _lines(shop, member) == {two: 1}
    assert (await shop.stock_of(one), await shop.stock_of(two)) == ((2, 2), (2, held_in_cart))
    assert await shop.carts.merge_waiting(BATCH) == 0


async def test_what_an_order_that_failed_leaves_is_merged_whole(shop: Shop, held_in_cart: int) -> None:
    [one] = await shop.variants(1, 2)
    visitor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "requires_action")
    await shop.place.place(visitor, checkout_id, None)
    member = account()
    assert not await _merge(shop, member, visitor)
    await shop.db.execute(
        "update payments.attempts set started_at = started_at - interval '1 hour' where settled_at is null"
    )
    await shop.age_calls()
    await shop.place.recover()
    assert [status for _, status in await shop.orders_of(checkout_id)] == ["FAILED"]
    assert await shop.carts.merge_waiting(BATCH) == 1
    assert await _lines(shop, member) == {one: 2}
    assert await shop.held(one) == 2 * held_in_cart


@pytest.mark.usefixtures("held_in_cart")
async def test_the_next_sign_in_merges_as_well(shop: Shop) -> None:
    [one] = await shop.variants(1, 2)
    visitor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "requires_action", "declined")
    await shop.place.place(visitor, checkout_id, None)
    first, second = account(), account()
    assert not await _merge(shop, first, visitor)
    await shop.db.execute("update inventory.holders set placing_until = null")
    assert await _merge(shop, second, visitor)
    assert await shop.carts.merge_waiting(BATCH) == 0, "whoever signed in last has the cart"
    assert await _lines(shop, second) == {one: 2}


async def test_signing_in_while_placing(shop: Shop, held_in_cart: int) -> None:
    """Whoever is first, the last units are bought once or stay in a cart, and none is in both or in neither."""
    for number in range(ROUNDS):
        [one] = await shop.variants(1, 2)
        visitor, checkout_id = await shop.ready([(one, 2)], "scripted")
        if number % 3 == 0:
            shop.scripted.script("authorize", "declined")
        member = account()
        answers = await asyncio.gather(
            shop.place.place(visitor, checkout_id, None),
            _merge(shop, member, visitor),
            shop.carts.merge_waiting(BATCH),
            return_exceptions=True,
        )
        assert [a for a in answers if isinstance(a, BaseException) and not isinstance(a, ShopError)] == []
        await shop.age_calls()
        await shop.place.recover()
        await shop.carts.merge_waiting(BATCH)
        statuses = [status for _, status in await shop.orders_of(checkout_id)]
        bought = statuses == ["CONFIRMED"]
        assert await _lines(shop, member) == ({} if bought else {one: 2})
        held = 0 if bought else 2 * held_in_cart
        assert await shop.held(one) == held
        assert await shop.stock_of(one) == (2, 2 if bought else held)
        assert isinstance(answers[0], PaymentDeclinedError) == (statuses == ["FAILED"])
