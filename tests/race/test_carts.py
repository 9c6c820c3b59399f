"""A cart is kept: through merges, replays, several devices and everything at once."""

import random
import uuid
from typing import Any
from uuid import UUID

import psycopg
import pytest

from surehold.modules.cart import Base, CartNotFoundError, CartService, VariantNotFoundError
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.race.conftest import make_carts
from tests.race.test_holds import assert_books_agree
from tests.support.goods import put_on_sale
from tests.support.people import account, all_at_once, guest, guest_with, stranger

pytestmark = [pytest.mark.race, pytest.mark.usefixtures("both_policies")]
Owner = psycopg.Connection[tuple[object, ...]]


def operation(kind: str, variant: UUID, quantity: int = 1) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "kind": kind, "variant_id": str(variant), "quantity": quantity}


async def quantities(carts: CartService, actor: Any) -> dict[UUID, int]:
    cart, _ = await carts.read(actor)
    return {line.variant_id: line.quantity for line in cart.lines}


async def test_a_merge_against_adds_loses_nothing(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    for _ in range(15):
        variants = put_on_sale(database_urls.owner, [500] * 4)
        visitor = await guest_with(carts, [(variant, 2) for variant in variants[:3]])
        member = account()
        assert visitor.guest_hash is not None
        adds = [carts.add(member, [(variant, 1)]) for variant in variants for _ in range(2)]
        merges = [carts.merge(member.account_id, visitor.guest_hash) for _ in range(3)]  # pyright: ignore[reportArgumentType]
        answers = await all_at_once([*adds[:4], *merges, *adds[4:]])
        assert [answer for answer in answers if isinstance(answer, BaseException)] == []
        assert sum(getattr(answer, "merged", False) for answer in answers) == 1
        final = await quantities(carts, member)
        assert all(2 <= final[variant] <= 4 for variant in variants)
        assert final[variants[3]] == 2
        with pytest.raises(CartNotFoundError):
            await carts.read(visitor)
    assert_books_agree(owner)


async def test_a_merge_against_adds_of_the_same_guest(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    """An add with the guest's token lands in the merged cart, or in a new guest cart: never nowhere."""
    for _ in range(15):
        first, second = put_on_sale(database_urls.owner, [500] * 2)
        visitor, member = await guest_with(carts, [(first, 1)]), account()
        assert visitor.guest_hash is not None
        assert member.account_id is not None
        added, merged = await all_at_once(
            [carts.add(visitor, [(second, 1)]), carts.merge(member.account_id, visitor.guest_hash)]
        )
        assert not isinstance(added, BaseException)
        assert not isinstance(merged, BaseException)
        of_member = await quantities(carts, member)
        assert of_member[first] == 1
        assert (second in of_member) != (added[1] is not None)
    assert_books_agree(owner)


async def test_what_a_merge_cannot_hold_is_kept_for_later_and_undone_on_request(
    database_urls: PostgresUrls, crowd: Database, owner: Owner
) -> None:
    carts = make_carts(crowd, merge_strategy="sum")
    scarce, plenty = put_on_sale(database_urls.owner, [5, 5000])
    member = account()
    assert member.account_id is not None
    await carts.add(member, [(scarce, 2), (plenty, 1)])
    visitor = await guest_with(carts, [(scarce, 3), (plenty, 998)])
    assert visitor.guest_hash is not None
    notice = await carts.merge(member.account_id, visitor.guest_hash)
    assert await quantities(carts, member) == {scarce: 5, plenty: 999}
    assert {change.variant_id: change.saved for change in notice.changes} == {scarce: 0, plenty: 0}
    assert notice.merge_id is not None
    await carts.undo_merge(member, notice.merge_id)
    assert await quantities(carts, member) == {scarce: 2, plenty: 1}
    cart, _ = await carts.read(member)
    assert {line.variant_id: (line.quantity, line.reason) for line in cart.saved} == {
        scarce: (3, "undone"),
        plenty: (998, "undone"),
    }
    assert_books_agree(owner)


async def test_a_merge_beyond_the_limits_keeps_the_rest(
    database_urls: PostgresUrls, crowd: Database, owner: Owner
) -> None:
    carts = make_carts(crowd, merge_strategy="sum")
    gone, much = put_on_sale(database_urls.owner, [1, 5000], hold_on="add")
    member = account()
    assert member.account_id is not None
    visitor = await guest_with(carts, [(gone, 1), (much, 900)])
    assert visitor.guest_hash is not None
    await carts.add(member, [(much, 500)])
    owner.execute("delete from inventory.holds where variant_id = %s", (gone,))
    owner.execute("update inventory.stock set reserved = 0, on_hand = 1 where variant_id = %s", (gone,))
    await guest_with(carts, [(gone, 1)])
    notice = await carts.merge(member.account_id, visitor.guest_hash)
    told = {change.variant_id: (change.quantity, change.saved, change.reason) for change in notice.changes}
    assert told == {gone: (0, 1, "stock"), much: (999, 401, "limit")}
    cart, _ = await carts.read(member)
    assert {line.variant_id: line.quantity for line in cart.saved} == {gone: 1, much: 401}
    assert_books_agree(owner)


def price_in(owner: Owner, variant: UUID, currency: str, unit_minor: int) -> None:
    """A price of its own in a currency, and none in dollars if that is not the one."""
    owner.execute("select pricing.import_prices(%s, %s, %s)", ([variant], [currency], [unit_minor]))


async def test_a_merge_across_currencies_prices_or_keeps_every_line(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    """What the account's currency has a price for is priced in it; the rest is saved for later, and can be bought in its own."""
    mine, both, theirs = put_on_sale(database_urls.owner, [50] * 3, hold_on="add")
    price_in(owner, both, "EUR", 900)
    price_in(owner, theirs, "EUR", 700)
    owner.execute("delete from pricing.prices where variant_id = %s and currency = 'USD'", (theirs,))
    member = account()
    assert member.account_id is not None
    await carts.add(member, [(mine, 1), (both, 1)])
    _, made = await carts.add(stranger(), [(both, 3), (theirs, 2)], "EUR")
    assert made is not None
    visitor = guest(made.token)
    assert visitor.guest_hash is not None
    notice = await carts.merge(member.account_id, visitor.guest_hash)
    told = {change.variant_id: (change.quantity, change.saved, change.reason) for change in notice.changes}
    assert told == {both: (3, 0, None), theirs: (0, 2, "stock")}
    cart, _ = await carts.read(member)
    assert cart.currency == "USD"
    assert {line.variant_id: (line.quantity, line.unit_minor, line.held) for line in cart.lines} == {
        mine: (1, 1000, 1),
        both: (3, 1000, 3),
    }
    assert {line.variant_id: line.quantity for line in cart.saved} == {theirs: 2}
    with pytest.raises(VariantNotFoundError):
        await carts.restore(member, theirs)
    assert {line.variant_id for line in (await carts.read(member))[0].saved} == {theirs}, "nothing is lost by trying"
    assert not (await carts.merge(member.account_id, visitor.guest_hash)).merged
    assert_books_agree(owner)


async def test_an_empty_account_cart_takes_the_guests_currency(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    mine, theirs = put_on_sale(database_urls.owner, [50] * 2, hold_on="add")
    price_in(owner, theirs, "EUR", 700)
    member = account()
    assert member.account_id is not None
    await carts.add(member, [(mine, 1)])
    await carts.remove(member, None)
    _, made = await carts.add(stranger(), [(theirs, 2)], "EUR")
    assert made is not None
    visitor = guest(made.token)
    assert visitor.guest_hash is not None
    await carts.merge(member.account_id, visitor.guest_hash)
    cart, _ = await carts.read(member)
    assert cart.currency == "EUR"
    assert [(line.variant_id, line.quantity, line.unit_minor, line.held) for line in cart.lines] == [
        (theirs, 2, 700, 2)
    ]
    assert cart.saved == []
    assert_books_agree(owner)


async def test_a_sync_replayed_many_times_counts_once(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    variants = put_on_sale(database_urls.owner, [500] * 3)
    actor = account()
    await carts.add(actor, [(variants[0], 1)])
    operations = [operation("add", variants[0], 2), operation("add", variants[1], 3), operation("add", variants[2], 9)]
    answers = await all_at_once(carts.sync(actor, Base(version=1), operations) for _ in range(12))
    assert [answer for answer in answers if isinstance(answer, BaseException)] == []
    assert await quantities(carts, actor) == {variants[0]: 3, variants[1]: 3, variants[2]: 9}
    assert_books_agree(owner)


async def test_a_sync_in_any_order_adds_up(carts: CartService, database_urls: PostgresUrls) -> None:
    variants = put_on_sale(database_urls.owner, [500] * 2)
    actor, rng = account(), random.Random(3)
    operations = [operation("add", rng.choice(variants), 1) for _ in range(20)]
    shuffled = rng.sample(operations, len(operations))
    await all_at_once(
        [carts.sync(actor, Base(version=0), shuffled[:12]), carts.sync(actor, Base(version=0), operations[5:])]
    )
    await carts.sync(actor, Base(version=0), shuffled)
    expected = {variant: sum(op["variant_id"] == str(variant) for op in operations) for variant in variants}
    assert await quantities(carts, actor) == expected


async def test_a_stale_base_is_told_and_overwrites_nobody(carts: CartService, database_urls: PostgresUrls) -> None:
    [variant] = put_on_sale(database_urls.owner, [500])
    actor = account()
    await carts.add(actor, [(variant, 2)])
    await carts.set_quantity(actor, variant, 7)
    synced, _ = await carts.sync(
        actor,
        Base(version=1),
        [operation("set", variant, 3), operation("remove", variant), operation("add", variant, 1)],
    )
    assert [outcome.status for outcome in synced.outcomes] == ["conflict", "conflict", "applied"]
    assert synced.outcomes[0].quantity == 7
    assert await quantities(carts, actor) == {variant: 8}


async def test_an_own_chain_of_operations_is_no_conflict(carts: CartService, database_urls: PostgresUrls) -> None:
    [variant] = put_on_sale(database_urls.owner, [500])
    actor = account()
    first = [operation("add", variant, 1), operation("set", variant, 4)]
    await carts.sync(actor, Base(version=0), first)
    synced, _ = await carts.sync(actor, Base(version=0), [*first, operation("set", variant, 6)])
    assert [(outcome.status, outcome.replayed) for outcome in synced.outcomes] == [
        ("applied", True),
        ("applied", True),
        ("applied", False),
    ]
    assert await quantities(carts, actor) == {variant: 6}


async def test_a_refused_operation_does_not_stop_the_others(carts: CartService, database_urls: PostgresUrls) -> None:
    scarce, plenty = put_on_sale(database_urls.owner, [1, 500])
    actor = account()
    synced, _ = await carts.sync(actor, Base(version=0), [operation("add", scarce, 2), operation("add", plenty, 2)])
    assert [(outcome.status, outcome.code) for outcome in synced.outcomes] == [
        ("refused", "INSUFFICIENT_INVENTORY"),
        ("applied", None),
    ]
    assert await quantities(carts, actor) == {plenty: 2}


async def test_buying_removes_exactly_what_was_bought(
    carts: CartService, crowd: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    first, second, third = put_on_sale(database_urls.owner, [500] * 3)
    actor = account()
    await carts.add(actor, [(first, 2), (second, 1)])
    cart, _ = await carts.read(actor)
    order = uuid.uuid4()
    await crowd.fetch_one(
        "select inventory.claim_holds(%s, %s, '{}', %s, %s)", (cart.cart_id, order, [first, second], [2, 1])
    )
    buying = crowd.fetch_one("select cart.remove_bought(%s, %s, %s)", (cart.cart_id, [first, second], [2, 1]))
    answers = await all_at_once([buying, carts.add(actor, [(first, 3)]), carts.add(actor, [(third, 1)])])
    assert [answer for answer in answers if isinstance(answer, BaseException)] == []
    assert await quantities(carts, actor) == {first: 3, third: 1}
    assert_books_agree(owner)


async def test_two_guests_with_one_token_get_one_cart(carts: CartService, database_urls: PostgresUrls) -> None:
    [variant] = put_on_sale(database_urls.owner, [500])
    visitor = await guest_with(carts, [(variant, 1)])
    await all_at_once(carts.add(visitor, [(variant, 1)]) for _ in range(10))
    assert await quantities(carts, visitor) == {variant: 11}


async def test_one_account_gets_one_cart_from_many_devices(carts: CartService, database_urls: PostgresUrls) -> None:
    [variant] = put_on_sale(database_urls.owner, [500])
    actor = account()
    answers = await all_at_once(carts.add(actor, [(variant, 1)]) for _ in range(20))
    assert len({answer[0].cart_id for answer in answers if not isinstance(answer, BaseException)}) == 1
    assert await quantities(carts, actor) == {variant: 20}
