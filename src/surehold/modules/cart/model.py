"""Carts as they are read and changed: pure shapes and rules."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from surehold.kernel.errors import InvalidInputError

HoldOn = Literal["add", "checkout"]
MergeStrategy = Literal["higher", "sum"]
QUANTITY_CEILING = 1_000_000
MIN_HOLD_S, MAX_HOLD_S = 15 * 60, 30 * 60
MAX_RENEWED_S = 7 * 24 * 60 * 60
MAX_UNDO_S = 30 * 24 * 60 * 60
MAX_GUEST_DAYS = 366


class CartSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Named limits of carts and their holds, in the cart and from there through the checkout.

    `hold_s`: how long a hold lasts after the last write to the cart, 15 to 30 minutes.
    `max_hold_s`: a hold is not renewed beyond this age.
    `max_network_units_per_variant`: units of one variant that guests of one network may hold together.
    `read_deadline_s`: a slower database counts as away, and the last copy is shown.
    """

    hold_s: Annotated[int, msgspec.Meta(ge=MIN_HOLD_S, le=MAX_HOLD_S)] = MAX_HOLD_S
    max_hold_s: Annotated[int, msgspec.Meta(ge=MIN_HOLD_S, le=MAX_RENEWED_S)] = 4 * 60 * 60
    max_network_units_per_variant: Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_CEILING)] = 200
    hold_on: HoldOn = "add"
    merge_strategy: MergeStrategy = "higher"
    merge_undo_s: Annotated[int, msgspec.Meta(ge=0, le=MAX_UNDO_S)] = 24 * 60 * 60
    guest_days: Annotated[int, msgspec.Meta(ge=1, le=MAX_GUEST_DAYS)] = 30
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "USD"
    read_deadline_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 2.0

    def __post_init__(self) -> None:
        """Refuse settings that would break a promise."""
        if self.hold_s > self.max_hold_s:
            raise InvalidInputError(f"MAX_HOLD_S={self.max_hold_s} must not be less than HOLD_S={self.hold_s}")

    def for_sql(self) -> dict[str, object]:
        """The members that SQL functions read."""
        return {
            "hold_s": self.hold_s,
            "hold_on": self.hold_on,
            "caps": {
                "max_hold_s": self.max_hold_s,
                "max_network_units_per_variant": self.max_network_units_per_variant,
            },
        }


class StockNow(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a variant after a write, for whoever looks at it; `stock_version` orders such news."""

    variant_id: UUID
    available: int
    stock_version: int


class WrittenLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line right after it was written."""

    variant_id: UUID
    quantity: int
    unit_minor: int
    held: int
    backordered: int
    promised_on: date | None = None
    reserved_until: datetime | None = None
    available: int | None = None
    stock_version: int | None = None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What a write answers. `created`: the cart is new, and a guest needs its token. `stock`: of what was given back."""

    cart_id: UUID
    version: int
    created: bool = False
    currency: str = ""
    lines: list[WrittenLine] = []
    stock: list[StockNow] = []


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as it is read. `unit_minor` is today's price, `seen_unit_minor` the one when it was last touched."""

    variant_id: UUID
    quantity: int
    unit_minor: int
    seen_unit_minor: int
    sellable: bool
    product_id: UUID | None = None
    sku: str | None = None
    slug: str | None = None
    title: str | None = None
    variant_title: str | None = None
    picture: str | None = None
    held: int = 0
    reserved_until: datetime | None = None
    backordered: int = 0
    promised_on: date | None = None
    available: int | None = None
    hold_on: HoldOn | None = None
    tax_category: str = "standard"
    weight_grams: int = 0


class SavedLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something kept for later, and why it is not in the cart."""

    variant_id: UUID
    quantity: int
    reason: str
    sku: str | None = None
    slug: str | None = None
    title: str | None = None
    variant_title: str | None = None
    picture: str | None = None


class MergedLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a merge did with one line of the guest's cart."""

    variant_id: UUID
    account_quantity: int
    guest_quantity: int
    quantity: int
    saved: int
    reason: str | None = None


class MergeNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A merge, told to the person it happened to; `stock` is for those who look at the variants."""

    merged: bool
    merge_id: UUID | None = None
    cart_id: UUID | None = None
    version: int | None = None
    undo_until: datetime | None = None
    changes: list[MergedLine] = []
    stock: list[StockNow] = []


class OpenMerge(msgspec.Struct, frozen=True, kw_only=True):
    """A merge that can still be undone."""

    merge_id: UUID
    undo_until: datetime
    changes: list[MergedLine]


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    """A cart with everything a device shows of it."""

    cart_id: UUID
    version: int
    currency: str
    updated_at: datetime
    shared: bool
    lines: list[CartLine]
    saved: list[SavedLine]
    merge: OpenMerge | None = None


class SharedCart(msgspec.Struct, frozen=True, kw_only=True):
    """What a share link shows."""

    currency: str
    lines: list[CartLine]


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """What an offline client knew: a version, and of which cart (None: of the one that is its own now)."""

    version: int
    cart_id: UUID | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one operation of an offline client. `version`: the one it made, in the cart as it is called now."""

    id: UUID
    status: Literal["applied", "conflict", "refused"]
    variant_id: UUID
    quantity: int | None = None
    version: int | None = None
    code: str | None = None
    facts: dict[str, Any] | None = None
    replayed: bool = False


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """What a sync answers."""

    cart_id: UUID
    version: int
    created: bool
    outcomes: list[Outcome]
    stock: list[StockNow] = []


def reservation_state(line: CartLine, default_hold_on: HoldOn) -> str:
    """How much of a line is promised: `held`, `backordered` (held but for what is promised later), `expired`, or `at_checkout`."""
    if (line.hold_on or default_hold_on) == "checkout":
        return "at_checkout"
    if line.held + line.backordered < line.quantity:
        return "expired"
    return "backordered" if line.backordered else "held"
