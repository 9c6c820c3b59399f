"""What a cart shows and refuses: until when a line is held, prices that moved, limits, and the truth about lost holds."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from surehold.modules.cart import (
    CartService,
    HoldLimitError,
    InsufficientInventoryError,
    LineLimitError,
    QuantityLimitError,
    ReservationExpiredError,
)
from surehold.platform.embedded import PostgresUrls
from tests.cart.conftest import Owner, quantities, saved
from tests.support.goods import put_on_sale
from tests.support.people import account, guest_with, stranger

MAX_LINES, MAX_A_LINE = 100, 999
A_MINUTE = timedelta(minutes=1)


async def test_a_line_says_until_when_it_is_held_and_a_write_renews_the_whole_cart(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    first, second = put_on_sale(database_urls.owner, [50] * 2, hold_on="add")
    actor = account()
    written, _ = await carts.add(actor, [(first, 1)])
    until = written.lines[0].reserved_until
    assert until is not None
    assert abs(until - datetime.now(UTC) - timedelta(seconds=carts.settings.hold_s)) < A_MINUTE
    cart, _ = await carts.read(actor)
    assert [line.reserved_until for line in cart.lines] == [until], "reading renews nothing"
    owner.execute(
        "update inventory.holders set held_until = clock_timestamp() + interval '2 minutes' where cart_id = %s",
        (cart.cart_id,),
    )
    await carts.add(actor, [(second, 1)])
    cart, _ = await carts.read(actor)
    ends = [line.reserved_until for line in cart.lines]
    assert all(end is not None and end - until < A_MINUTE for end in ends)
    assert len(set(ends)) == 1


async def test_a_hold_is_not_renewed_beyond_its_age(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    old, new = put_on_sale(database_urls.owner, [50] * 2, hold_on="add")
    actor = account()
    written, _ = await carts.add(actor, [(old, 1)])
    owner.execute(
        "update inventory.holds set latest_until = clock_timestamp() + interval '1 minute' where cart_id = %s",
        (written.cart_id,),
    )
    await carts.add(actor, [(new, 1)])
    cart, _ = await carts.read(actor)
    ends = {line.variant_id: line.reserved_until for line in cart.lines}
    at_old, at_new = ends[old], ends[new]
    assert at_old is not None
    assert at_new is not None
    assert at_old < datetime.now(UTC) + 2 * A_MINUTE < at_new


async def test_a_price_that_moved_is_told_until_the_line_is_touched(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [50], unit_minor=1000)
    actor = account()
    await carts.add(actor, [(variant, 2)])
    owner.execute("select pricing.import_prices(%s, %s, %s)", ([variant], ["USD"], [1250]))
    [line] = (await carts.read(actor))[0].lines
    assert (line.seen_unit_minor, line.unit_minor) == (1000, 1250)
    await carts.set_quantity(actor, variant, 2)
    [line] = (await carts.read(actor))[0].lines
    assert (line.seen_unit_minor, line.unit_minor) == (1250, 1250)


async def test_a_cart_has_so_many_lines_and_no_more(carts: CartService, database_urls: PostgresUrls) -> None:
    variants = put_on_sale(database_urls.owner, [50] * (MAX_LINES + 1))
    actor = account()
    await carts.add(actor, [(variant, 1) for variant in variants[:MAX_LINES]])
    with pytest.raises(LineLimitError) as refusal:
        await carts.add(actor, [(variants[-1], 1)])
    assert refusal.value.extra["limit"] == MAX_LINES
    await carts.add(actor, [(variants[0], 1)])
    assert await quantities(carts, actor) == {variants[0]: 2, **dict.fromkeys(variants[1:MAX_LINES], 1)}


async def test_a_line_has_so_many_units_and_no_more(carts: CartService, database_urls: PostgresUrls) -> None:
    (variant,) = put_on_sale(database_urls.owner, [5000])
    actor = account()
    await carts.add(actor, [(variant, MAX_A_LINE)])
    for attempt in (carts.add(actor, [(variant, 1)]), carts.set_quantity(actor, variant, MAX_A_LINE + 1)):
        with pytest.raises(QuantityLimitError) as refusal:
            await attempt
        assert (refusal.value.extra["requested"], refusal.value.extra["limit"]) == (MAX_A_LINE + 1, MAX_A_LINE)
    assert await quantities(carts, actor) == {variant: MAX_A_LINE}


async def test_more_of_a_backorder_is_promised_for_the_day_of_now(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    """The answer, the cart and a repeat say one day; fewer units, or an earlier day, do not move it."""
    (variant,) = put_on_sale(database_urls.owner, [0], hold_on="add")
    policy = "select inventory.set_policy(%s, 9, current_date + %s::integer, 0)"
    today = datetime.now(UTC).date()
    owner.execute(policy, (variant, 10))
    actor = account()
    await carts.add(actor, [(variant, 1)])
    for days, quantity, told in ((25, 1, 10), (25, 3, 25), (25, 3, 25), (40, 3, 25), (40, 2, 25), (5, 4, 25)):
        owner.execute(policy, (variant, days))
        written = await carts.set_quantity(actor, variant, quantity)
        shown = (await carts.read(actor))[0].lines
        assert [line.promised_on for line in written.lines] == [today + timedelta(days=told)], (days, quantity)
        assert [line.promised_on for line in shown] == [today + timedelta(days=told)], (days, quantity)


async def test_a_cart_beyond_a_limit_that_was_lowered_can_shrink(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    first, second = put_on_sale(database_urls.owner, [90] * 2, hold_on="add")
    actor = account()
    await carts.add(actor, [(first, 40), (second, 40)])
    row = owner.execute("select max_held_units from pricing.account_groups where code = 'retail'").fetchone()
    assert row is not None
    owner.execute("update pricing.account_groups set max_held_units = 50 where code = 'retail'")
    try:
        with pytest.raises(HoldLimitError):
            await carts.set_quantity(actor, first, 41)
        assert [line.held for line in (await carts.set_quantity(actor, first, 20)).lines] == [20]
        with pytest.raises(HoldLimitError):
            await carts.set_quantity(actor, first, 21)
    finally:
        owner.execute("update pricing.account_groups set max_held_units = %s where code = 'retail'", row)


async def test_only_what_was_held_is_said_to_have_run_out(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    """A line that is held only when its checkout begins had no reservation that could have run out."""
    (held,) = put_on_sale(database_urls.owner, [2], hold_on="add")
    (unheld,) = put_on_sale(database_urls.owner, [2], hold_on="checkout")
    visitor = await guest_with(carts, [(held, 2), (unheld, 2)])
    owner.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 second', '-infinity')"
    )
    await carts.add(stranger(), [(held, 2)])
    owner.execute("update inventory.stock set on_hand = 1 where variant_id = %s", (unheld,))
    with pytest.raises(ReservationExpiredError):
        await carts.set_quantity(visitor, held, 2)
    with pytest.raises(InsufficientInventoryError) as refusal:
        await carts.set_quantity(visitor, unheld, 2)
    assert refusal.value.extra["available"] == 1


async def test_saved_for_later_gives_the_hold_back_and_comes_back_as_it_was(
    carts: CartService, database_urls: PostgresUrls
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [3], hold_on="add")
    actor = account()
    await carts.add(actor, [(variant, 3)])
    await carts.save_for_later(actor, variant)
    assert await quantities(carts, actor) == {}
    assert await saved(carts, actor) == {variant: (3, "by_choice")}
    other = await guest_with(carts, [(variant, 1)])
    with pytest.raises(InsufficientInventoryError) as refusal:
        await carts.restore(actor, variant)
    assert refusal.value.extra["available"] == 2
    assert await saved(carts, actor) == {variant: (3, "by_choice")}, "what is not there any more stays saved"
    await carts.remove(other, None)
    restored = await carts.restore(actor, variant)
    assert [(line.quantity, line.held) for line in restored.lines] == [(3, 3)]
    assert await saved(carts, actor) == {}


async def test_forgetting_is_for_what_is_saved_only(carts: CartService, database_urls: PostgresUrls) -> None:
    kept, forgotten = put_on_sale(database_urls.owner, [5] * 2)
    actor = account()
    await carts.add(actor, [(kept, 1), (forgotten, 1)])
    await carts.save_for_later(actor, forgotten)
    for variant in (forgotten, forgotten, kept, uuid.uuid4()):
        await carts.forget_saved(actor, variant)
    assert await saved(carts, actor) == {}
    assert await quantities(carts, actor) == {kept: 1}
