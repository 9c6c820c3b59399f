"""Whoever looks at a variant learns at once what a checkout, an order or a cancel left of it."""

from uuid import UUID

import pytest

from surehold.modules.checkout import PaymentDeclinedError
from tests.support.shop import Shop


def _told(shop: Shop, variant: UUID) -> list[int]:
    """What hints said is left of a variant, in the order of its stock's versions; each has its invalidation."""
    hints = [hint for hint in shop.ears.hints if hint.topic == f"variant:{variant}" and hint.kind == "stock"]
    assert [hint.version for hint in hints] == sorted(hint.version or 0 for hint in hints)
    assert shop.ears.tags.count(f"variant:{variant}") >= len(hints)
    return [(hint.data or {})["available"] for hint in hints]


def _forget(shop: Shop) -> None:
    shop.ears.hints.clear()
    shop.ears.tags.clear()


async def test_opening_a_checkout_tells_what_it_holds(shop: Shop) -> None:
    held, unheld = (await shop.variants(1, 5))[0], (await shop.variants(1, 5, hold_on="checkout"))[0]
    actor = await shop.guest_with([(held, 1), (unheld, 2)])
    _forget(shop)
    await shop.checked_out(actor)
    assert _told(shop, unheld) == [3]
    assert _told(shop, held) == []  # it was held already, and nothing of it changed


async def test_a_refused_opening_tells_nothing(shop: Shop) -> None:
    one, two = await shop.variants(2, 5, hold_on="checkout")
    actor = await shop.guest_with([(one, 1), (two, 5)])
    await shop.checked_out(await shop.guest_with([(two, 1)]))
    _forget(shop)
    with pytest.raises(Exception, match="left"):
        await shop.checked_out(actor)
    assert (_told(shop, one), _told(shop, two)) == ([], [])


async def test_an_expired_hold_that_a_placing_takes_again_is_told(shop: Shop) -> None:
    [one] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(one, 2)])
    await shop.db.execute(
        "update inventory.holders set (held_until, sweep_at) = (clock_timestamp() - interval '1 s', '-infinity')"
    )
    await shop.db.fetch_all("select * from inventory.sweep_holds(100)")
    _forget(shop)
    await shop.place.place(actor, checkout_id, None)
    assert set(_told(shop, one)) == {3}


@pytest.mark.parametrize("method", ["pay_on_delivery", "scripted"])
async def test_placing_and_cancelling_tell_what_is_left(shop: Shop, method: str) -> None:
    [one] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(one, 2)], method)
    _forget(shop)
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert set(_told(shop, one)) == {3}
    _forget(shop)
    await shop.cancel.cancel(work.order.order_id, reason="changed_mind", actor="account:1")
    assert set(_told(shop, one)) == {5}


async def test_giving_up_tells_of_lines_added_meanwhile_too(shop: Shop) -> None:
    one, two = await shop.variants(2, 5, hold_on="checkout")
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("capture", "lost_before", "declined")
    await shop.place.place(actor, checkout_id, None)
    await shop.add(actor, [(two, 1)])
    _forget(shop)
    await shop.age_calls()
    await shop.place.recover()
    assert (_told(shop, one)[0], _told(shop, two)[0]) == (3, 4)


async def test_a_declined_authorization_tells_what_is_left(shop: Shop) -> None:
    [one] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(one, 2)], "scripted")
    shop.scripted.script("authorize", "declined")
    _forget(shop)
    with pytest.raises(PaymentDeclinedError):
        await shop.place.place(actor, checkout_id, None)
    assert set(_told(shop, one)) == {3}
