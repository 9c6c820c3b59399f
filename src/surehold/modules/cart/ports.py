"""What carts need from others: a copy for bad days, and something else to offer."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

import msgspec


class CartCopy(msgspec.Struct, frozen=True, kw_only=True):
    """The last copy of a cart: its body at `version`, and the newest version that was acknowledged."""

    body: bytes
    version: int
    latest_version: int


class CartCopies(Protocol):
    """Versioned copies of carts outside of PostgreSQL, shown only while it is away. An older one never replaces a newer."""

    def remember(self, owner: str, version: int, body: bytes | None) -> None:
        """Keep the body of a version, or only that the version exists (None). Returns at once; best effort."""
        ...

    async def recall(self, owner: str) -> CartCopy | None:
        """The last copy of an owner's cart, or None."""
        ...


FindAlternatives = Callable[[UUID, str], Awaitable[list[dict[str, Any]]]]
"""What to offer instead of a variant, in a currency: up to four cards of things that are there."""
