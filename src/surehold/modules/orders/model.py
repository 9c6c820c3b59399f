"""Orders as they are kept and shown: states, shapes, and the number that people read out."""

import secrets
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
NUMBER_CHARS = 10
BITS, LAST = 5, 31  # of one character
NUMBER_CANDIDATES = 3  # two orders drawing all the same three of 2^45 numbers will not happen


class OrderStatus(StrEnum):
    """Where an order is."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"


class ShipmentStatus(StrEnum):
    """Where a parcel is."""

    CREATED = "CREATED"
    SHIPPED = "SHIPPED"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERED = "DELIVERED"
    DELIVERY_FAILED = "DELIVERY_FAILED"
    FAILED = "FAILED"
    RETURNED = "RETURNED"


class PostalAddress(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a parcel goes, as the carrier needs it."""

    name: str
    line1: str
    city: str
    country: str
    company: str = ""
    line2: str = ""
    region: str = ""
    postcode: str = ""
    phone: str = ""


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Who ordered and where it goes. Personal: stored sealed, never in an event, a log or an audit row."""

    email: str
    address: PostalAddress


class OrderBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What a flow needs of an order. `seq` counts its history and is its version."""

    order_id: UUID
    number: str
    status: OrderStatus
    seq: int
    checkout_id: UUID
    currency: str
    total_minor: int


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """What was bought, as it was when it was bought. `total_minor` is after discounts and with tax."""

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    variant_title: str
    quantity: int
    unit_minor: int
    discount_minor: int
    tax_minor: int
    total_minor: int
    tax_category: str = "standard"
    weight_grams: int = 0
    picture: str | None = None
    backordered: int = 0
    promised_on: date | None = None
    shipped: int = 0
    delivered: int = 0
    cancelled: int = 0


class HistoryEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One move of an order."""

    seq: int
    to_status: OrderStatus
    at: datetime
    from_status: OrderStatus | None = None
    reason: str | None = None


class OrderPayment(msgspec.Struct, frozen=True, kw_only=True):
    """How an order's money stands."""

    method: str
    status: str
    captured_minor: int
    refunded_minor: int


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list."""

    id: UUID
    number: str
    status: OrderStatus
    seq: int
    currency: str
    total_minor: int
    units: int
    placed_at: datetime
    titles: list[str]
    payment: OrderPayment | None = None


class StoredOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order with everything that belongs to it. `contact` and the owner's hashes are hex."""

    id: UUID
    number: str
    status: OrderStatus
    seq: int
    checkout_id: UUID
    currency: str
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    shipping_method: str
    contact: str
    access_hash: str
    placed_at: datetime
    promised: dict[str, Any]
    lines: list[OrderLine]
    history: list[HistoryEntry]
    payment: OrderPayment | None = None
    account_id: UUID | None = None
    guest_hash: str | None = None


class OrderDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An order about to be. Sums: `total = subtotal - discount + shipping + tax`; the tax is that of lines and shipping."""

    id: UUID
    checkout_id: UUID
    currency: str
    lines: list[OrderLine]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    shipping_tax_minor: int
    tax_minor: int
    total_minor: int
    shipping_method: str
    promised: dict[str, Any]
    price_list_id: UUID
    contact: Contact
    account_id: UUID | None = None
    guest_hash: bytes | None = None


def new_number() -> str:
    """A random order number: nine characters and one that checks them (Luhn mod 32), so that a misheard one is noticed."""
    chance = secrets.randbits(BITS * (NUMBER_CHARS - 1))
    body = "".join(ALPHABET[chance >> BITS * place & LAST] for place in range(NUMBER_CHARS - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The character that makes a number right: catches every single wrong character and most swapped neighbours."""
    total = 0
    for position, character in enumerate(reversed(body)):
        value = ALPHABET.index(character) * (2 if position % 2 == 0 else 1)
        total += value // len(ALPHABET) + value % len(ALPHABET)
    return ALPHABET[-total % len(ALPHABET)]


def read_number(text: str) -> str | None:
    """A number as somebody typed it (any case, spaces, dashes, I and L for 1, O for 0); None if it cannot be one."""
    cleaned = text.upper().replace(" ", "").replace("-", "").translate(str.maketrans("ILO", "110"))
    is_one = len(cleaned) == NUMBER_CHARS and all(character in ALPHABET for character in cleaned)
    return cleaned if is_one and cleaned[-1] == check_character(cleaned[:-1]) else None
