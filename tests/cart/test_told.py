"""Everybody who looks at a variant or a cart learns of every change at once: a hint to devices, cached pages dropped."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from surehold.modules.cart import Base, CartService
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Actor
from tests.cart.conftest import operation
from tests.support.goods import put_on_sale
from tests.support.people import account, guest_with
from tests.support.shop import Ears

STOCK = 10
Change = Callable[[CartService, Actor, UUID], Awaitable[object]]


async def save_and_restore(carts: CartService, actor: Actor, variant: UUID) -> None:
    await carts.save_for_later(actor, variant)
    await carts.restore(actor, variant)


CHANGES: dict[str, tuple[Change, int]] = {
    "add": (lambda carts, actor, variant: carts.add(actor, [(variant, 1)]), STOCK - 4),
    "set": (lambda carts, actor, variant: carts.set_quantity(actor, variant, 1), STOCK - 1),
    "set to nothing": (lambda carts, actor, variant: carts.set_quantity(actor, variant, 0), STOCK),
    "remove": (lambda carts, actor, variant: carts.remove(actor, [variant]), STOCK),
    "clear": (lambda carts, actor, _: carts.remove(actor, None), STOCK),
    "save": (lambda carts, actor, variant: carts.save_for_later(actor, variant), STOCK),
    "restore": (save_and_restore, STOCK - 3),
    "sync": (
        lambda carts, actor, variant: carts.sync(actor, Base(version=1), [operation("set", variant, 2)]),
        STOCK - 2,
    ),
    "sync of a removal": (
        lambda carts, actor, variant: carts.sync(actor, Base(version=1), [operation("remove", variant)]),
        STOCK,
    ),
}


def heard(ears: Ears, variant: UUID) -> object:
    """How many units whoever looks at the variant sees after the newest hint, and whether cached pages of it were dropped."""
    hints = [hint for hint in ears.hints if hint.topic == f"variant:{variant}"]
    assert f"variant:{variant}" in ears.tags, "pages show it as it was"
    newest = max(hints, key=lambda hint: hint.version)
    return newest.data["available"] if newest.data else None


@pytest.mark.parametrize("name", CHANGES)
async def test_a_change_is_told(carts: CartService, ears: Ears, database_urls: PostgresUrls, name: str) -> None:
    change, available = CHANGES[name]
    (variant,) = put_on_sale(database_urls.owner, [STOCK], hold_on="add")
    actor = account()
    written, _ = await carts.add(actor, [(variant, 3)])
    ears.hints.clear()
    ears.tags.clear()
    await change(carts, actor, variant)
    cart, _ = await carts.read(actor)
    assert (f"cart:{written.cart_id}", cart.version) in {(hint.topic, hint.version) for hint in ears.hints}
    assert heard(ears, variant) == available


async def test_a_merge_and_its_undo_are_told(carts: CartService, ears: Ears, database_urls: PostgresUrls) -> None:
    scarce, other = put_on_sale(database_urls.owner, [STOCK] * 2, hold_on="add")
    member = account()
    assert member.account_id is not None
    written, _ = await carts.add(member, [(scarce, 3)])
    visitor = await guest_with(carts, [(scarce, 5), (other, 2)])
    assert visitor.guest_hash is not None
    ears.hints.clear()
    notice = await carts.merge(member.account_id, visitor.guest_hash)
    assert notice.merge_id is not None
    assert (heard(ears, scarce), heard(ears, other)) == (STOCK - 5, STOCK - 2)
    ears.hints.clear()
    ears.tags.clear()
    await carts.undo_merge(member, notice.merge_id)
    assert (heard(ears, scarce), heard(ears, other)) == (STOCK - 3, STOCK)
    cart, _ = await carts.read(member)
    assert (f"cart:{written.cart_id}", cart.version) in {(hint.topic, hint.version) for hint in ears.hints}


async def test_forgetting_something_is_told_to_ones_other_devices(
    carts: CartService, ears: Ears, database_urls: PostgresUrls
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [STOCK])
    actor = account()
    await carts.add(actor, [(variant, 1)])
    written = await carts.save_for_later(actor, variant)
    ears.hints.clear()
    await carts.forget_saved(actor, variant)
    assert [(hint.topic, hint.version) for hint in ears.hints] == [(f"cart:{written.cart_id}", written.version + 1)]
    await carts.forget_saved(actor, variant)
    assert len(ears.hints) == 1, "nothing changed"
