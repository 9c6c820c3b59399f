"""Finding what a call left behind: by Stripe's name of it, else by our ids in its metadata.

The search index lags behind by up to a minute: what it does not know is looked for in the list by time, which does not lag, and what
it knows is read again.
"""

import time
from collections.abc import Awaitable
from typing import Any

from surehold.adapters.payments.stripe.client import DeclinedError, RejectedError, StripeClients
from surehold.adapters.payments.stripe.shapes import Intent, Refund, shape
from surehold.modules.payments import ProviderRequest

PAGE = 100
MAX_PAGES = 10
CLOCK_SLACK_S = 15 * 60


async def find_intent(clients: StripeClients, request: ProviderRequest) -> Intent | None:
    """The intent of a payment; None if Stripe certainly has none. OSError if that cannot be told."""
    intents = clients.payments.payment_intents
    if request.provider_ref is not None:
        return shape(await _read(clients, intents.retrieve_async(request.provider_ref), "retrieve"), Intent)
    return await _search(clients, request) or await _walk(clients, request)


async def _search(clients: StripeClients, request: ProviderRequest) -> Intent | None:
    intents = clients.payments.payment_intents
    query = f"metadata['payment_id']:'{request.payment_id}'"
    try:
        found = await clients.ask(intents.search_async({"query": query, "limit": 2}), "search")
    except RejectedError:
        return None  # some countries have no search; the list knows as much
    named = _only([shape(one, Intent) for one in found.data], request)
    return None if named is None else shape(await _read(clients, intents.retrieve_async(named.id), "retrieve"), Intent)


async def _walk(clients: StripeClients, request: ProviderRequest) -> Intent | None:
    intents = clients.payments.payment_intents
    since = int(time.time()) - request.age_s - CLOCK_SLACK_S
    params: dict[str, Any] = {"created": {"gte": since}, "limit": PAGE}
    for _ in range(MAX_PAGES):
        page = await _read(clients, intents.list_async(params), "list")
        mine = [one for one in (shape(one, Intent) for one in page.data) if _names(one, request)]
        if mine or not page.has_more:
            return _only(mine, request)
        params["starting_after"] = page.data[-1].id
    msg = f"more than {PAGE * MAX_PAGES} intents since then; it cannot be told whether this one is among them"
    raise OSError(msg)


async def find_refund(clients: StripeClients, intent: Intent, key: str) -> Refund | None:
    """The refund that a call with this key made; None if there is none."""
    params: dict[str, Any] = {"payment_intent": intent.id, "limit": PAGE}
    for _ in range(MAX_PAGES):
        page = await _read(clients, clients.payments.refunds.list_async(params), "list_refunds")
        for one in page.data:
            refund = shape(one, Refund)
            if refund.metadata.get("key") == key:
                return refund
        if not page.has_more:
            return None
        params["starting_after"] = page.data[-1].id
    msg = f"more than {PAGE * MAX_PAGES} refunds of one payment"
    raise OSError(msg)


async def _read(clients: StripeClients, call: Awaitable[Any], what: str) -> Any:
    """What reading answers; a read that is refused (another account's key?) tells nothing, so OSError."""
    try:
        return await clients.ask(call, what)
    except (DeclinedError, RejectedError) as error:
        msg = f"Stripe refused to {what}: {error}"
        raise OSError(msg) from error


def _names(intent: Intent, request: ProviderRequest) -> bool:
    return intent.metadata.get("payment_id") == str(request.payment_id)


def _only(found: list[Intent], request: ProviderRequest) -> Intent | None:
    if len(found) > 1:
        msg = f"two intents name payment {request.payment_id}"
        raise OSError(msg)
    return found[0] if found else None
