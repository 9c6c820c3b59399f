"""Offline clients: nothing counts twice, and nobody's later change is overwritten, whatever happened to the line meanwhile."""

from uuid import UUID

import httpx

from surehold.modules.cart import Base, CartService, Outcome
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Actor
from tests.cart.conftest import Owner, operation, quantities
from tests.support.goods import put_on_sale
from tests.support.people import account, guest_with
from tests.support.shop import Shop


async def version_of(carts: CartService, actor: Actor) -> Base:
    cart, _ = await carts.read(actor)
    return Base(version=cart.version, cart_id=cart.cart_id)


async def told(carts: CartService, actor: Actor, base: Base, *operations: dict[str, object]) -> list[Outcome]:
    synced, _ = await carts.sync(actor, base, operations)
    return synced.outcomes


async def merged(carts: CartService, visitor: Actor) -> Actor:
    """The account that a guest signs in to."""
    member = account()
    assert member.account_id is not None
    assert visitor.guest_hash is not None
    await carts.merge(member.account_id, visitor.guest_hash)
    return member


async def test_what_was_sent_before_signing_in_counts_once(carts: CartService, database_urls: PostgresUrls) -> None:
    """The answer was lost, the guest signed in, the client sends the same again."""
    (variant,) = put_on_sale(database_urls.owner, [50])
    visitor = await guest_with(carts, [(variant, 1)])
    base, sent = await version_of(carts, visitor), operation("add", variant, 2)
    [first] = await told(carts, visitor, base, sent)
    member = await merged(carts, visitor)
    [again] = await told(carts, member, base, sent)
    assert await quantities(carts, member) == {variant: 3}
    assert (again.status, again.quantity, again.replayed) == (first.status, first.quantity, True)
    assert again.version is None, "the guest cart's versions say nothing of this one"


async def test_an_operation_from_before_signing_in_overwrites_nothing_of_the_account(
    carts: CartService, database_urls: PostgresUrls
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [50])
    member = account()
    assert member.account_id is not None
    await carts.add(member, [(variant, 9)])
    visitor = await guest_with(carts, [(variant, 1)])
    for quantity in (2, 1, 2):
        await carts.set_quantity(visitor, variant, quantity)
    base = await version_of(carts, visitor)
    assert visitor.guest_hash is not None
    await carts.merge(member.account_id, visitor.guest_hash)
    [outcome] = await told(carts, member, base, operation("set", variant, 1))
    assert (outcome.status, outcome.quantity) == ("conflict", 9)
    assert await quantities(carts, member) == {variant: 9}


async def test_what_a_guest_removed_stays_removed_after_signing_in(
    carts: CartService, database_urls: PostgresUrls
) -> None:
    gone, kept = put_on_sale(database_urls.owner, [50] * 2)
    visitor = await guest_with(carts, [(gone, 2), (kept, 1)])
    base = await version_of(carts, visitor)
    await carts.remove(visitor, [gone])
    member = await merged(carts, visitor)
    [outcome] = await told(carts, member, base, operation("set", gone, 2))
    assert (outcome.status, outcome.quantity) == ("conflict", 0)
    assert await quantities(carts, member) == {kept: 1}


async def test_a_line_that_another_device_removed_is_not_made_again(
    carts: CartService, database_urls: PostgresUrls
) -> None:
    first, second, third = put_on_sale(database_urls.owner, [50] * 3)
    actor = account()
    await carts.add(actor, [(first, 3), (second, 3), (third, 3)])
    base = await version_of(carts, actor)
    await carts.remove(actor, [first])
    await carts.save_for_later(actor, second)
    await carts.remove(actor, None)
    stale = [operation("set", variant, 2) for variant in (first, second, third)]
    assert [(o.status, o.quantity) for o in await told(carts, actor, base, *stale)] == [("conflict", 0)] * 3
    assert await quantities(carts, actor) == {}
    now = await version_of(carts, actor)
    assert [o.status for o in await told(carts, actor, now, operation("set", first, 2))] == ["applied"]
    assert [o.status for o in await told(carts, actor, base, operation("add", second, 2))] == ["applied"]
    assert await quantities(carts, actor) == {first: 2, second: 2}


async def test_what_was_bought_is_not_put_back(shop: Shop) -> None:
    """All of one line was bought, and some of another that grew while its order was paid."""
    whole, part = await shop.variants(2, 50)
    actor, checkout_id = await shop.ready([(whole, 3), (part, 3)], "scripted")
    shop.scripted.script("authorize", "lost_after")
    await shop.place.place(actor, checkout_id, None)
    await shop.add(actor, [(part, 1)])
    base = await version_of(shop.carts, actor)
    await shop.age_calls()
    await shop.place.recover()
    assert await quantities(shop.carts, actor) == {part: 1}
    stale = [operation("set", whole, 3), operation("set", part, 4)]
    outcomes = await told(shop.carts, actor, base, *stale)
    assert [(o.status, o.quantity) for o in outcomes] == [("conflict", 0), ("conflict", 1)]
    assert await quantities(shop.carts, actor) == {part: 1}


async def test_an_undone_merge_is_a_change_of_its_lines(carts: CartService, database_urls: PostgresUrls) -> None:
    (variant,) = put_on_sale(database_urls.owner, [50])
    visitor = await guest_with(carts, [(variant, 2)])
    member = await merged(carts, visitor)
    cart, _ = await carts.read(member)
    assert cart.merge is not None
    base = await version_of(carts, member)
    await carts.undo_merge(member, cart.merge.merge_id)
    [outcome] = await told(carts, member, base, operation("set", variant, 2))
    assert (outcome.status, outcome.quantity) == ("conflict", 0)


async def test_own_removals_are_no_conflict(carts: CartService, database_urls: PostgresUrls) -> None:
    (variant,) = put_on_sale(database_urls.owner, [50])
    actor = account()
    await carts.add(actor, [(variant, 1)])
    base = await version_of(carts, actor)
    chain = [operation("remove", variant), operation("set", variant, 4), operation("set", variant, 0)]
    outcomes = await told(carts, actor, base, *chain, operation("set", variant, 5))
    assert [o.status for o in outcomes] == ["applied"] * 4
    assert await quantities(carts, actor) == {variant: 5}


async def test_removing_what_is_gone_makes_nobodys_change_ones_own(
    carts: CartService, database_urls: PostgresUrls
) -> None:
    gone, line = put_on_sale(database_urls.owner, [50] * 2)
    actor = account()
    await carts.add(actor, [(gone, 1), (line, 1)])
    base = await version_of(carts, actor)
    await carts.remove(actor, [gone])
    await carts.set_quantity(actor, line, 7)
    outcomes = await told(carts, actor, base, operation("remove", gone), operation("set", line, 2))
    assert [(o.status, o.quantity, o.version) for o in outcomes] == [("applied", 0, None), ("conflict", 7, None)]
    assert await quantities(carts, actor) == {line: 7}


async def test_adding_nothing_is_refused_by_name_and_nothing_is_lost(
    client: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    one, two = put_on_sale(database_urls.owner, [50] * 2)
    good, bad = operation("add", one, 2), operation("add", two, 0)
    body = {"base_version": 0, "operations": [good, bad]}
    refused = await client.post("/v1/cart/sync", json=body)
    assert refused.status_code == 422, refused.text
    assert (refused.json()["code"], refused.json()["operation_id"]) == ("INVALID_INPUT", bad["id"])
    assert (await client.get("/v1/cart")).status_code == 404
    body["operations"] = [good, {**bad, "kind": "set"}]
    mended = await client.post("/v1/cart/sync", json=body)
    assert [outcome["status"] for outcome in mended.json()["outcomes"]] == ["applied", "applied"]
    assert [line["quantity"] for line in (await client.get("/v1/cart")).json()["lines"]] == [2]
    client.cookies.clear()


async def test_what_a_client_is_owed_is_forgotten_after_a_month(
    carts: CartService, db: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [50])
    actor = account()
    sent = operation("add", variant)
    await told(carts, actor, Base(version=0), sent)
    await carts.remove(actor, [variant])
    cart_id = (await version_of(carts, actor)).cart_id
    assert await carts.purge_operations(100) == 0
    for table in ("operations", "removed_lines"):
        owner.execute(f"update cart.{table} set at = at - interval '31 days' where cart_id = %s", (cart_id,))  # pyright: ignore[reportArgumentType]
    assert await carts.purge_operations(100) == 2
    [outcome] = await told(carts, actor, Base(version=1), {**sent, "kind": "set"})
    assert (outcome.status, outcome.replayed) == ("applied", False)
    assert await rows_of(db, cart_id) == (1, 0)


async def rows_of(db: Database, cart_id: UUID | None) -> tuple[int, int]:
    """How many answers and removals are kept for a cart."""
    row = await db.fetch_one(
        "select (select count(*) from cart.operations where cart_id = %s), (select count(*) from cart.removed_lines"
        " where cart_id = %s)",
        (cart_id, cart_id),
    )
    assert row is not None
    return row[0], row[1]
