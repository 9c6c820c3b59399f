"""What a checkout would cost now, and how it could be shipped."""

from surehold.modules.checkout.model import (
    OPEN_STATES,
    CartContent,
    Review,
    StoredCheckout,
    quote_lines,
    ready_on,
    review_of,
)
from surehold.modules.checkout.service.contacts import Contacts, destination_of
from surehold.modules.orders import Contact
from surehold.modules.pricing import PricingService, ShippingOffer
from surehold.platform.db import Database, Unit


class Quotes:
    """Asks pricing."""

    def __init__(self, db: Database, pricing: PricingService, contacts: Contacts) -> None:
        self._db, self._pricing, self._contacts = db, pricing, contacts

    async def review(
        self, unit: Unit, cart: CartContent, contact: Contact | None, method: str | None, rates_version: int | None
    ) -> tuple[Review, list[ShippingOffer]]:
        """A locked cart as it would be bought now, and the ways to ship it; without a method the first that is offered."""
        quote, offers = await self._pricing.quote_with_offers(
            unit,
            lines=quote_lines(cart),
            currency=cart.currency,
            destination=destination_of(contact) if contact else None,
            shipping_method=method,
            ready_on=ready_on(cart.lines),
            rates_version=rates_version,
        )
        code = quote.shipping.code if quote.shipping else None
        window = next((offer.window for offer in offers if offer.code == code), None)
        return review_of(cart, quote, window), offers

    async def offers_now(self, checkout: StoredCheckout) -> list[ShippingOffer]:
        """The ways to ship an open checkout with an address; else none."""
        contact, review = self._contacts.of(checkout), checkout.quote
        if contact is None or review is None or checkout.state not in OPEN_STATES:
            return []
        totals = review.totals
        return await self._pricing.shipping_offers(
            self._db,
            destination=destination_of(contact),
            currency=review.currency,
            merchandise_minor=totals.subtotal_minor - totals.discount_minor,
            ready_on=ready_on(review.lines),
        )
