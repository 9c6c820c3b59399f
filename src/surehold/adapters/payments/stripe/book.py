"""Stripe's own list of what was charged, for the daily comparison."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from surehold.adapters.payments.stripe.client import StripeClients
from surehold.adapters.payments.stripe.finding import PAGE
from surehold.adapters.payments.stripe.shapes import Intent, id_in, shape
from surehold.modules.payments import ProviderCharge

MAX_PAGES = 1_000


class StripeBook:
    """A `ChargeBook`."""

    provider = "stripe"

    def __init__(self, clients: StripeClients) -> None:
        self._clients = clients

    async def list_charges(self, since: datetime) -> Sequence[ProviderCharge]:
        """Every intent made since a moment; OSError when there are more than MAX_PAGES pages of them."""
        params: dict[str, Any] = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        found: list[ProviderCharge] = []
        for _ in range(MAX_PAGES):
            page = await self._clients.ask(self._clients.payments.payment_intents.list_async(params), "list")
            found += [_charge(shape(one, Intent)) for one in page.data]
            if not page.has_more:
                return found
            params["starting_after"] = page.data[-1].id
        msg = f"more than {MAX_PAGES * PAGE} intents to compare"
        raise OSError(msg)


def _charge(intent: Intent) -> ProviderCharge:
    return ProviderCharge(
        provider_ref=intent.id,
        currency=intent.currency.upper(),
        amount_minor=intent.amount,
        held_minor=intent.amount_capturable,
        captured_minor=intent.amount_received,
        payment_id=id_in(intent.metadata, "payment_id"),
        order_id=id_in(intent.metadata, "order_id"),
    )
