"""An order about to be, from a checkout in review: what `checkout.begin_placing` reads."""

import msgspec

from surehold.kernel.ids import uuid7
from surehold.modules.checkout.model import Loaded, Review
from surehold.modules.checkout.service.sources import Sources
from surehold.modules.orders import Contact, OrderDraft, OrderService
from surehold.modules.payments import Buyer, PaymentService, PaymentSource


class Drafts:
    """Drafts of orders with their payment intents. `placing_s`: how long holds are kept for an order that waits for its payment."""

    def __init__(self, orders: OrderService, payments: PaymentService, sources: Sources, placing_s: int) -> None:
        self._orders, self._payments, self._sources, self._placing_s = orders, payments, sources, placing_s

    def draft(self, loaded: Loaded, review: Review, contact: Contact) -> dict[str, object]:
        """The order and the payment of a locked checkout, with ids of their own."""
        order = _order(loaded, review, contact)
        method = loaded.checkout.payment_method or ""
        provider = self._payments.provider(method)
        buyer = Buyer(email=contact.email, country=contact.address.country) if provider.needs_buyer else None
        source = PaymentSource(token=self._sources.token_of(loaded.checkout), buyer=buyer)
        payment_id = uuid7()
        return {
            "checkout_id": loaded.checkout.id,
            "direct": provider.is_direct,
            "placing_s": self._placing_s,
            "order": self._orders.draft_for_sql(order),
            "payment": {
                "payment_id": payment_id,
                "attempt_id": uuid7(),
                "order_id": order.id,
                "method": method,
                "captures_on": provider.captures_on,
                "currency": order.currency,
                "amount_minor": order.total_minor,
                "lease_s": self._payments.settings.lease_s,
                "source": self._payments.sealed_source(payment_id, source),
            },
        }


def _order(loaded: Loaded, review: Review, contact: Contact) -> OrderDraft:
    checkout, totals = loaded.checkout, review.totals
    if loaded.price_list_id is None or review.shipping is None:
        raise AssertionError("a checkout in review has a cart and a way to ship")
    return OrderDraft(
        id=uuid7(),
        checkout_id=checkout.id,
        account_id=checkout.account_id,
        guest_hash=None if checkout.guest_hash is None else bytes.fromhex(checkout.guest_hash),
        currency=review.currency,
        lines=review.lines,
        subtotal_minor=totals.subtotal_minor,
        discount_minor=totals.discount_minor,
        shipping_minor=totals.shipping_minor,
        shipping_tax_minor=review.shipping.tax_minor,
        tax_minor=totals.tax_minor,
        total_minor=totals.total_minor,
        shipping_method=review.shipping.code,
        promised=msgspec.to_builtins(review.delivery) if review.delivery else {},
        price_list_id=loaded.price_list_id,
        contact=contact,
    )
