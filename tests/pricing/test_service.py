"""The service: quotes with the rates of the tables, offers, and prices set inside somebody else's unit."""

from uuid import UUID

import pytest

from surehold.kernel.ids import uuid7
from surehold.modules.pricing import (
    Destination,
    PriceListNotFoundError,
    PricingService,
    QuoteLine,
    ShippingMethodUnavailableError,
)
from surehold.platform.db import Database
from tests.pricing.conftest import Invalidations

PORTLAND = Destination(country="US", region="OR", postcode="97201")


def line(unit_minor: int) -> QuoteLine:
    return QuoteLine(variant_id=UUID(int=7), quantity=1, unit_minor=unit_minor)


@pytest.mark.parametrize(("unit_minor", "shipping"), [(5000, 599), (5001, 0)])
async def test_a_quote_uses_the_rates_of_the_tables(
    db: Database, pricing: PricingService, unit_minor: int, shipping: int
) -> None:
    made = await pricing.quote_for(
        db, lines=[line(unit_minor)], currency="USD", destination=PORTLAND, shipping_method="standard"
    )
    assert (made.totals.shipping_minor, made.totals.tax_minor) == (shipping, 400)


async def test_without_a_destination_there_is_neither_tax_nor_shipping(db: Database, pricing: PricingService) -> None:
    made = await pricing.quote_for(db, lines=[line(5000)], currency="USD")
    assert made.shipping is None
    assert made.totals.total_minor == 5000


async def test_a_method_that_is_not_offered_there_names_those_that_are(db: Database, pricing: PricingService) -> None:
    with pytest.raises(ShippingMethodUnavailableError) as caught:
        await pricing.quote_for(
            db,
            lines=[line(1)],
            currency="EUR",
            destination=Destination(country="FR"),
            shipping_method="express",
        )
    assert caught.value.extra["offered"] == ["standard"]


async def test_offers_know_the_price_and_the_days(db: Database, pricing: PricingService) -> None:
    offers = await pricing.shipping_offers(db, destination=PORTLAND, currency="USD", merchandise_minor=5001)
    assert [(offer.code, offer.amount_minor, offer.window.earliest.isoformat()) for offer in offers] == [
        ("standard", 0, "2026-11-25"),
        ("express", 1499, "2026-11-23"),
    ]


async def test_a_price_set_in_a_unit_is_invalidated_once_committed(
    db: Database, pricing: PricingService, invalidations: Invalidations
) -> None:
    variant = uuid7()
    async with db.unit() as unit:
        assert await pricing.set_prices(unit, variant, {"USD": 1900})
        assert not await pricing.set_prices(unit, variant, {"USD": 1900})
        assert await pricing.set_prices(unit, variant, {"USD": 1500}, "wholesale")
        assert invalidations.tags == []
    assert invalidations.tags == [f"variant:{variant}"] * 2
    with pytest.raises(PriceListNotFoundError):
        async with db.unit() as unit:
            await pricing.set_prices(unit, variant, {"USD": 1}, "nowhere")


async def test_members_of_a_list_get_a_terms_cookie_and_others_none(db: Database, pricing: PricingService) -> None:
    member = uuid7()
    assert await pricing.terms_cookie_for(member) is None
    await db.execute("select pricing.set_members('wholesale', %s)", ([member],))
    assert await pricing.terms_cookie_for(member) == "wholesale"
    assert (await pricing.terms_of(member)).max_lines == 5000
    assert (await pricing.terms_of(None)).group_code == "retail"
