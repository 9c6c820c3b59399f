"""Staff: tax rates and ways to ship."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from surehold.kernel.errors import StaleVersionError
from surehold.modules.pricing.errors import AlreadyExistsError, ShippingMethodNotFoundError, TaxRateNotFoundError
from surehold.modules.pricing.model import (
    ShippingMethodRecord,
    ShippingPlan,
    ShippingRate,
    TaxRateRecord,
    TaxRule,
)
from surehold.modules.pricing.routes.shared import EXAMPLE_ID, Amount, Code, CodePath, Country, Currency, Title
from surehold.modules.pricing.service import PricingService
from surehold.platform.http import Actor, Dep, IfMatch, In, Out, Role, delete, get, json_response, post, put, staff
from surehold.platform.http.etags import IfMatchMissingError

MAX_RATES = 60
MAX_COUNTRIES = 250
_STAFF = staff(Role.OPERATIONS)
_TAX = {
    "country": "US",
    "region": "",
    "tax_category": "standard",
    "title": "Sales tax",
    "rate_bp": 800,
    "valid_from": "2026-01-01",
}
_PLAN = {
    "title": "Standard",
    "countries": [],
    "min_days": 3,
    "max_days": 5,
    "position": 1,
    "enabled": True,
    "rates": [{"currency": "USD", "amount_minor": 599, "free_above_minor": 5000}],
}
Days = Annotated[int, msgspec.Meta(ge=0, le=120)]
BasisPoints = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class TaxRateIn(In, frozen=True, kw_only=True):
    """A rate in force from a day on, in basis points (800 is 8 %). An empty region stands for the whole country."""

    example: ClassVar[dict[str, Any] | None] = _TAX

    country: Country
    region: Annotated[str, msgspec.Meta(max_length=40)] = ""
    tax_category: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")] = "standard"
    title: Title
    rate_bp: BasisPoints
    valid_from: date


class TaxRateEditIn(In, frozen=True, kw_only=True):
    """A corrected rate."""

    example: ClassVar[dict[str, Any] | None] = {"title": "Sales tax", "rate_bp": 825}

    title: Title
    rate_bp: BasisPoints


class TaxRatesOut(Out, frozen=True, kw_only=True):
    """All tax rates."""

    example: ClassVar[dict[str, Any] | None] = {"tax_rates": [{"id": EXAMPLE_ID, "version": 1, **_TAX}]}

    tax_rates: list[TaxRateRecord]


class ShippingRateIn(In, frozen=True, kw_only=True):
    """The price in one currency. It is free for merchandise above `free_above_minor`, and not yet at it."""

    currency: Currency
    amount_minor: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    free_above_minor: Amount | None = None


class ShippingPlanIn(In, frozen=True, kw_only=True):
    """A way to ship as a whole. No countries means everywhere; days are business days."""

    example: ClassVar[dict[str, Any] | None] = _PLAN

    title: Title
    countries: Annotated[list[Country], msgspec.Meta(max_length=MAX_COUNTRIES)]
    min_days: Days
    max_days: Days
    position: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    enabled: bool = True
    rates: Annotated[list[ShippingRateIn], msgspec.Meta(min_length=1, max_length=MAX_RATES)]


class ShippingMethodIn(ShippingPlanIn, frozen=True, kw_only=True):
    """A new way to ship."""

    example: ClassVar[dict[str, Any] | None] = {"code": "standard", **_PLAN}

    code: Code


class ShippingMethodsOut(Out, frozen=True, kw_only=True):
    """All ways to ship."""

    example: ClassVar[dict[str, Any] | None] = {
        "shipping_methods": [{"id": EXAMPLE_ID, "code": "standard", "version": 1, **_PLAN}]
    }

    shipping_methods: list[ShippingMethodRecord]


@get("/v1/admin/tax-rates", policy=_STAFF, summary="All tax rates", returns=TaxRatesOut, tag="pricing")
async def list_tax_rates(pricing: Dep[PricingService]) -> Response[Any]:
    """By country, region, category and day. A place without a row has no tax."""
    return json_response(TaxRatesOut(tax_rates=await pricing.tax_rates()))


@post("/v1/admin/tax-rates", policy=_STAFF, summary="Add a tax rate", returns=TaxRateRecord, status=201,
      problems=(AlreadyExistsError,), tag="pricing")  # fmt: skip
async def create_tax_rate(data: TaxRateIn, actor: Dep[Actor], pricing: Dep[PricingService]) -> Response[Any]:
    """It replaces the earlier rate of its place and category from its day on. Category `shipping` taxes shipping."""
    made = await pricing.create_tax_rate(
        actor,
        TaxRule(
            country=data.country,
            region=data.region,
            tax_category=data.tax_category,
            title=data.title,
            rate_bp=data.rate_bp,
            valid_from=data.valid_from,
        ),
    )
    return json_response(made, status=201, version=made.version)


@put("/v1/admin/tax-rates/{rate_id:uuid}", policy=_STAFF, summary="Correct a tax rate", returns=TaxRateRecord,
     problems=(TaxRateNotFoundError, StaleVersionError, IfMatchMissingError), if_match=True,
     tag="pricing")  # fmt: skip
async def set_tax_rate(
    rate_id: UUID, data: TaxRateEditIn, actor: Dep[Actor], pricing: Dep[PricingService], if_match: IfMatch = None
) -> Response[Any]:
    """For mistakes. A change of law is a new rate with its own day."""
    changed = await pricing.set_tax_rate(actor, rate_id, data.title, data.rate_bp, if_match)
    return json_response(changed, version=changed.version)


@delete("/v1/admin/tax-rates/{rate_id:uuid}", policy=_STAFF, summary="Remove a tax rate", status=204,
        problems=(TaxRateNotFoundError, StaleVersionError, IfMatchMissingError), if_match=True,
        tag="pricing")  # fmt: skip
async def remove_tax_rate(
    rate_id: UUID, actor: Dep[Actor], pricing: Dep[PricingService], if_match: IfMatch = None
) -> None:
    """The earlier rate of its place and category is in force again, or none."""
    await pricing.remove_tax_rate(actor, rate_id, if_match)


@get("/v1/admin/shipping-methods", policy=_STAFF, summary="All ways to ship", returns=ShippingMethodsOut,
     tag="pricing")  # fmt: skip
async def list_shipping_methods(pricing: Dep[PricingService]) -> Response[Any]:
    """In the order in which they are offered, disabled ones too."""
    return json_response(ShippingMethodsOut(shipping_methods=await pricing.shipping_methods()))


@post("/v1/admin/shipping-methods", policy=_STAFF, summary="Add a way to ship", returns=ShippingMethodRecord,
      status=201, problems=(AlreadyExistsError,), tag="pricing")  # fmt: skip
async def create_shipping_method(
    data: ShippingMethodIn, actor: Dep[Actor], pricing: Dep[PricingService]
) -> Response[Any]:
    """It is offered in the currencies it has a rate in."""
    made = await pricing.create_shipping_method(actor, data.code, _plan(data))
    return json_response(made, status=201, version=made.version)


@get("/v1/admin/shipping-methods/{code:str}", policy=_STAFF, summary="A way to ship", returns=ShippingMethodRecord,
     problems=(ShippingMethodNotFoundError,), tag="pricing")  # fmt: skip
async def get_shipping_method(code: CodePath, pricing: Dep[PricingService]) -> Response[Any]:
    """Its ETag is what changing it asks for."""
    found = await pricing.shipping_method(code)
    return json_response(found, version=found.version)


@put("/v1/admin/shipping-methods/{code:str}", policy=_STAFF, summary="Set a way to ship", returns=ShippingMethodRecord,
     problems=(ShippingMethodNotFoundError, StaleVersionError, IfMatchMissingError), if_match=True,
     tag="pricing")  # fmt: skip
async def set_shipping_method(
    code: CodePath,
    data: ShippingPlanIn,
    actor: Dep[Actor],
    pricing: Dep[PricingService],
    if_match: IfMatch = None,
) -> Response[Any]:
    """As a whole, rates and all. One that is no longer offered is disabled: orders name it."""
    changed = await pricing.set_shipping_method(actor, code, _plan(data), if_match)
    return json_response(changed, version=changed.version)


def _plan(data: ShippingPlanIn) -> ShippingPlan:
    rates = [
        ShippingRate(currency=rate.currency, amount_minor=rate.amount_minor, free_above_minor=rate.free_above_minor)
        for rate in data.rates
    ]
    return ShippingPlan(
        title=data.title,
        countries=sorted(set(data.countries)),
        min_days=data.min_days,
        max_days=data.max_days,
        position=data.position,
        enabled=data.enabled,
        rates=rates,
    )


HANDLERS: Sequence[HTTPRouteHandler] = (
    list_tax_rates,
    create_tax_rate,
    set_tax_rate,
    remove_tax_rate,
    list_shipping_methods,
    create_shipping_method,
    get_shipping_method,
    set_shipping_method,
)
