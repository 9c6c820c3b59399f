"""What orders look like on the wire."""

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec

from surehold.kernel.money import Money
from surehold.modules.orders.model import (
    Contact,
    HistoryEntry,
    OrderLine,
    OrderPayment,
    OrderRow,
    OrderStatus,
    PostalAddress,
    StoredOrder,
)
from surehold.platform.http import In, Out

EXAMPLE_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"
_TOTAL = {"amount": 4703, "currency": "USD"}
_ROW = {
    "id": EXAMPLE_ID,
    "number": "7Q2M9K4TXD",
    "status": "CONFIRMED",
    "version": 2,
    "total": _TOTAL,
    "units": 2,
    "titles": ["Harbour mug"],
    "placed_at": "2026-11-21T12:00:00Z",
    "payment": {
        "method": "pay_on_delivery",
        "status": "AUTHORIZED",
        "captured": {"amount": 0, "currency": "USD"},
        "refunded": {"amount": 0, "currency": "USD"},
    },
}


class CancelIn(In, frozen=True, kw_only=True):
    """Why; a word of our own, never personal data."""

    example: ClassVar[dict[str, Any] | None] = {"reason": "changed_mind"}

    reason: Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,40}$")] = "by_request"


class OrderPaymentOut(Out, frozen=True, kw_only=True):
    """How the money stands."""

    method: str
    status: str
    captured: Money
    refunded: Money


class OrderRowOut(Out, frozen=True, kw_only=True):
    """An order in a list; `titles` are of its first three lines."""

    id: UUID
    number: str
    status: OrderStatus
    version: int
    total: Money
    units: int
    titles: list[str]
    placed_at: datetime
    payment: OrderPaymentOut | None


class OrdersOut(Out, frozen=True, kw_only=True):
    """A page of orders, newest first."""

    example: ClassVar[dict[str, Any] | None] = {"orders": [_ROW], "next_cursor": None}

    orders: list[OrderRowOut]
    next_cursor: str | None = None


class OrderLineOut(Out, frozen=True, kw_only=True):
    """What was bought, as it was then; `total` is after discounts and with tax."""

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    variant_title: str
    picture: str | None
    quantity: int
    unit: Money
    discount: Money
    tax: Money
    total: Money
    backordered: int
    promised_on: date | None
    shipped: int
    delivered: int
    cancelled: int


class OrderOut(Out, frozen=True, kw_only=True):
    """An order. `total = subtotal - discount + shipping + tax`; `delivery` is what was promised at placing."""

    example: ClassVar[dict[str, Any] | None] = {
        **{name: _ROW[name] for name in ("id", "number", "status", "version", "placed_at", "payment")},
        "lines": [],
        "subtotal": {"amount": 3800, "currency": "USD"},
        "discount": {"amount": 0, "currency": "USD"},
        "shipping": {"amount": 599, "currency": "USD"},
        "tax": {"amount": 304, "currency": "USD"},
        "total": _TOTAL,
        "shipping_method": "standard",
        "delivery": {"earliest": "2026-11-25", "latest": "2026-11-27"},
        "email": "ada@example.com",
        "address": {"name": "Ada Byron", "line1": "12 Harbour Street", "city": "Portland", "country": "US"},
        "history": [],
        "is_cancellable": True,
    }

    id: UUID
    number: str
    status: OrderStatus
    version: int
    placed_at: datetime
    payment: OrderPaymentOut | None
    lines: list[OrderLineOut]
    subtotal: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    shipping_method: str
    delivery: dict[str, Any]
    email: str
    address: PostalAddress
    history: list[HistoryEntry]
    is_cancellable: bool


def row_out(row: OrderRow) -> OrderRowOut:
    """An order in a list."""
    return OrderRowOut(
        id=row.id,
        number=row.number,
        status=row.status,
        version=row.seq,
        total=Money(row.total_minor, row.currency),
        units=row.units,
        titles=row.titles,
        placed_at=row.placed_at,
        payment=_payment_out(row.payment, row.currency),
    )


def order_out(order: StoredOrder, contact: Contact) -> OrderOut:
    """An order, for whoever may see it."""

    def money(amount_minor: int) -> Money:
        return Money(amount_minor, order.currency)

    return OrderOut(
        id=order.id,
        number=order.number,
        status=order.status,
        version=order.seq,
        placed_at=order.placed_at,
        payment=_payment_out(order.payment, order.currency),
        lines=[_line_out(line, order.currency) for line in order.lines],
        subtotal=money(order.subtotal_minor),
        discount=money(order.discount_minor),
        shipping=money(order.shipping_minor),
        tax=money(order.tax_minor),
        total=money(order.total_minor),
        shipping_method=order.shipping_method,
        delivery=order.promised,
        email=contact.email,
        address=contact.address,
        history=order.history,
        is_cancellable=order.status is OrderStatus.CONFIRMED,
    )


def _payment_out(payment: OrderPayment | None, currency: str) -> OrderPaymentOut | None:
    if payment is None:
        return None
    return OrderPaymentOut(
        method=payment.method,
        status=payment.status,
        captured=Money(payment.captured_minor, currency),
        refunded=Money(payment.refunded_minor, currency),
    )


def _line_out(line: OrderLine, currency: str) -> OrderLineOut:
    return OrderLineOut(
        variant_id=line.variant_id,
        product_id=line.product_id,
        sku=line.sku,
        title=line.title,
        variant_title=line.variant_title,
        picture=line.picture,
        quantity=line.quantity,
        unit=Money(line.unit_minor, currency),
        discount=Money(line.discount_minor, currency),
        tax=Money(line.tax_minor, currency),
        total=Money(line.total_minor, currency),
        backordered=line.backordered,
        promised_on=line.promised_on,
        shipped=line.shipped,
        delivered=line.delivered,
        cancelled=line.cancelled,
    )
