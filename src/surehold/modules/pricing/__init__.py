"""Every price, tax, shipping rate and account term of the shop.

Published SQL: `pricing.terms_of`, `pricing.unit_prices`, `pricing.import_prices`, `pricing.set_members`,
and the views `pricing.base_prices`, `pricing.price_versions` and `pricing.price_history`.
"""

from surehold.modules.pricing.errors import (
    AccountGroupNotFoundError,
    PriceListNotFoundError,
    QuoteTooLargeError,
    ShippingMethodNotFoundError,
    ShippingMethodUnavailableError,
)
from surehold.modules.pricing.model import (
    BASE_LIST,
    AppliedDiscount,
    DeliveryWindow,
    Destination,
    Discount,
    LineQuote,
    Quote,
    QuoteLine,
    ShippingMethod,
    ShippingOffer,
    ShippingQuote,
    TaxRate,
    Terms,
    Totals,
    TotalsMoney,
    delivery_window,
    quote,
)
from surehold.modules.pricing.service import PricingService

__all__ = [
    "BASE_LIST",
    "AccountGroupNotFoundError",
    "AppliedDiscount",
    "DeliveryWindow",
    "Destination",
    "Discount",
    "LineQuote",
    "PriceListNotFoundError",
    "PricingService",
    "Quote",
    "QuoteLine",
    "QuoteTooLargeError",
    "ShippingMethod",
    "ShippingMethodNotFoundError",
    "ShippingMethodUnavailableError",
    "ShippingOffer",
    "ShippingQuote",
    "TaxRate",
    "Terms",
    "Totals",
    "TotalsMoney",
    "delivery_window",
    "quote",
]
