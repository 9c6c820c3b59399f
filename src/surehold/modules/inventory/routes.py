"""HTTP of stock: live availability for everybody, the books for staff."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from surehold.kernel.errors import StaleVersionError
from surehold.modules.inventory.errors import (
    BackordersPromisedError,
    LocationExistsError,
    LocationNotFoundError,
    NotAtLocationError,
    StockNotFoundError,
    StockReservedError,
)
from surehold.modules.inventory.model import (
    AvailabilityState,
    Change,
    LedgerEntry,
    Location,
    Reason,
    Stock,
    StockPolicy,
    availability_state,
)
from surehold.modules.inventory.service import InventoryService
from surehold.platform.http import (
    PUBLIC,
    Actor,
    CursorCodec,
    CursorText,
    Dep,
    IfMatch,
    In,
    Out,
    Role,
    get,
    json_response,
    post,
    put,
    staff,
)

MAX_CHANGES = 1_000
_STAFF = staff(Role.OPERATIONS, Role.CATALOGUE)
_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"
Limit = Annotated[int, Parameter(ge=1, le=100, description="Rows a page")]


class LiveOut(Out, frozen=True, kw_only=True):
    """A variant's availability at this moment. `carts_holding` counts carts with an active hold."""

    example: ClassVar[dict[str, Any] | None] = {
        "variant_id": _ID, "state": "low", "available": 3, "carts_holding": 2, "version": 41,
    }  # fmt: skip

    variant_id: UUID
    state: AvailabilityState
    available: int
    carts_holding: int
    version: int
    promised_on: date | None = None


class ChangeIn(In, frozen=True, kw_only=True):
    """Units that came (positive) or went (negative) at a location."""

    variant_id: UUID
    location_id: UUID
    delta: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]


class ChangesIn(In, frozen=True, kw_only=True):
    """A booking. `ref` names the paper it stands on and makes a repeat harmless."""

    example: ClassVar[dict[str, Any] | None] = {
        "reason": "receipt", "ref": "PO-4711",
        "changes": [{"variant_id": _ID, "location_id": _ID, "delta": 40}],
    }  # fmt: skip

    reason: Reason
    ref: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    changes: Annotated[list[ChangeIn], msgspec.Meta(min_length=1, max_length=MAX_CHANGES)]


class ChangesOut(Out, frozen=True, kw_only=True):
    """How many variants changed; 0 when this booking was made before."""

    example: ClassVar[dict[str, Any] | None] = {"changed": 1}

    changed: int


class PolicyIn(In, frozen=True, kw_only=True):
    """`backorder_limit` units may be promised beyond what is there, for `promised_on`; 0 denies."""

    example: ClassVar[dict[str, Any] | None] = {
        "backorder_limit": 20, "promised_on": "2026-12-10", "low_stock_threshold": 3,
    }  # fmt: skip

    backorder_limit: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
    promised_on: date | None = None
    low_stock_threshold: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


class LocationIn(In, frozen=True, kw_only=True):
    """A place with stock."""

    example: ClassVar[dict[str, Any] | None] = {
        "code": "columbus", "title": "Columbus", "country": "US", "region": "OH", "priority": 10, "active": True,
    }  # fmt: skip

    code: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
    region: Annotated[str, msgspec.Meta(max_length=40)] = ""
    priority: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 100
    active: bool = True


class LocationsOut(Out, frozen=True, kw_only=True):
    """All places with stock."""

    example: ClassVar[dict[str, Any] | None] = {"locations": [Location.example]}

    locations: list[Location]


class LedgerOut(Out, frozen=True, kw_only=True):
    """Changes of on_hand, newest first."""

    example: ClassVar[dict[str, Any] | None] = {
        "entries": [
            {
                "id": 7,
                "location_id": _ID,
                "delta": 40,
                "reason": "receipt",
                "ref": "PO-4711",
                "at": "2026-11-20T09:30:00Z",
            }
        ],
        "next_cursor": None,
    }

    entries: list[LedgerEntry]
    next_cursor: str | None = None


class LowOut(Out, frozen=True, kw_only=True):
    """A variant at or below its threshold."""

    variant_id: UUID
    available: int
    threshold: int


class LowStockOut(Out, frozen=True, kw_only=True):
    """Variants at or below their thresholds."""

    example: ClassVar[dict[str, Any] | None] = {
        "variants": [{"variant_id": _ID, "available": 2, "threshold": 3}], "next_cursor": None,
    }  # fmt: skip

    variants: list[LowOut]
    next_cursor: str | None = None


@get("/v1/variants/{variant_id:uuid}/live", policy=PUBLIC, summary="A variant's availability now", returns=LiveOut,
     problems=(StockNotFoundError,), tag="inventory")  # fmt: skip
async def read_live_stock(variant_id: UUID, inventory: Dep[InventoryService]) -> Response[Any]:
    """How many are available at this moment and how many carts hold some. It promises nothing: adding to the cart does."""
    live = await inventory.live(variant_id)
    out = LiveOut(
        variant_id=variant_id,
        state=availability_state(live.available, live.low_stock_threshold, live.backorder_left),
        available=live.available,
        carts_holding=live.carts_holding,
        version=live.version,
        promised_on=live.promised_on if live.available <= 0 and live.backorder_left > 0 else None,
    )
    return json_response(out, cache_control="no-store")


@get("/v1/admin/stock/{variant_id:uuid}", policy=_STAFF, summary="A variant's stock", returns=Stock,
     problems=(StockNotFoundError,), tag="inventory")  # fmt: skip
async def read_stock(variant_id: UUID, inventory: Dep[InventoryService]) -> Response[Any]:
    """On hand, reserved and available, at each location."""
    found = await inventory.stock(variant_id)
    return json_response(found, version=found.version)


@get("/v1/admin/stock/{variant_id:uuid}/ledger", policy=_STAFF, summary="A variant's stock ledger", returns=LedgerOut,
     problems=(StockNotFoundError,), tag="inventory")  # fmt: skip
async def read_stock_ledger(
    variant_id: UUID,
    inventory: Dep[InventoryService],
    cursors: Dep[CursorCodec],
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Response[Any]:
    """Every change of on_hand with its reason, newest first."""
    entries = await inventory.ledger(variant_id, cursors.decode("ledger", cursor, int), limit)
    following = cursors.encode("ledger", entries[-1].id) if len(entries) == limit else None
    return json_response(LedgerOut(entries=entries, next_cursor=following))


@get("/v1/admin/low-stock", policy=_STAFF, summary="Variants that run low", returns=LowStockOut, tag="inventory")
async def read_low_stock(
    inventory: Dep[InventoryService], cursors: Dep[CursorCodec], cursor: CursorText = None, limit: Limit = 50
) -> Response[Any]:
    """Variants whose availability is at or below their threshold."""
    rows = await inventory.low_stock(cursors.decode("low-stock", cursor, UUID), limit)
    following = cursors.encode("low-stock", rows[-1][0]) if len(rows) == limit else None
    variants = [LowOut(variant_id=row[0], available=row[1], threshold=row[2]) for row in rows]
    return json_response(LowStockOut(variants=variants, next_cursor=following))


@post("/v1/admin/stock/changes", policy=_STAFF, summary="Book receipts and adjustments", returns=ChangesOut,
      problems=(StockReservedError, NotAtLocationError, LocationNotFoundError), tag="inventory")  # fmt: skip
async def book_stock_changes(data: ChangesIn, actor: Dep[Actor], inventory: Dep[InventoryService]) -> Response[Any]:
    """Books all of it or nothing, once per (reason, ref): sending it again changes nothing."""
    changes = [Change(variant_id=c.variant_id, location_id=c.location_id, delta=c.delta) for c in data.changes]
    return json_response(ChangesOut(changed=await inventory.change_on_hand(actor, changes, data.reason, data.ref)))


@get("/v1/admin/stock/{variant_id:uuid}/policy", policy=_STAFF, summary="A variant's backorders and low-stock threshold",
     returns=StockPolicy, problems=(StockNotFoundError,), tag="inventory")  # fmt: skip
async def read_stock_policy(variant_id: UUID, inventory: Dep[InventoryService]) -> Response[Any]:
    """Its ETag is what setting it sends back; holds and bookings do not change it."""
    found = await inventory.policy(variant_id)
    return json_response(found, version=found.version)


@put("/v1/admin/stock/{variant_id:uuid}/policy", policy=_STAFF, summary="Set backorders and the low-stock threshold",
     returns=StockPolicy, problems=(BackordersPromisedError, StockNotFoundError, StaleVersionError), if_match=True,
     tag="inventory")  # fmt: skip
async def set_stock_policy(
    variant_id: UUID, data: PolicyIn, actor: Dep[Actor], inventory: Dep[InventoryService], if_match: IfMatch = None
) -> Response[Any]:
    """A backorder needs the day it is promised for."""
    changed = await inventory.set_policy(
        actor, variant_id, if_match, data.backorder_limit, data.promised_on, data.low_stock_threshold
    )
    return json_response(changed, version=changed.version)


@get("/v1/admin/locations", policy=_STAFF, summary="All locations", returns=LocationsOut, tag="inventory")
async def list_locations(inventory: Dep[InventoryService]) -> Response[Any]:
    """Places with stock, in the order in which equally near ones are chosen."""
    return json_response(LocationsOut(locations=await inventory.locations()))


@post("/v1/admin/locations", policy=_STAFF, summary="Add a location", returns=Location, status=201,
      problems=(LocationExistsError,), tag="inventory")  # fmt: skip
async def add_location(data: LocationIn, actor: Dep[Actor], inventory: Dep[InventoryService]) -> Response[Any]:
    """Its code is for good: imports name it."""
    added = await inventory.add_location(actor, _location(UUID(int=0), data))
    return json_response(added, status=201, version=added.version)


@put("/v1/admin/locations/{location_id:uuid}", policy=_STAFF, summary="Change a location", returns=Location,
     problems=(LocationNotFoundError, StaleVersionError), if_match=True, tag="inventory")  # fmt: skip
async def change_location(
    location_id: UUID, data: LocationIn, actor: Dep[Actor], inventory: Dep[InventoryService], if_match: IfMatch = None
) -> Response[Any]:
    """The code stays what it was."""
    changed = await inventory.change_location(actor, _location(location_id, data), if_match)
    return json_response(changed, version=changed.version)


def _location(location_id: UUID, data: LocationIn) -> Location:
    return Location(
        id=location_id, code=data.code, title=data.title, country=data.country, region=data.region,
        priority=data.priority, active=data.active, version=0,
    )  # fmt: skip


HANDLERS: Sequence[HTTPRouteHandler] = (
    read_live_stock,
    read_stock,
    read_stock_ledger,
    read_low_stock,
    book_stock_changes,
    read_stock_policy,
    set_stock_policy,
    list_locations,
    add_location,
    change_location,
)
