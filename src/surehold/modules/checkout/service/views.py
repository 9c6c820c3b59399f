"""A checkout as it is shown: to its owner, and in the problem that tells of a changed total."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from surehold.kernel.money import Money
from surehold.modules.checkout.model import KeptContact, Review, StoredCheckout
from surehold.modules.payments import PaymentMethod
from surehold.modules.pricing import DeliveryWindow, ShippingOffer
from surehold.platform.http import Out


class CheckoutView(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout with what can be chosen in it."""

    checkout: StoredCheckout
    contact: KeptContact | None
    shipping_methods: list[ShippingOffer]
    payment_methods: list[PaymentMethod]


class ReviewLineOut(Out, frozen=True, kw_only=True):
    """A line with its share of everything; `total` is after discounts and with tax."""

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


class ReviewOut(Out, frozen=True, kw_only=True):
    """What is asked for what. `total = subtotal - discount + shipping + tax`."""

    lines: list[ReviewLineOut]
    subtotal: Money
    discount: Money
    shipping: Money | None
    tax: Money
    total: Money
    delivery: DeliveryWindow | None

    example: ClassVar[dict[str, Any] | None] = {
        "lines": [],
        "subtotal": {"amount": 3800, "currency": "USD"},
        "discount": {"amount": 0, "currency": "USD"},
        "shipping": {"amount": 599, "currency": "USD"},
        "tax": {"amount": 304, "currency": "USD"},
        "total": {"amount": 4703, "currency": "USD"},
        "delivery": {"earliest": "2026-03-09", "latest": "2026-03-11"},
    }


def review_out(review: Review) -> ReviewOut:
    """A review in money."""
    totals, currency = review.totals.as_money(review.currency), review.currency
    return ReviewOut(
        lines=[
            ReviewLineOut(
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
            )
            for line in review.lines
        ],
        subtotal=totals.subtotal,
        discount=totals.discount,
        shipping=totals.shipping if review.shipping else None,
        tax=totals.tax,
        total=totals.total,
        delivery=review.delivery,
    )
