"""Checkout: from a cart to an order, step by step, nothing lost on the way.

Published SQL: none; its functions span cart, pricing, inventory, payments and orders for the flow that places an order.
"""

from surehold.modules.checkout.errors import (
    AddressUnconfirmedError,
    CartEmptyError,
    CheckoutIncompleteError,
    CheckoutNotFoundError,
    CheckoutStateError,
    LineUnavailableError,
    PaymentDeclinedError,
    TotalChangedError,
)
from surehold.modules.checkout.model import (
    AddressCheck,
    AddressLines,
    CheckoutBrief,
    CheckoutSettings,
    CheckoutState,
    Review,
    ShippingStep,
    StockLevel,
    StoredCheckout,
    Work,
)
from surehold.modules.checkout.ports import (
    AddressCheckError,
    AddressCounter,
    AddressOutcome,
    AddressRules,
    AddressValidator,
    ExplainShortage,
    OrderPlacement,
    Placed,
    StockNotices,
)
from surehold.modules.checkout.service import AddressChecks, CheckoutService, CheckoutView
from surehold.modules.checkout.store import SEALED_COLUMNS

__all__ = [
    "SEALED_COLUMNS",
    "AddressCheck",
    "AddressCheckError",
    "AddressChecks",
    "AddressCounter",
    "AddressLines",
    "AddressOutcome",
    "AddressRules",
    "AddressUnconfirmedError",
    "AddressValidator",
    "CartEmptyError",
    "CheckoutBrief",
    "CheckoutIncompleteError",
    "CheckoutNotFoundError",
    "CheckoutService",
    "CheckoutSettings",
    "CheckoutState",
    "CheckoutStateError",
    "CheckoutView",
    "ExplainShortage",
    "LineUnavailableError",
    "OrderPlacement",
    "PaymentDeclinedError",
    "Placed",
    "Review",
    "ShippingStep",
    "StockLevel",
    "StockNotices",
    "StoredCheckout",
    "TotalChangedError",
    "Work",
]
