"""Who watches stock is told when it runs low, runs out, and comes back, whatever moved it; and of nothing else."""

from uuid import UUID

import psycopg

from surehold.kernel.ids import uuid7
from surehold.modules.inventory import Change
from tests.inventory.conftest import Desk
from tests.support.people import guest_with

Owner = psycopg.Connection[tuple[object, ...]]


async def book(desk: Desk, variant: UUID, delta: int, reason: str = "adjustment", ref: str | None = None) -> int:
    place = await desk.location()
    change = Change(variant_id=variant, location_id=place, delta=delta)
    return await desk.inventory.change_on_hand(desk.actor, [change], reason, ref or str(uuid7()))


async def test_a_receipt_of_what_was_sold_out_is_told(desk: Desk) -> None:
    [variant] = desk.on_sale(0)
    await book(desk, variant, 7, "receipt")
    assert await desk.events(variant) == [("stock_replenished", 7, 0)]
    await book(desk, variant, 5, "receipt")
    assert len(await desk.events(variant)) == 1


async def test_damage_down_to_the_threshold_is_low_and_down_to_nothing_depleted(desk: Desk) -> None:
    [variant] = desk.on_sale(10)
    await desk.set_threshold(variant, 3)
    await book(desk, variant, -6, "damage")
    assert await desk.events(variant) == []
    await book(desk, variant, -1, "damage")
    await book(desk, variant, -1, "damage")
    await book(desk, variant, -2, "damage")
    assert await desk.events(variant) == [("stock_low", 3, 3), ("stock_depleted", 0, 3)]
    await book(desk, variant, 2)
    assert (await desk.events(variant))[2:] == [("stock_replenished", 2, 3)]


async def test_what_carts_hold_counts(desk: Desk) -> None:
    [variant] = desk.on_sale(5)
    await guest_with(desk.carts, [(variant, 5)])
    await book(desk, variant, 1, "receipt")
    await book(desk, variant, -1)
    assert await desk.events(variant) == [
        ("stock_depleted", 0, 0),
        ("stock_replenished", 1, 0),
        ("stock_depleted", 0, 0),
    ]


async def test_a_booking_that_is_repeated_or_refused_tells_nothing(desk: Desk) -> None:
    [variant] = desk.on_sale(0)
    assert await book(desk, variant, 4, "receipt", "PO-REPEATED") == 1
    assert await book(desk, variant, 4, "receipt", "PO-REPEATED") == 0
    assert await desk.events(variant) == [("stock_replenished", 4, 0)]


async def test_one_booking_tells_of_each_variant_once(desk: Desk) -> None:
    variants = desk.on_sale(0, 0, 8)
    here, there = await desk.location(), await desk.location("there")
    changes = [Change(variant_id=v, location_id=place, delta=2) for v in variants for place in (here, there)]
    assert await desk.inventory.change_on_hand(desk.actor, changes, "receipt", "PO-MANY") == 3
    told = [await desk.events(variant) for variant in variants]
    assert told == [[("stock_replenished", 4, 0)], [("stock_replenished", 4, 0)], []]
    assert desk.ears.woken == 1
    assert desk.ears.tags >= {f"variant:{variant}" for variant in variants}


async def test_an_import_tells_of_what_came_back_and_not_of_what_is_new(desk: Desk) -> None:
    [sold_out], new, place = desk.on_sale(0), uuid7(), await desk.location()
    await desk.rows(
        "select inventory.receive(%s::uuid[], %s::uuid[], %s::int[], 'receipt', 'IMPORT-1')",
        [sold_out, new], [place, place], [3, 3],
    )  # fmt: skip
    assert await desk.events(sold_out) == [("stock_replenished", 3, 0)]
    assert await desk.events(new) == []


async def test_backorders_that_the_sweeper_gives_back_are_shown(desk: Desk, owner: Owner) -> None:
    held, promised = desk.on_sale(2, 0)
    owner.execute("select inventory.set_policy(%s, 5, current_date + 10, 0)", (promised,))
    await guest_with(desk.carts, [(held, 2)])
    await guest_with(desk.carts, [(promised, 4)])
    owner.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 minute', '-infinity')"
    )
    desk.ears.tags.clear()
    desk.ears.hints.clear()
    await desk.inventory.sweep()
    assert {f"variant:{held}", f"variant:{promised}"} <= desk.ears.tags
    assert {hint.topic for hint in desk.ears.hints} >= {f"variant:{held}", f"variant:{promised}"}
    assert (await desk.inventory.live(promised)).backorder_left == 5
