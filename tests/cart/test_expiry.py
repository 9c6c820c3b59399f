"""Guest carts end when nobody touched them for a month, with everything they kept; those of accounts are kept."""

import pytest

from surehold.modules.cart import Base, CartNotFoundError, CartService
from surehold.modules.cart.jobs import jobs
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.cart.conftest import Owner, operation, quantities
from tests.race.test_holds import assert_books_agree
from tests.support.goods import put_on_sale
from tests.support.people import account, guest_with

KEPT = ("lines", "saved_lines", "operations", "removed_lines")


async def run(carts: CartService, name: str) -> int:
    [job] = [job for job in jobs(carts) if job.name == name]
    return await job.run()


async def test_an_old_guest_cart_ends_with_all_it_kept(
    carts: CartService, db: Database, database_urls: PostgresUrls, owner: Owner
) -> None:
    first, second, third = put_on_sale(database_urls.owner, [5] * 3, hold_on="add")
    old = await guest_with(carts, [(first, 5), (second, 1), (third, 1)])
    await carts.save_for_later(old, second)
    await carts.remove(old, [third])
    await carts.sync(old, Base(version=0), [operation("add", second)])
    await carts.share(old)
    young, member = await guest_with(carts, [(second, 1)]), account()
    await carts.add(member, [(second, 1)])
    cart_id = (await carts.read(old))[0].cart_id
    mine = (await carts.read(member))[0].cart_id
    owner.execute(
        "update cart.carts set updated_at = clock_timestamp() - interval '30 days 1 minute' where id = any (%s)",
        ([cart_id, mine],),
    )
    assert await run(carts, "cart.expire_guests") == 1
    assert await run(carts, "cart.expire_guests") == 0
    with pytest.raises(CartNotFoundError):
        await carts.read(old)
    assert await quantities(carts, young) == {second: 1}
    assert await quantities(carts, member) == {second: 1}
    for table in KEPT:
        row = owner.execute(f"select count(*) from cart.{table} where cart_id = %s", (cart_id,)).fetchone()  # pyright: ignore[reportArgumentType]
        assert row == (0,), table
    row = owner.execute("select state, guest_hash, share_hash from cart.carts where id = %s", (cart_id,)).fetchone()
    assert row == ("expired", None, None)
    assert_books_agree(owner)
    await carts.add(account(), [(first, 5)])
    events = await db.fetch_all("select name from platform.events where aggregate_id = %s order by seq", (cart_id,))
    assert events[-1] == ("cart.cart_expired.v1",)


async def test_a_guest_cart_that_is_touched_in_time_is_kept(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [5])
    visitor = await guest_with(carts, [(variant, 1)])
    cart_id = (await carts.read(visitor))[0].cart_id
    owner.execute(
        "update cart.carts set updated_at = clock_timestamp() - interval '30 days 1 minute' where id = %s", (cart_id,)
    )
    await carts.set_quantity(visitor, variant, 2)
    assert await run(carts, "cart.expire_guests") == 0
    assert await quantities(carts, visitor) == {variant: 2}


async def test_answers_to_replays_are_purged_by_age_in_batches(
    carts: CartService, database_urls: PostgresUrls, owner: Owner
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [50])
    actor = account()
    sent = [operation("add", variant) for _ in range(3)]
    await carts.sync(actor, Base(version=0), sent)
    await run(carts, "cart.purge_operations")
    synced, _ = await carts.sync(actor, Base(version=0), sent)
    assert all(outcome.replayed for outcome in synced.outcomes)
    owner.execute(
        "update cart.operations set at = clock_timestamp() - interval '31 days' where operation_id = any (%s)",
        ([operation["id"] for operation in sent[:2]],),
    )
    assert [await carts.purge_operations(1) for _ in range(3)] == [1, 1, 0]
    synced, _ = await carts.sync(actor, Base(version=0), sent[2:])
    assert [outcome.replayed for outcome in synced.outcomes] == [True]
