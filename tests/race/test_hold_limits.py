"""Holds at the end of their time and at their caps: what is answered is what is kept."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import psycopg
import pytest

from surehold.modules.cart import CartService, HoldLimitError, InsufficientInventoryError
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.race.conftest import make_carts
from tests.race.test_holds import assert_books_agree, stock
from tests.support.goods import put_on_sale
from tests.support.people import account, all_at_once, guest, guest_with, stranger

pytestmark = pytest.mark.race
Owner = psycopg.Connection[tuple[object, ...]]


def let_holds_pass_their_latest(owner: Owner, variant: UUID) -> None:
    owner.execute(
        "update inventory.holds set latest_until = clock_timestamp() - interval '1 second' where variant_id = %s",
        (variant,),
    )
    owner.execute("update inventory.holders set sweep_at = '-infinity'")


def facts_of(owner: Owner, variant: UUID) -> list[tuple[object, object]]:
    return [
        (row[0], row[1])
        for row in owner.execute(
            "select name, (payload ->> 'available')::integer from platform.events"
            " where aggregate_type = 'variant' and aggregate_id = %s order by id",
            (variant,),
        ).fetchall()
    ]


async def test_more_than_is_there_is_refused_to_a_cart_whose_own_hold_is_over(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    [variant] = put_on_sale(database_urls.owner, [5])
    late = await guest_with(carts, [(variant, 5)])
    let_holds_pass_their_latest(owner, variant)
    with pytest.raises(InsufficientInventoryError) as refusal:
        await carts.set_quantity(late, variant, 6)
    assert refusal.value.extra["available"] == 5
    assert stock(owner, variant) == (5, 5)
    assert_books_agree(owner)


async def test_a_hold_that_is_over_is_taken_anew_by_a_touch_and_lasts(
    carts: CartService, crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    [variant] = put_on_sale(database_urls.owner, [5])
    late = await guest_with(carts, [(variant, 5)])
    let_holds_pass_their_latest(owner, variant)
    written = await carts.set_quantity(late, variant, 5)
    assert written.lines[0].held == 5
    await crowd.fetch_all("select * from inventory.sweep_holds(100)")
    cart, _ = await carts.read(late)
    assert cart.lines[0].held == 5
    assert cart.lines[0].reserved_until == written.lines[0].reserved_until
    assert_books_agree(owner)


async def test_a_touch_and_a_buyer_after_the_latest_moment_agree(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    for _ in range(30):
        [variant] = put_on_sale(database_urls.owner, [3])
        late = await guest_with(carts, [(variant, 2)])
        let_holds_pass_their_latest(owner, variant)
        touched, taken = await all_at_once(
            [carts.set_quantity(late, variant, 3), carts.add(stranger(), [(variant, 3)])]
        )
        assert isinstance(touched, BaseException) != isinstance(taken, BaseException)
        assert stock(owner, variant) == (3, 3)
    assert_books_agree(owner)


async def test_the_end_that_is_told_is_the_end_of_the_hold(
    crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    carts = make_carts(crowd, max_hold_s=2_000)
    [variant] = put_on_sale(database_urls.owner, [5])
    buyer = await guest_with(carts, [(variant, 1)])
    soon = datetime.now(UTC) + timedelta(seconds=60)
    owner.execute("update inventory.holds set latest_until = %s where variant_id = %s", (soon, variant))
    for quantity in (1, 2):
        written = await carts.set_quantity(buyer, variant, quantity)
        assert written.lines[0].reserved_until == soon
        cart, _ = await carts.read(buyer)
        assert cart.lines[0].reserved_until == soon


async def test_guests_of_one_network_who_come_at_once_keep_to_its_cap(
    crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    carts = make_carts(crowd, max_network_units_per_variant=4)
    for _ in range(10):
        [variant] = put_on_sale(database_urls.owner, [50])
        answers = await all_at_once(carts.add(stranger("203.0.113.0/24"), [(variant, 1)]) for _ in range(20))
        assert sum(not isinstance(answer, BaseException) for answer in answers) == 4
        assert stock(owner, variant) == (50, 4)


async def test_fewer_are_always_allowed_on_a_network_over_its_cap(
    crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    generous, strict = make_carts(crowd), make_carts(crowd, max_network_units_per_variant=4)
    [variant] = put_on_sale(database_urls.owner, [50])
    _, made = await generous.add(stranger("203.0.113.0/24"), [(variant, 6)])
    assert made is not None
    buyer = msgspec.structs.replace(guest(made.token), network="203.0.113.0/24")
    written = await strict.set_quantity(buyer, variant, 5)
    assert written.lines[0].held == 5
    assert stock(owner, variant) == (50, 5)


async def test_what_expired_on_a_network_counts_for_nobody_and_is_not_taken_back_beyond_its_cap(
    crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    carts = make_carts(crowd, max_network_units_per_variant=4)
    [variant] = put_on_sale(database_urls.owner, [50])
    _, made = await carts.add(stranger("203.0.113.0/24"), [(variant, 4)])
    assert made is not None
    first = msgspec.structs.replace(guest(made.token), network="203.0.113.0/24")
    owner.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 second', '-infinity')"
    )
    written, _ = await carts.add(stranger("203.0.113.0/24"), [(variant, 4)])
    version = owner.execute("select version from inventory.stock where variant_id = %s", (variant,)).fetchone()
    assert [(line.held, line.available, line.stock_version) for line in written.lines] == [(4, 46, *(version or ()))]
    assert stock(owner, variant) == (50, 4)
    with pytest.raises(HoldLimitError):
        await carts.set_quantity(first, variant, 4)
    assert_books_agree(owner)


async def test_units_held_by_an_open_checkout_are_the_carts_own(
    carts: CartService, crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    """With units that are held on checkout, the cart's own hold is no reason to refuse it, and what it gives up goes back."""
    [variant] = put_on_sale(database_urls.owner, [3], hold_on="checkout")
    buyer = await guest_with(carts, [(variant, 3)])
    cart, _ = await carts.read(buyer)
    await crowd.fetch_all(
        "select * from inventory.take_holds(%s, null, null, %s, %s, 1800, '{}')", (cart.cart_id, [variant], [3])
    )
    assert stock(owner, variant) == (3, 3)
    await carts.set_quantity(buyer, variant, 3)
    assert stock(owner, variant) == (3, 3)
    written = await carts.set_quantity(buyer, variant, 2)
    assert written.lines[0].held == 2
    assert stock(owner, variant) == (3, 2)
    assert_books_agree(owner)


async def test_units_of_expired_holds_can_be_put_into_a_cart_that_holds_on_checkout(
    carts: CartService, crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    [variant] = put_on_sale(database_urls.owner, [2], hold_on="checkout")
    late = await guest_with(carts, [(variant, 2)])
    cart, _ = await carts.read(late)
    await crowd.fetch_all(
        "select * from inventory.take_holds(%s, null, null, %s, %s, 1800, '{}')", (cart.cart_id, [variant], [2])
    )
    with pytest.raises(InsufficientInventoryError):
        await carts.add(stranger(), [(variant, 1)])
    owner.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 second', '-infinity')"
    )
    await carts.add(stranger(), [(variant, 2)])


async def test_a_sold_out_thing_that_comes_back_by_expiry_is_announced(
    carts: CartService, crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    [variant] = put_on_sale(database_urls.owner, [2])
    await guest_with(carts, [(variant, 2)])
    owner.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 second', '-infinity')"
    )
    await crowd.fetch_all("select * from inventory.sweep_holds(100)")
    assert facts_of(owner, variant) == [
        ("inventory.stock_depleted.v1", 0),
        ("inventory.stock_replenished.v1", 2),
    ]


async def test_a_cart_over_its_lines_may_shrink(carts: CartService, database_urls: PostgresUrls, owner: Owner) -> None:
    """A group whose limit was lowered leaves carts that are too long: what is in them can still be made less."""
    actor = account()
    first, second, third = put_on_sale(database_urls.owner, [10] * 3)
    await carts.add(actor, [(first, 5), (second, 5)])
    owner.execute("update pricing.account_groups set max_lines = 1 where code = 'retail'")
    try:
        written = await carts.set_quantity(actor, first, 2)
        assert written.lines[0].held == 2
        with pytest.raises(Exception, match="lines"):
            await carts.add(actor, [(third, 1)])
    finally:
        owner.execute("update pricing.account_groups set max_lines = 100 where code = 'retail'")
