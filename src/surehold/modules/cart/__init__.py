"""Carts: of guests and accounts, held while they decide, the same on every device."""

from surehold.modules.cart.errors import (
    CartNotFoundError,
    HoldLimitError,
    InsufficientInventoryError,
    LineLimitError,
    LineNotFoundError,
    MergeNotFoundError,
    QuantityLimitError,
    ReservationExpiredError,
    VariantNotFoundError,
)
from surehold.modules.cart.model import (
    Base,
    Cart,
    CartLine,
    CartSettings,
    MergedLine,
    MergeNotice,
    Outcome,
    SharedCart,
    StockNow,
    Synced,
    Written,
    WrittenLine,
)
from surehold.modules.cart.ports import CartCopies, CartCopy, FindAlternatives
from surehold.modules.cart.service import CartService, NewGuest

__all__ = [
    "Base",
    "Cart",
    "CartCopies",
    "CartCopy",
    "CartLine",
    "CartNotFoundError",
    "CartService",
    "CartSettings",
    "FindAlternatives",
    "HoldLimitError",
    "InsufficientInventoryError",
    "LineLimitError",
    "LineNotFoundError",
    "MergeNotFoundError",
    "MergeNotice",
    "MergedLine",
    "NewGuest",
    "Outcome",
    "QuantityLimitError",
    "ReservationExpiredError",
    "SharedCart",
    "StockNow",
    "Synced",
    "VariantNotFoundError",
    "Written",
    "WrittenLine",
]
