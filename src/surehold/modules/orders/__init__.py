"""Orders: what was bought, by whom, for how much, and what became of it.

Published SQL: `orders.create`, `tell_confirmed`, `confirm`, `fail`, `cancel`, `return_payment`, `brief`, `units_of`, `write_status`.
"""

from surehold.modules.orders.errors import OrderInProgressError, OrderNotCancellableError, OrderNotFoundError
from surehold.modules.orders.model import (
    Contact,
    HistoryEntry,
    OrderBrief,
    OrderDraft,
    OrderLine,
    OrderPayment,
    OrderRow,
    OrderStatus,
    PostalAddress,
    ShipmentStatus,
    StoredOrder,
    check_character,
    new_number,
    read_number,
)
from surehold.modules.orders.ports import OrderCancellation
from surehold.modules.orders.service import OrderService
from surehold.modules.orders.store import Cancelled

__all__ = [
    "Cancelled",
    "Contact",
    "HistoryEntry",
    "OrderBrief",
    "OrderCancellation",
    "OrderDraft",
    "OrderInProgressError",
    "OrderLine",
    "OrderNotCancellableError",
    "OrderNotFoundError",
    "OrderPayment",
    "OrderRow",
    "OrderService",
    "OrderStatus",
    "PostalAddress",
    "ShipmentStatus",
    "StoredOrder",
    "check_character",
    "new_number",
    "read_number",
]
