"""When the sweep looks at a cart: in time for the first of its holds to end, and without a write for each renewal."""

from datetime import datetime, timedelta

import psycopg
import pytest

from tests.inventory.conftest import Desk
from tests.support.people import guest_with

Owner = psycopg.Connection[tuple[object, ...]]


@pytest.fixture(autouse=True)
def nobody(owner: Owner) -> None:
    """Only the carts of one test count."""
    owner.execute("delete from inventory.holds")
    owner.execute("delete from inventory.backorders")
    owner.execute("delete from inventory.holders")
    owner.execute("update inventory.stock set reserved = 0, backordered = 0")


def moments(owner: Owner) -> tuple[datetime, datetime]:
    """The end of the only cart's holds, and when it is looked at."""
    [row] = owner.execute("select held_until, sweep_at from inventory.holders").fetchall()
    held_until, sweep_at = row
    assert isinstance(held_until, datetime)
    assert isinstance(sweep_at, datetime)
    return held_until, sweep_at


async def test_renewing_leaves_the_moment_of_the_sweep_and_the_sweep_moves_it_on(desk: Desk, owner: Owner) -> None:
    variant, other = desk.on_sale(5, 5)
    buyer = await guest_with(desk.carts, [(variant, 1)])
    first_end, _ = moments(owner)
    await desk.carts.add(buyer, [(other, 1)])
    held_until, sweep_at = moments(owner)
    assert sweep_at == first_end < held_until
    owner.execute("update inventory.holders set sweep_at = clock_timestamp()")
    assert await desk.inventory.sweep() == 0
    assert moments(owner) == (held_until, held_until)


async def test_a_hold_that_may_not_be_renewed_is_swept_when_it_is_over(desk: Desk, owner: Owner) -> None:
    [variant] = desk.on_sale(5)
    await guest_with(desk.carts, [(variant, 1)])
    owner.execute("update inventory.holds set latest_until = clock_timestamp() + interval '1 minute'")
    owner.execute("update inventory.holders set sweep_at = clock_timestamp()")
    await desk.inventory.sweep()
    [[latest]] = owner.execute("select latest_until from inventory.holds").fetchall()
    assert moments(owner)[1] == latest
    owner.execute("update inventory.holds set latest_until = clock_timestamp()")
    owner.execute("update inventory.holders set sweep_at = clock_timestamp()")
    assert await desk.inventory.sweep() == 1
    assert owner.execute("select 1 from inventory.holds").fetchall() == []


async def test_a_placing_that_ends_early_is_noticed(desk: Desk, owner: Owner) -> None:
    [variant] = desk.on_sale(5)
    await guest_with(desk.carts, [(variant, 1)])
    owner.execute(
        "update inventory.holders set held_until = clock_timestamp(), sweep_at = clock_timestamp(),"
        " placing_until = clock_timestamp() + interval '1 hour'"
    )
    assert await desk.inventory.sweep() == 0
    held_until, sweep_at = moments(owner)
    assert held_until < sweep_at < held_until + timedelta(seconds=30)
    owner.execute("update inventory.holders set placing_until = null, sweep_at = clock_timestamp()")
    assert await desk.inventory.sweep() == 1


async def test_a_cart_without_holds_is_forgotten_after_a_day_or_taken_up_again(desk: Desk, owner: Owner) -> None:
    [variant] = desk.on_sale(5)
    buyer = await guest_with(desk.carts, [(variant, 1)])
    await desk.carts.set_quantity(buyer, variant, 0)
    owner.execute("update inventory.holders set held_until = clock_timestamp(), sweep_at = clock_timestamp()")
    await desk.inventory.sweep()
    held_until, sweep_at = moments(owner)
    assert sweep_at == held_until + timedelta(days=1)
    await desk.carts.add(buyer, [(variant, 1)])
    held_until, sweep_at = moments(owner)
    assert sweep_at == held_until
    await desk.carts.set_quantity(buyer, variant, 0)
    owner.execute(
        "update inventory.holders set held_until = clock_timestamp() - interval '25 hours', sweep_at = clock_timestamp()"
    )
    await desk.inventory.sweep()
    assert owner.execute("select 1 from inventory.holders").fetchall() == []


async def test_one_that_is_being_written_to_stays_due(desk: Desk, owner: Owner) -> None:
    [variant] = desk.on_sale(5)
    await guest_with(desk.carts, [(variant, 1)])
    owner.execute("update inventory.holders set (held_until, sweep_at) = (clock_timestamp(), clock_timestamp())")
    _, sweep_at = moments(owner)
    with psycopg.connect(desk.owner_url) as busy:
        busy.execute("select 1 from inventory.holders for update")
        assert await desk.inventory.sweep() == 0
    assert moments(owner)[1] == sweep_at
    assert await desk.inventory.sweep() == 1
