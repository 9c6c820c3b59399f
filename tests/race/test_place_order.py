"""Placing and cancelling, everybody at once: real connections, many rounds, exact outcomes."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from surehold.kernel.errors import ShopError
from surehold.modules.cart import InsufficientInventoryError
from surehold.modules.orders import OrderInProgressError, OrderStatus
from surehold.platform.db import Database
from tests.support.shop import Shop, make_shop

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("both_policies")]

ROUNDS = 8
CALLERS = 6
HOT_BUYERS, HOT_UNITS = 40, 8


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return make_shop(db, tmp_path)


async def _all(*calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """Everything at once; refusals count as answers, anything else is a bug."""
    answers = await asyncio.gather(*calls, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, ShopError):
            raise answer
    return answers


async def _settled(shop: Shop) -> None:
    """Let the recovery finish what a caller left to another one."""
    for _ in range(3):
        await shop.age_calls()
        await shop.place.recover()


@pytest.mark.parametrize("method", ["pay_on_delivery", "scripted", "scripted_later"])
async def test_a_double_submit_is_one_order_and_one_charge(shop: Shop, method: str) -> None:
    for _ in range(ROUNDS):
        [variant] = await shop.variants(1, 10)
        actor, checkout_id = await shop.ready([(variant, 3)], method)
        await _all(*(shop.place.place(actor, checkout_id, None) for _ in range(CALLERS)))
        await _settled(shop)
        [(order_id, status)] = await shop.orders_of(checkout_id)
        assert status == "CONFIRMED"
        assert await shop.stock_of(variant) == (10, 3)
        assert await shop.held(variant) == 0
        if method == "scripted":
            assert len(shop.scripted.effects("capture", order_id)) == 1
            assert len(shop.scripted.effects("authorize", order_id)) == 1


async def test_the_browser_against_the_recovery(shop: Shop) -> None:
    for _ in range(ROUNDS):
        [variant] = await shop.variants(1, 10)
        actor, checkout_id = await shop.ready([(variant, 1)], "scripted")
        shop.scripted.script("authorize", "lost_after")
        await shop.place.place(actor, checkout_id, None)
        await shop.age_calls()
        await _all(
            *(shop.place.recover() for _ in range(3)), *(shop.place.place(actor, checkout_id, None) for _ in range(3))
        )
        await _settled(shop)
        [(order_id, status)] = await shop.orders_of(checkout_id)
        assert status == "CONFIRMED"
        assert len(shop.scripted.effects("capture", order_id)) == 1


async def test_two_tabs_open_one_checkout(shop: Shop) -> None:
    for _ in range(ROUNDS):
        [variant] = await shop.variants(1, 10)
        actor = await shop.guest_with([(variant, 1)])
        views = await _all(*(shop.checked_out(actor) for _ in range(CALLERS)))
        assert len({view.checkout.id for view in views}) == 1
        await _all(*(shop.place.place(actor, views[0].checkout.id, None) for _ in range(2)))
        assert len(await shop.orders_of(views[0].checkout.id)) == 1


async def test_adding_while_placing_loses_nothing(shop: Shop) -> None:
    for _ in range(ROUNDS):
        one, two = await shop.variants(2, 20, hold_on="add")
        actor, checkout_id = await shop.ready([(one, 2)])
        await _all(shop.place.place(actor, checkout_id, None), shop.add(actor, [(two, 1)]))
        bought = await shop.orders_of(checkout_id)
        assert len(bought) <= 1
        rows = await shop.db.fetch_all(
            "select l.variant_id, l.quantity from cart.lines l join checkout.checkouts c on c.cart_id = l.cart_id"
            " where c.id = %s",
            (checkout_id,),
        )
        kept = {row[0]: row[1] for row in rows}
        assert kept == ({two: 1} if bought else {one: 2, two: 1})
        assert (await shop.stock_of(one), await shop.stock_of(two)) == ((20, 2), (20, 1))


@pytest.mark.parametrize("method", ["pay_on_delivery", "scripted"])
async def test_the_last_units_go_to_whoever_holds_them(shop: Shop, method: str) -> None:
    [variant] = await shop.variants(1, HOT_UNITS, hold_on="checkout")
    buyers = [await shop.guest_with([(variant, 1)]) for _ in range(HOT_BUYERS)]

    async def buy(number: int) -> None:
        view = await shop.checked_out(buyers[number], method)
        await shop.place.place(buyers[number], view.checkout.id, None)

    answers = await _all(*(buy(number) for number in range(HOT_BUYERS)))
    refused = [answer for answer in answers if isinstance(answer, ShopError)]
    assert all(isinstance(answer, InsufficientInventoryError) for answer in refused), refused
    assert len(refused) == HOT_BUYERS - HOT_UNITS
    assert await shop.stock_of(variant) == (HOT_UNITS, HOT_UNITS)
    row = await shop.db.fetch_one(
        "select count(*) from orders.lines l join orders.orders o on o.id = l.order_id"
        " where l.variant_id = %s and o.status = 'CONFIRMED'",
        (variant,),
    )
    assert row == (HOT_UNITS,)


async def test_carts_in_opposite_order_do_not_deadlock(shop: Shop) -> None:
    variants = await shop.variants(6, 1000)
    for _ in range(ROUNDS):
        ready = [
            await shop.ready([(variant, 1) for variant in (variants if number % 2 else variants[::-1])], "scripted")
            for number in range(CALLERS)
        ]
        placed = await _all(*(shop.place.place(actor, checkout_id, None) for actor, checkout_id in ready))
        assert all(answer.work.order.status is OrderStatus.CONFIRMED for answer in placed)
    assert {await shop.stock_of(variant) for variant in variants} == {(1000, ROUNDS * CALLERS)}


async def _ordered(shop: Shop, method: str) -> tuple[UUID, UUID]:
    [variant] = await shop.variants(1, 10)
    actor, checkout_id = await shop.ready([(variant, 2)], method)
    return (await shop.place.place(actor, checkout_id, None)).work.order.order_id, variant


@pytest.mark.parametrize("method", ["pay_on_delivery", "scripted", "scripted_later"])
async def test_many_cancels_are_one(shop: Shop, method: str) -> None:
    for _ in range(ROUNDS):
        order_id, variant = await _ordered(shop, method)
        await _all(*(shop.cancel.cancel(order_id, reason="x", actor="account:1") for _ in range(CALLERS)))
        await _settled(shop)
        order = await shop.orders.get(order_id)
        assert order.status is OrderStatus.CANCELLED
        assert await shop.stock_of(variant) == (10, 0)
        assert len(shop.scripted.effects("refund", order_id)) == (1 if method == "scripted" else 0)
        assert shop.scripted.held_minor(order_id) == 0
        assert shop.later.held_minor(order_id) == 0


async def test_cancel_against_capture(shop: Shop) -> None:
    """The capture of a placing under way: the cancel is refused until it is over, and then gives the money back."""
    for _ in range(ROUNDS):
        [variant] = await shop.variants(1, 10)
        actor, checkout_id = await shop.ready([(variant, 2)], "scripted")
        shop.scripted.script("capture", "lost_after")
        order_id = (await shop.place.place(actor, checkout_id, None)).work.order.order_id
        await shop.age_calls()
        answers = await _all(
            shop.cancel.cancel(order_id, reason="x", actor="account:1"), shop.place.place(actor, checkout_id, None)
        )
        await _settled(shop)
        order = await shop.orders.get(order_id)
        if isinstance(answers[0], OrderInProgressError):
            assert order.status is OrderStatus.CONFIRMED
            assert await shop.stock_of(variant) == (10, 2)
            assert shop.scripted.held_minor(order_id) == order.total_minor
        else:
            assert order.status is OrderStatus.CANCELLED
            assert await shop.stock_of(variant) == (10, 0)
            assert shop.scripted.held_minor(order_id) == 0
        assert len(shop.scripted.effects("capture", order_id)) == 1


async def test_giving_up_against_adds(shop: Shop) -> None:
    """Whichever comes first: every line holds what it is, no unit is lost, and nobody waits in a circle."""
    for _ in range(ROUNDS):
        variants = await shop.variants(4, 30)
        placings = [
            await shop.ready(
                [(variant, 2) for variant in (variants[:3] if number % 2 else variants[2::-1])], "scripted"
            )
            for number in range(3)
        ]
        shop.scripted.script("capture", *["lost_before"] * 3, *["declined"] * 3)
        for actor, checkout_id in placings:
            await shop.place.place(actor, checkout_id, None)
        await shop.age_calls()
        adds = [shop.add(actor, [(variants[3], 1), (variants[0], 1)]) for actor, _ in placings]
        await _all(shop.place.recover(), shop.place.recover(), *adds)
        await _settled(shop)
        for actor, checkout_id in placings:
            assert [status for _, status in await shop.orders_of(checkout_id)] == ["FAILED"]
            await shop.checked_out(actor, "pay_on_delivery")
            cart, _ = await shop.carts.read(actor)
            assert all(line.held == line.quantity for line in cart.lines)
        assert [await shop.stock_of(variant) for variant in variants] == [(30, 9), (30, 6), (30, 6), (30, 3)]
