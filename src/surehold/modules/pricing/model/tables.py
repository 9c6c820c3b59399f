"""What staff keeps: price lists, account groups, tax rates, ways to ship."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from surehold.modules.pricing.model.delivery import DeliveryWindow
from surehold.modules.pricing.model.quoting import ShippingMethod, TaxRate

BASE_LIST = UUID("00000000-0000-7000-8000-000000000001")
BASE_CODE = "base"
_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an account buys on; the limits count lines of a cart, pieces of a line, and pieces held at one time."""

    price_list_id: UUID
    group_code: str
    max_lines: int
    max_line_quantity: int
    max_held_units: int


class PriceList(msgspec.Struct, frozen=True, kw_only=True):
    """A list of prices in any currencies; what it lacks is sold at the base list's price."""

    example: ClassVar[dict[str, Any]] = {"id": _ID, "code": "trade", "title": "Trade prices", "version": 1}

    id: UUID
    code: str
    title: str
    version: int


class ListPrice(msgspec.Struct, frozen=True, kw_only=True):
    """One price of a list."""

    variant_id: UUID
    currency: str
    amount_minor: int
    changed_at: datetime


class PriceWish(msgspec.Struct, frozen=True, kw_only=True):
    """What a price shall be; None removes it from its list."""

    variant_id: UUID
    currency: str
    amount_minor: int | None


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a base price."""

    id: int
    variant_id: UUID
    currency: str
    old_minor: int
    new_minor: int
    changed_at: datetime


class GroupTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The changeable part of an account group."""

    title: str
    price_list: str
    max_lines: int
    max_line_quantity: int
    max_held_units: int


class AccountGroup(GroupTerms, frozen=True, kw_only=True):
    """A group of accounts that buy on the same terms; `price_list` is a list's code."""

    example: ClassVar[dict[str, Any]] = {
        "id": _ID,
        "code": "wholesale",
        "title": "Wholesale",
        "price_list": "trade",
        "max_lines": 1200,
        "max_line_quantity": 100_000,
        "max_held_units": 1_000_000,
        "version": 1,
    }

    id: UUID
    code: str
    version: int


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An account in a group."""

    account_id: UUID
    since: datetime


class TaxRule(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a tax rate: in force from a day on, until a later one for the same place and category."""

    country: str
    region: str
    tax_category: str
    title: str
    rate_bp: int
    valid_from: date


class TaxRateRecord(TaxRule, frozen=True, kw_only=True):
    """A stored tax rate."""

    example: ClassVar[dict[str, Any]] = {
        "id": _ID,
        "country": "US",
        "region": "",
        "tax_category": "standard",
        "title": "Sales tax",
        "rate_bp": 800,
        "valid_from": "2026-01-01",
        "version": 1,
    }

    id: UUID
    version: int


class ShippingRate(msgspec.Struct, frozen=True, kw_only=True):
    """The price of a method in one currency."""

    currency: str
    amount_minor: int
    free_above_minor: int | None = None


class ShippingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The changeable part of a shipping method; no countries means everywhere, days are business days."""

    title: str
    countries: list[str]
    min_days: int
    max_days: int
    position: int
    enabled: bool
    rates: list[ShippingRate]


class ShippingMethodRecord(ShippingPlan, frozen=True, kw_only=True):
    """A stored shipping method with its rates."""

    example: ClassVar[dict[str, Any]] = {
        "id": _ID,
        "code": "standard",
        "title": "Standard",
        "countries": [],
        "min_days": 3,
        "max_days": 5,
        "position": 1,
        "enabled": True,
        "rates": [{"currency": "USD", "amount_minor": 599, "free_above_minor": 5000}],
        "version": 1,
    }

    id: UUID
    code: str
    version: int


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of the tables that a quote needs for one country, region, currency and day.

    `zones`: days that a parcel takes longer, by the beginning of a postcode without spaces; the longest counts.
    """

    tax_rates: list[TaxRate]
    methods: list[ShippingMethod]
    zones: dict[str, int]

    def extra_days(self, postcode: str) -> int:
        """Days that a parcel takes longer to a postcode."""
        place = postcode.replace(" ", "").upper()
        prefixes = (place[:length] for length in range(len(place), 0, -1))
        return next((self.zones[prefix] for prefix in prefixes if prefix in self.zones), 0)


class ShippingOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A way to ship to a destination, with what it costs there for this merchandise and when it arrives."""

    code: str
    title: str
    currency: str
    amount_minor: int
    window: DeliveryWindow
