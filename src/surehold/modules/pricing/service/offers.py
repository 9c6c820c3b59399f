"""What rates offer."""

from datetime import date, datetime

from surehold.modules.pricing.errors import ShippingMethodUnavailableError
from surehold.modules.pricing.model import Destination, Rates, ShippingMethod, ShippingOffer, delivery_window


def offers_of(
    rates: Rates,
    destination: Destination | None,
    currency: str,
    merchandise_minor: int,
    now: datetime,
    ready_on: date | None,
) -> list[ShippingOffer]:
    """The ways to ship merchandise of this value there, with price and arrival."""
    extra_days = rates.extra_days(destination.postcode) if destination else 0
    return [
        ShippingOffer(
            code=method.code,
            title=method.title,
            currency=currency,
            amount_minor=method.price_minor(merchandise_minor),
            window=delivery_window(now, method.min_days, method.max_days, extra_days=extra_days, ready_on=ready_on),
        )
        for method in rates.methods
    ]


def chosen(rates: Rates, code: str) -> ShippingMethod:
    """The method of this code; ShippingMethodUnavailableError names those that are offered."""
    for method in rates.methods:
        if method.code == code:
            return method
    offered = [method.code for method in rates.methods]
    raise ShippingMethodUnavailableError("Choose one of those that are offered there.", method=code, offered=offered)
