"""Stock as it is read."""

from datetime import date, datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec

Reason = Literal["receipt", "adjustment", "count", "damage", "return"]
AvailabilityState = Literal["in_stock", "low", "backorder", "sold_out"]
_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """A place with stock. `priority`: lower is chosen first among equally near ones."""

    example: ClassVar[dict[str, Any]] = {
        "id": _ID,
        "code": "columbus",
        "title": "Columbus warehouse",
        "country": "US",
        "region": "OH",
        "priority": 10,
        "active": True,
        "version": 1,
    }

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

    example: ClassVar[dict[str, Any]] = {
        "variant_id": _ID,
        "on_hand": 12,
        "reserved": 3,
        "available": 9,
        "backordered": 0,
        "backorder_limit": 0,
        "low_stock_threshold": 3,
        "version": 41,
        "promised_on": None,
        "levels": [{"location_id": _ID, "code": "columbus", "on_hand": 12, "allocated": 1}],
    }

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


class StockPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How much may be promised beyond what is there, for when, and when stock counts as low. `version` counts its edits."""

    example: ClassVar[dict[str, Any]] = {
        "variant_id": _ID,
        "backorder_limit": 20,
        "promised_on": "2026-12-10",
        "low_stock_threshold": 3,
        "version": 2,
    }

    variant_id: UUID
    backorder_limit: int
    promised_on: date | None
    low_stock_threshold: int
    version: int


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
