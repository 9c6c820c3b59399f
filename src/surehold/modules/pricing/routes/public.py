"""What everybody may ask: which prices changed, and when an order would arrive."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.money import Money
from surehold.modules.pricing.model import DeliveryWindow, Destination, PriceChange, ShippingOffer
from surehold.modules.pricing.routes.shared import EXAMPLE_ID, Limit
from surehold.modules.pricing.service import PricingService
from surehold.platform.http import PUBLIC, CursorCodec, CursorText, Dep, Out, get, json_response

CountryQuery = Annotated[str, QueryParameter(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2, such as US")]
CurrencyQuery = Annotated[str, QueryParameter(pattern="^[A-Z]{3}$", description="ISO 4217, such as USD")]
PostcodeQuery = Annotated[str, QueryParameter(max_length=16, description="Some places take longer")]
SubtotalQuery = Annotated[
    int,
    QueryParameter(ge=0, le=1_000_000_000_000, description="Merchandise after discounts, before tax, in minor units"),
]


class PriceChangeOut(Out, frozen=True, kw_only=True):
    """A base price before and after."""

    variant_id: UUID
    old: Money
    new: Money
    changed_at: datetime


class PriceChangesOut(Out, frozen=True, kw_only=True):
    """Changes, newest first."""

    example: ClassVar[dict[str, Any] | None] = {
        "changes": [
            {
                "variant_id": EXAMPLE_ID,
                "old": {"amount": 2400, "currency": "USD"},
                "new": {"amount": 1900, "currency": "USD"},
                "changed_at": "2026-11-20T09:30:00Z",
            }
        ],
        "next_cursor": None,
    }

    changes: list[PriceChangeOut]
    next_cursor: str | None = None


class DeliveryEstimateOut(Out, frozen=True, kw_only=True):
    """A way to ship: what it costs for this merchandise, and the days between which it arrives (both included)."""

    method: str
    title: str
    price: Money
    window: DeliveryWindow


class DeliveryEstimatesOut(Out, frozen=True, kw_only=True):
    """Every way to ship there."""

    example: ClassVar[dict[str, Any] | None] = {
        "estimates": [
            {
                "method": "standard",
                "title": "Standard",
                "price": {"amount": 599, "currency": "USD"},
                "window": {"earliest": "2026-11-25", "latest": "2026-11-27"},
            }
        ]
    }

    estimates: list[DeliveryEstimateOut]


@get("/v1/price-changes", policy=PUBLIC, summary="Recently changed prices", returns=PriceChangesOut, tag="pricing")
async def list_price_changes(
    pricing: Dep[PricingService],
    cursors: Dep[CursorCodec],
    since: datetime | None = None,
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Response[Any]:
    """Base prices that changed since then (a week ago if not given), newest first; a first price is no change."""
    if since is not None and since.tzinfo is None:
        raise InvalidInputError("Give `since` with its offset, such as 2026-11-20T09:30:00Z.", field="since")
    before = cursors.decode("price-changes", cursor, tuple[datetime, int])
    rows = await pricing.price_changes(since, before, limit)
    following = cursors.encode("price-changes", (rows[-1].changed_at, rows[-1].id)) if len(rows) == limit else None
    return json_response(PriceChangesOut(changes=[_change_out(row) for row in rows], next_cursor=following))


@get("/v1/delivery-estimates", policy=PUBLIC, summary="When an order would arrive", returns=DeliveryEstimatesOut,
     tag="pricing")  # fmt: skip
async def list_delivery_estimates(
    pricing: Dep[PricingService],
    country: CountryQuery,
    postcode: PostcodeQuery = "",
    currency: CurrencyQuery = "USD",
    subtotal: SubtotalQuery = 0,
) -> Response[Any]:
    """Every way to ship there, if it were ordered now. What is backordered comes later: the product page says when."""
    offers = await pricing.delivery_offers(
        destination=Destination(country=country, postcode=postcode), currency=currency, merchandise_minor=subtotal
    )
    return json_response(DeliveryEstimatesOut(estimates=[_estimate_out(offer) for offer in offers]))


def _change_out(row: PriceChange) -> PriceChangeOut:
    return PriceChangeOut(
        variant_id=row.variant_id,
        old=Money(row.old_minor, row.currency),
        new=Money(row.new_minor, row.currency),
        changed_at=row.changed_at,
    )


def _estimate_out(offer: ShippingOffer) -> DeliveryEstimateOut:
    return DeliveryEstimateOut(
        method=offer.code,
        title=offer.title,
        price=Money(offer.amount_minor, offer.currency),
        window=offer.window,
    )


HANDLERS: Sequence[HTTPRouteHandler] = (list_price_changes, list_delivery_estimates)
