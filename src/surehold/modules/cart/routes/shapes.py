"""What carts look like on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.money import Money
from surehold.modules.cart.model import (
    QUANTITY_CEILING,
    Base,
    Cart,
    CartLine,
    HoldOn,
    MergedLine,
    Outcome,
    SavedLine,
    Written,
    reservation_state,
)
from surehold.platform.http import In, Out

MAX_LINES_A_CALL = 5_000
MAX_OPERATIONS = 100
Quantity = Annotated[int, msgspec.Meta(ge=1, le=QUANTITY_CEILING, description="Units")]
_VARIANT = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"
_RESERVATION = {"state": "held", "held": 2, "reserved_until": "2026-11-21T12:30:00Z", "backordered": 0}


class LineIn(In, frozen=True, kw_only=True):
    """One thing to add."""

    variant_id: UUID
    quantity: Quantity = 1


class AddLinesIn(In, frozen=True, kw_only=True):
    """Either one thing (`variant_id`, `quantity`) or several (`lines`); the same variant twice is summed.

    `currency` is that of the cart which this makes (the shop's, if it is not given); a cart that is there keeps its own.
    """

    example: ClassVar[dict[str, Any] | None] = {"variant_id": _VARIANT, "quantity": 2}

    variant_id: UUID | None = None
    quantity: Quantity = 1
    lines: Annotated[list[LineIn], msgspec.Meta(min_length=1, max_length=MAX_LINES_A_CALL)] | None = None
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", description="ISO 4217")] | None = None

    def pairs(self) -> list[tuple[UUID, int]]:
        """What to add; InvalidInputError unless exactly one of the two forms was used."""
        if (self.variant_id is None) == (self.lines is None):
            raise InvalidInputError("Send either `variant_id` (and `quantity`) or `lines`.", field="lines")
        if self.lines is not None:
            return [(line.variant_id, line.quantity) for line in self.lines]
        assert self.variant_id is not None
        return [(self.variant_id, self.quantity)]


class SetQuantityIn(In, frozen=True, kw_only=True):
    """How many units the line shall have; 0 removes it."""

    example: ClassVar[dict[str, Any] | None] = {"quantity": 3}

    quantity: Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_CEILING)]


class OperationIn(In, frozen=True, kw_only=True):
    """Something an offline client did. `id` is the client's own and makes a replay harmless; nothing is added by adding 0."""

    id: UUID
    kind: Literal["add", "set", "remove"]
    variant_id: UUID
    quantity: Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_CEILING)] = 1


class SyncIn(In, frozen=True, kw_only=True):
    """Operations in the order in which they were made, and the cart version they were made on.

    `cart_id` says of which cart that version is: after signing in it may not be the one that is yours now.
    """

    example: ClassVar[dict[str, Any] | None] = {
        "cart_id": "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c11",
        "base_version": 4,
        "operations": [
            {"id": "0199f3a1-0000-7000-8000-000000000001", "kind": "add", "variant_id": _VARIANT, "quantity": 1}
        ],
    }

    base_version: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    operations: Annotated[list[OperationIn], msgspec.Meta(max_length=MAX_OPERATIONS)]
    cart_id: UUID | None = None

    def base(self) -> Base:
        """What the client knew of its cart."""
        return Base(version=self.base_version, cart_id=self.cart_id)

    def checked(self) -> list[OperationIn]:
        """The operations; InvalidInputError names one that adds nothing, and then none of them takes effect."""
        for number, operation in enumerate(self.operations):
            if operation.kind == "add" and operation.quantity == 0:
                raise InvalidInputError(
                    "An `add` adds one unit at least.",
                    field=f"operations[{number}].quantity",
                    operation_id=operation.id,
                )
        return self.operations


class ReservationOut(Out, frozen=True, kw_only=True):
    """What is promised of a line, and until when.

    `held`: all of it; `backordered`: the rest comes later; `expired`: not all of it is held any more, touch the line to take it
    again; `at_checkout`: this variant is held when the checkout starts.
    """

    state: Literal["held", "backordered", "expired", "at_checkout"]
    held: int
    reserved_until: datetime | None = None
    backordered: int = 0
    promised_on: date | None = None


class WrittenLineOut(Out, frozen=True, kw_only=True):
    """A line that was just written."""

    variant_id: UUID
    quantity: int
    unit_price: Money
    reservation: ReservationOut
    available: int | None = None


class CartChangeOut(Out, frozen=True, kw_only=True):
    """What a write changed. The whole cart is at `GET /v1/cart`; its ETag is this version's."""

    example: ClassVar[dict[str, Any] | None] = {
        "cart_id": "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c11",
        "version": 5,
        "lines": [
            {
                "variant_id": _VARIANT,
                "quantity": 2,
                "unit_price": {"amount": 1900, "currency": "USD"},
                "reservation": _RESERVATION,
                "available": 10,
            }
        ],
    }

    cart_id: UUID
    version: int
    lines: list[WrittenLineOut] = []


class PriceChangeOut(Out, frozen=True, kw_only=True):
    """The price moved since the line was last touched."""

    seen: Money
    now: Money


class CartLineOut(Out, frozen=True, kw_only=True):
    """A line of a cart."""

    variant_id: UUID
    quantity: int
    unit_price: Money
    line_total: Money
    reservation: ReservationOut
    sellable: bool
    product_id: UUID | None = None
    sku: str | None = None
    slug: str | None = None
    title: str | None = None
    variant_title: str | None = None
    picture: str | None = None
    available: int | None = None
    price_change: PriceChangeOut | None = None


class MergeOut(Out, frozen=True, kw_only=True):
    """A merge that can be undone until then."""

    merge_id: UUID
    undo_until: datetime
    changes: list[MergedLine]


class CartOut(Out, frozen=True, kw_only=True):
    """A cart."""

    example: ClassVar[dict[str, Any] | None] = {
        "id": "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c11",
        "version": 5,
        "currency": "USD",
        "updated_at": "2026-11-21T12:00:00Z",
        "item_count": 2,
        "subtotal": {"amount": 3800, "currency": "USD"},
        "lines": [
            {
                "variant_id": _VARIANT,
                "quantity": 2,
                "unit_price": {"amount": 1900, "currency": "USD"},
                "line_total": {"amount": 3800, "currency": "USD"},
                "reservation": _RESERVATION,
                "sellable": True,
                "title": "Harbour mug",
                "available": 10,
            }
        ],
        "saved": [],
        "shared": False,
    }

    id: UUID
    version: int
    currency: str
    updated_at: datetime
    item_count: int
    subtotal: Money
    lines: list[CartLineOut]
    saved: list[SavedLine]
    shared: bool
    merge: MergeOut | None = None
    confirmed: bool = True


class ShareOut(Out, frozen=True, kw_only=True):
    """A link that shows this cart's lines to whoever has it, and nothing else."""

    example: ClassVar[dict[str, Any] | None] = {"token": "pQ8…", "path": "/v1/shared-carts/pQ8…"}

    token: str
    path: str


class SharedCartOut(Out, frozen=True, kw_only=True):
    """What is in a cart that somebody shared."""

    example: ClassVar[dict[str, Any] | None] = {
        "currency": "USD",
        "subtotal": {"amount": 0, "currency": "USD"},
        "lines": [],
    }

    currency: str
    subtotal: Money
    lines: list[CartLineOut]


class SyncOut(Out, frozen=True, kw_only=True):
    """What became of each operation, in order."""

    example: ClassVar[dict[str, Any] | None] = {
        "cart_id": "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c11",
        "version": 6,
        "outcomes": [
            {
                "id": "0199f3a1-0000-7000-8000-000000000001",
                "status": "applied",
                "variant_id": _VARIANT,
                "quantity": 1,
                "version": 6,
            }
        ],
    }

    cart_id: UUID
    version: int
    outcomes: list[Outcome]


def change_out(written: Written) -> CartChangeOut:
    """A write's answer on the wire."""
    lines = [
        WrittenLineOut(
            variant_id=line.variant_id,
            quantity=line.quantity,
            unit_price=Money(line.unit_minor, written.currency),
            reservation=ReservationOut(
                state="backordered" if line.backordered else "held" if line.held else "at_checkout",
                held=line.held,
                reserved_until=line.reserved_until,
                backordered=line.backordered,
                promised_on=line.promised_on,
            ),
            available=None if line.available is None else max(line.available, 0),
        )
        for line in written.lines
    ]
    return CartChangeOut(cart_id=written.cart_id, version=written.version, lines=lines)


def line_out(line: CartLine, currency: str, default_hold_on: HoldOn) -> CartLineOut:
    """A line on the wire."""
    moved = line.unit_minor != line.seen_unit_minor
    return CartLineOut(
        variant_id=line.variant_id,
        product_id=line.product_id,
        sku=line.sku,
        slug=line.slug,
        title=line.title,
        variant_title=line.variant_title,
        picture=line.picture,
        quantity=line.quantity,
        unit_price=Money(line.unit_minor, currency),
        line_total=Money(line.unit_minor * line.quantity, currency),
        sellable=line.sellable,
        available=line.available,
        price_change=PriceChangeOut(seen=Money(line.seen_unit_minor, currency), now=Money(line.unit_minor, currency))
        if moved
        else None,
        reservation=ReservationOut(
            state=reservation_state(line, default_hold_on),  # pyright: ignore[reportArgumentType]  one of the four
            held=line.held,
            reserved_until=line.reserved_until if line.held else None,
            backordered=line.backordered,
            promised_on=line.promised_on,
        ),
    )


def cart_out(cart: Cart, default_hold_on: HoldOn, *, confirmed: bool) -> CartOut:
    """A cart on the wire; `confirmed` is false for an old copy shown while the database is away."""
    merge = cart.merge
    return CartOut(
        id=cart.cart_id,
        version=cart.version,
        currency=cart.currency,
        updated_at=cart.updated_at,
        item_count=sum(line.quantity for line in cart.lines),
        subtotal=Money(sum(line.unit_minor * line.quantity for line in cart.lines if line.sellable), cart.currency),
        lines=[line_out(line, cart.currency, default_hold_on) for line in cart.lines],
        saved=cart.saved,
        shared=cart.shared,
        merge=MergeOut(merge_id=merge.merge_id, undo_until=merge.undo_until, changes=merge.changes) if merge else None,
        confirmed=confirmed,
    )
