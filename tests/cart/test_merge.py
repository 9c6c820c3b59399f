"""Signing in: each line is checked as if it were added now, and taking a merge back gives back what is still as it left it."""

from uuid import UUID

import pytest

from surehold.modules.cart import CartService, MergeNotFoundError, MergeNotice
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Actor
from tests.cart.conftest import Owner, make_carts, quantities, saved
from tests.race.test_holds import assert_books_agree
from tests.support.goods import put_on_sale
from tests.support.people import account, guest_with, stranger
from tests.support.shop import Ears, Shop


async def merge(carts: CartService, member: Actor, visitor: Actor) -> MergeNotice:
    assert member.account_id is not None
    assert visitor.guest_hash is not None
    return await carts.merge(member.account_id, visitor.guest_hash)


async def undo(carts: CartService, member: Actor, notice: MergeNotice) -> None:
    assert notice.merge_id is not None
    await carts.undo_merge(member, notice.merge_id)


def expire_holds(owner: Owner) -> None:
    owner.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 second', '-infinity')"
    )


async def test_what_is_held_at_checkout_is_checked_against_the_stock_as_well(
    db: Database, ears: Ears, database_urls: PostgresUrls, owner: Owner
) -> None:
    carts = make_carts(db, ears, merge_strategy="sum")
    scarce, gone, later = put_on_sale(database_urls.owner, [5, 2, 1], hold_on="checkout")
    owner.execute("select inventory.set_policy(%s, 3, current_date + 10, 0)", (later,))
    member = account()
    await carts.add(member, [(scarce, 3)])
    visitor = await guest_with(carts, [(scarce, 4), (gone, 2), (later, 4)])
    owner.execute("update inventory.stock set on_hand = 0 where variant_id = %s", (gone,))
    notice = await merge(carts, member, visitor)
    told = {change.variant_id: (change.quantity, change.saved, change.reason) for change in notice.changes}
    assert told == {scarce: (5, 2, "stock"), gone: (0, 2, "stock"), later: (4, 0, None)}
    assert await quantities(carts, member) == {scarce: 5, later: 4}
    assert await saved(carts, member) == {scarce: (2, "stock"), gone: (2, "stock")}


async def test_what_the_account_has_already_is_never_lowered(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [5], hold_on="checkout")
    member = account()
    await carts.add(member, [(variant, 4)])
    visitor = await guest_with(carts, [(variant, 5)])
    owner.execute("update inventory.stock set on_hand = 1 where variant_id = %s", (variant,))
    notice = await merge(carts, member, visitor)
    assert [(change.quantity, change.saved) for change in notice.changes] == [(4, 1)]


async def test_a_merge_over_a_limit_that_was_lowered_gives_no_held_unit_away(
    db: Database, ears: Ears, database_urls: PostgresUrls, owner: Owner
) -> None:
    carts = make_carts(db, ears, merge_strategy="sum")
    (variant,) = put_on_sale(database_urls.owner, [90], hold_on="add")
    member = account()
    await carts.add(member, [(variant, 50)])
    visitor = await guest_with(carts, [(variant, 10)])
    owner.execute("update pricing.account_groups set max_line_quantity = 30")
    try:
        notice = await merge(carts, member, visitor)
    finally:
        owner.execute("update pricing.account_groups set max_line_quantity = 999")
    cart, _ = await carts.read(member)
    assert [(line.quantity, line.held) for line in cart.lines] == [(50, 50)]
    assert [(change.quantity, change.saved, change.reason) for change in notice.changes] == [(50, 10, "limit")]
    assert_books_agree(owner)


async def test_a_merge_that_cannot_be_promised_keeps_the_promise_there_is(
    db: Database, ears: Ears, database_urls: PostgresUrls, owner: Owner
) -> None:
    carts = make_carts(db, ears, merge_strategy="sum")
    (variant,) = put_on_sale(database_urls.owner, [3], hold_on="add")
    owner.execute("select inventory.set_policy(%s, 4, current_date + 10, 0)", (variant,))
    member = account()
    await carts.add(member, [(variant, 5)])
    visitor = await guest_with(carts, [(variant, 1)])
    owner.execute("select inventory.set_policy(%s, 3, current_date + 10, 0)", (variant,))
    owner.execute("update cart.lines set quantity = 4 where variant_id = %s and quantity = 1", (variant,))
    notice = await merge(carts, member, visitor)
    cart, _ = await carts.read(member)
    assert [(line.quantity, line.held, line.backordered) for line in cart.lines] == [(5, 3, 2)]
    assert [(change.saved, change.reason) for change in notice.changes] == [(4, "stock")]
    assert_books_agree(owner)


async def test_a_line_that_was_edited_after_the_merge_is_left_alone_by_the_undo(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    edited, same, new = put_on_sale(database_urls.owner, [50] * 3)
    member = account()
    await carts.add(member, [(edited, 1)])
    notice = await merge(carts, member, await guest_with(carts, [(edited, 4), (same, 2)]))
    await carts.set_quantity(member, edited, 3)
    await carts.add(member, [(new, 1)])
    await undo(carts, member, notice)
    assert await quantities(carts, member) == {edited: 3, new: 1}
    assert await saved(carts, member) == {same: (2, "undone")}
    with pytest.raises(MergeNotFoundError):
        await undo(carts, member, notice)
    assert_books_agree(owner)


async def test_what_was_bought_after_the_merge_stays_bought(shop: Shop) -> None:
    bought, left = await shop.variants(2, 50)
    member = account()
    visitor = await shop.guest_with([(bought, 2)])
    notice = await merge(shop.carts, member, visitor)
    view = await shop.checked_out(member)
    await shop.place.place(member, view.checkout.id, None)
    await shop.add(member, [(left, 1)])
    await undo(shop.carts, member, notice)
    assert await quantities(shop.carts, member) == {left: 1}
    assert await saved(shop.carts, member) == {}, "it is in a parcel, not kept for later"
    assert await shop.stock_of(bought) == (50, 2)


async def test_an_undo_after_the_hold_was_lost_takes_nothing_from_anybody(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [5])
    member = account()
    await carts.add(member, [(variant, 2)])
    notice = await merge(carts, member, await guest_with(carts, [(variant, 3)]))
    expire_holds(owner)
    other, _ = await carts.add(stranger(), [(variant, 5)])
    assert [line.held for line in other.lines] == [5]
    await undo(carts, member, notice)
    cart, _ = await carts.read(member)
    assert [(line.quantity, line.held) for line in cart.lines] == [(2, 0)]
    assert await saved(carts, member) == {variant: (1, "undone")}
    assert_books_agree(owner)


async def test_a_merge_cannot_be_undone_when_its_time_is_over_nor_by_anybody_else(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [50])
    member, somebody = account(), account()
    notice = await merge(carts, member, await guest_with(carts, [(variant, 1)]))
    await carts.add(somebody, [(variant, 1)])
    with pytest.raises(MergeNotFoundError):
        await undo(carts, somebody, notice)
    owner.execute("update cart.merges set undo_until = clock_timestamp() where id = %s", (notice.merge_id,))
    with pytest.raises(MergeNotFoundError):
        await undo(carts, member, notice)
    cart, _ = await carts.read(member)
    assert cart.merge is None
    assert await quantities(carts, member) == {variant: 1}


async def test_a_guest_who_comes_back_after_an_undo_finds_everything(
    carts: CartService, database_urls: PostgresUrls
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [50])
    member = account()
    notice = await merge(carts, member, await guest_with(carts, [(variant, 2)]))
    await undo(carts, member, notice)
    found: dict[UUID, int] = {line.variant_id: line.quantity for line in (await carts.restore(member, variant)).lines}
    assert found == {variant: 2}
