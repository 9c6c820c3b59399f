"""Stock as it is read."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

import msgspec

Reason = Literal["receipt", "adjustment", "count", "damage", "return"]
AvailabilityState = Literal["in_stock", "low", "backorder", "sold_out"]


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """A place with stock. `priority`: lower is chosen first among equally near ones."""

    id: UUID
    code: str
    title: str
    country: str
    region: str
    priority: int
    active: bool
    version: int


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """What a location has of a variant, and how much of it belongs to orders."""

    location_id: UUID
    code: str
    on_hand: int
    allocated: int


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """A variant's stock: `available = on_hand - reserved`; `reserved` counts active holds and open allocations."""

    variant_id: UUID
    on_hand: int
    reserved: int
    available: int
    backordered: int
    backorder_limit: int
    low_stock_threshold: int
    version: int
    promised_on: date | None = None
    levels: list[Level] = []


class LedgerEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of on_hand."""

    id: int
    location_id: UUID
    delta: int
    reason: str
    ref: str
    at: datetime


class LiveStock(msgspec.Struct, frozen=True, kw_only=True):
    """What a product page shows as it happens."""

    variant_id: UUID
    available: int
    backorder_left: int
    low_stock_threshold: int
    version: int
    carts_holding: int
    promised_on: date | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A change of on_hand at a location, in units."""

    variant_id: UUID
    location_id: UUID
    delta: int


def availability_state(available: int, low_stock_threshold: int, backorder_left: int) -> AvailabilityState:
    """How a variant's availability is called."""
    if available > low_stock_threshold:
        return "in_stock"
    if available > 0:
        return "low"
    return "backorder" if backorder_left > 0 else "sold_out"
