"""Facts about carts. The sequence of each is the cart's version."""

from typing import ClassVar
from uuid import UUID

import msgspec

from surehold.kernel.events import Event


class LineFact(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is now."""

    variant_id: UUID
    quantity: int


class LinesChanged(Event, frozen=True, kw_only=True):
    """Lines were set to these quantities, or removed."""

    wire_name: ClassVar[str] = "cart.lines_changed.v1"

    cart_id: UUID
    account_id: UUID | None = None
    lines: list[LineFact] = []
    removed: list[UUID] = []


class LineChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a merge did with one line of the guest's cart."""

    variant_id: UUID
    account_quantity: int
    guest_quantity: int
    quantity: int
    saved: int
    reason: str | None = None


class CartMerged(Event, frozen=True, kw_only=True):
    """A guest cart went into an account's cart."""

    wire_name: ClassVar[str] = "cart.cart_merged.v1"

    cart_id: UUID
    account_id: UUID
    guest_cart_id: UUID
    changes: list[LineChange] = []


class CartExpired(Event, frozen=True, kw_only=True):
    """A guest cart ended because nobody touched it for a long time."""

    wire_name: ClassVar[str] = "cart.cart_expired.v1"

    cart_id: UUID
