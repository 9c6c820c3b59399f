"""Scopes beside the routes: a narrowed key follows on streams what it may read, and nothing more."""

import uuid
from typing import Any
from uuid import UUID

import pytest

from surehold.app.routing import handlers_of
from surehold.app.topics import Topics
from surehold.platform.http import Actor, ActorKind, Role, scopes_of


class EverybodysOrders:
    """Orders that whoever gets this far may follow."""

    async def may_read(self, actor: Actor, order_id: UUID, token: str | None = None) -> bool:
        return True


class Carts:
    """Carts of machines, of which there are none."""

    async def active_cart_of(self, actor: Actor) -> UUID | None:
        raise AssertionError("a key without the scope got this far")


def machine(*scopes: str, narrowed: bool = True) -> Actor:
    allowed = frozenset(scopes) if narrowed else None
    return Actor(kind=ActorKind.MACHINE, api_key_id=uuid.uuid4(), roles=frozenset({Role.SUPPORT}), scopes=allowed)


@pytest.mark.parametrize(
    ("actor", "follows"),
    [
        (machine("inventory:read"), False),
        (machine("orders:write"), False),
        (machine("orders:read"), True),
        (machine(narrowed=False), True),
    ],
)
async def test_an_order_is_followed_by_who_may_read_orders(actor: Actor, follows: bool) -> None:
    carts: Any = Carts()
    orders: Any = EverybodysOrders()
    topics, topic = Topics(carts, orders), f"order:{uuid.uuid4()}"
    assert await topics.resolve(actor, topic, {}) == (topic if follows else None)


async def test_a_cart_is_not_followed_without_its_scope_and_a_variant_is_everybodys() -> None:
    carts: Any = Carts()
    orders: Any = EverybodysOrders()
    topics, variant = Topics(carts, orders), f"variant:{uuid.uuid4()}"
    assert await topics.resolve(machine("orders:read"), "cart:me", {}) is None
    assert await topics.resolve(machine("orders:read"), variant, {}) == variant


def test_scopes_are_the_tags_of_what_is_not_everybodys() -> None:
    scopes = scopes_of(handlers_of(()))
    assert {"orders:read", "orders:write", "inventory:write", "audit:read"} <= scopes
    assert "audit:write" not in scopes  # nothing writes it over HTTP
