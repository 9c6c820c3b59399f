"""Facts about orders. Each carries the order's snapshot; `seq` of the envelope is the row of its history. Nothing personal."""

from uuid import UUID

import msgspec

from surehold.kernel.events import Event


class BoughtLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order."""

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    quantity: int
    unit_minor: int
    total_minor: int


class _OrderFact(Event, frozen=True, kw_only=True):
    """What every fact about an order carries."""

    order_id: UUID
    number: str
    checkout_id: UUID
    status: str
    currency: str
    total_minor: int
    lines: list[BoughtLine]
    account_id: UUID | None = None
    from_status: str | None = None
    reason: str | None = None


class OrderPlaced(_OrderFact, frozen=True, kw_only=True):
    """An order came into being; its payment is being asked for."""

    wire_name = "orders.order_placed.v1"


class OrderConfirmed(_OrderFact, frozen=True, kw_only=True):
    """The payment is in hand and the stock is the order's own."""

    wire_name = "orders.order_confirmed.v1"


class OrderCancelled(_OrderFact, frozen=True, kw_only=True):
    """The order was cancelled before anything shipped; its stock is back."""

    wire_name = "orders.order_cancelled.v1"


class OrderFailed(_OrderFact, frozen=True, kw_only=True):
    """The order came to nothing: declined, or its stock went to somebody else."""

    wire_name = "orders.order_failed.v1"
