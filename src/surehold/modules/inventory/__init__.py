"""Stock: what is on hand, what is held for whom and until when, what belongs to orders. Never promised twice."""

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
    Level,
    LiveStock,
    Location,
    Reason,
    Stock,
    StockPolicy,
    availability_state,
)
from surehold.modules.inventory.service import InventoryService

__all__ = [
    "AvailabilityState",
    "BackordersPromisedError",
    "Change",
    "InventoryService",
    "LedgerEntry",
    "Level",
    "LiveStock",
    "Location",
    "LocationExistsError",
    "LocationNotFoundError",
    "NotAtLocationError",
    "Reason",
    "Stock",
    "StockNotFoundError",
    "StockPolicy",
    "StockReservedError",
    "availability_state",
]
