"""People who use carts in tests."""

import asyncio
import uuid
from collections.abc import Awaitable, Iterable
from typing import Any, TypeVar
from uuid import UUID

from surehold.modules.cart import CartService
from surehold.platform.http import Actor, ActorKind, guest_token_hash

T = TypeVar("T")


def stranger(network: str = "") -> Actor:
    """A guest without a token yet."""
    return Actor(kind=ActorKind.ANONYMOUS, network=network)


def account(account_id: UUID | None = None) -> Actor:
    """Somebody who is signed in."""
    return Actor(kind=ActorKind.ACCOUNT, account_id=account_id or uuid.uuid4())


def guest(token: str) -> Actor:
    """A guest with a token."""
    return Actor(kind=ActorKind.GUEST, guest_hash=guest_token_hash(token))


async def guest_with(carts: CartService, lines: Iterable[tuple[UUID, int]]) -> Actor:
    """A guest with these lines in the cart."""
    _, made = await carts.add(stranger(), list(lines))
    assert made is not None
    return guest(made.token)


async def all_at_once(actions: Iterable[Awaitable[T]]) -> list[T | BaseException]:
    """Start everything together; out come answers and errors in order."""
    results: list[Any] = await asyncio.gather(*actions, return_exceptions=True)
    return results
