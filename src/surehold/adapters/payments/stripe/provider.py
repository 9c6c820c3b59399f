"""Methods of Stripe as `PaymentProvider`s: PaymentIntents, authorised when they are made and captured last.

What is asked for is in the intent's metadata (`order_id`, `payment_id`), so that whoever finds it knows whose it is; amount,
currency and both ids are compared each time. What does not fit is never taken for paid.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from surehold.adapters.payments.stripe.client import (
    UNEXPECTED_STATE,
    DeclinedError,
    RejectedError,
    StripeClients,
    decline_reason,
)
from surehold.adapters.payments.stripe.finding import find_intent, find_refund
from surehold.adapters.payments.stripe.shapes import Intent, Refund, shape
from surehold.modules.payments import (
    MISMATCH,
    REFUND_PENDING,
    CapturesOn,
    CardFields,
    Outcome,
    OutcomeKind,
    PaymentMethod,
    Phase,
    ProviderRequest,
)

REJECTED = "PROVIDER_REJECTED"
NOT_FOUND = "NOT_FOUND"
KEY_RENEWED_S, KEY_TRUSTED_S = 60, 600

Reading = Callable[[Intent, ProviderRequest], Outcome | None]
"""What an intent says of a call; None if the call had no effect yet."""

_log = logging.getLogger(__name__)


class StripeProvider:
    """One method. `kind` is Stripe's name of it; a `card` is paid by a token, others on a page of their own."""

    is_direct = False

    def __init__(
        self, clients: StripeClients, method: PaymentMethod, kind: str, captures_on: CapturesOn = "placement"
    ) -> None:
        self._clients, self.method, self._kind = clients, method, kind
        self.captures_on: CapturesOn = captures_on
        self.needs_buyer = not method.needs_token

    async def authorize(self, request: ProviderRequest) -> Outcome:
        """Make the intent and confirm it in one call."""
        return await self._ask(
            request, lambda: self._intents.create_async(self._intent_of(request), _options(request)), _authorized
        )

    async def capture(self, request: ProviderRequest) -> Outcome:
        """Take what is held; taken already counts as success."""
        params = {"amount_to_capture": request.amount.amount}
        return await self._ask_known(request, "capture_async", params, _captured)

    async def void(self, request: ProviderRequest) -> Outcome:
        """Let go of what is held; void already counts as success."""
        return await self._ask_known(request, "cancel_async", {}, _voided)

    async def refund(self, request: ProviderRequest) -> Outcome:
        """Give back what was taken. A slow refund stays open, and is looked up until it is through."""
        intent_id = await self._known_id(request)
        if isinstance(intent_id, Outcome):
            return intent_id
        params = {
            "payment_intent": intent_id,
            "amount": request.amount.amount,
            "metadata": {**_metadata(request), "key": request.idempotency_key},
        }
        try:
            made = await self._clients.ask(
                self._clients.payments.refunds.create_async(params, _options(request)), "refund"
            )
        except (DeclinedError, RejectedError) as error:
            reason = error.reason if isinstance(error, DeclinedError) else REJECTED
            return Outcome(kind=OutcomeKind.DECLINED, reason=reason)
        return _refunded(shape(made, Refund), request)

    async def look_up(self, request: ProviderRequest) -> Outcome | None:
        """What became of a call; None if it never arrived, so that it may be made again with the same key."""
        intent = await find_intent(self._clients, request)
        if intent is None:
            return None
        if not _is_ours(intent, request):
            return _mismatch(request)
        if request.phase is Phase.REFUND:
            refund = await find_refund(self._clients, intent, request.idempotency_key)
            return _no_refund(request) if refund is None else _refunded(refund, request)
        read = {Phase.AUTHORIZE: _authorized, Phase.CAPTURE: _captured, Phase.VOID: _voided}[request.phase]
        return read(intent, request)

    @property
    def _intents(self) -> Any:
        return self._clients.payments.payment_intents

    async def _known_id(self, request: ProviderRequest) -> str | Outcome:
        """Stripe's name of a payment. What is stored was compared before it was stored; what has to be found is compared now."""
        if request.provider_ref is not None:
            return request.provider_ref
        intent = await find_intent(self._clients, request)
        if intent is None:
            return Outcome(kind=OutcomeKind.DECLINED, reason=NOT_FOUND)
        return intent.id if _is_ours(intent, request) else _mismatch(request)

    async def _ask_known(self, request: ProviderRequest, name: str, params: dict[str, Any], read: Reading) -> Outcome:
        """A call about an intent that is there."""
        intent_id = await self._known_id(request)
        if isinstance(intent_id, Outcome):
            return intent_id
        make = getattr(self._intents, name)
        return await self._ask(request, lambda: make(intent_id, params, _options(request)), read)

    async def _ask(self, request: ProviderRequest, call: Callable[[], Awaitable[Any]], read: Reading) -> Outcome:
        try:
            intent = shape(await self._clients.ask(call(), request.phase.value), Intent)
        except DeclinedError as error:
            return Outcome(kind=OutcomeKind.DECLINED, provider_ref=error.intent_id, reason=error.reason)
        except RejectedError as error:
            return await self._after_rejection(request, error, read)
        if not _is_ours(intent, request):
            return _mismatch(request)
        return read(intent, request) or Outcome(kind=OutcomeKind.UNKNOWN, provider_ref=intent.id, reason="NO_EFFECT")

    async def _after_rejection(self, request: ProviderRequest, error: RejectedError, read: Reading) -> Outcome:
        """A state that does not allow it may be the one that was wanted; everything else certainly had no effect."""
        if error.code == UNEXPECTED_STATE:
            intent = await find_intent(self._clients, request)
            known = read(intent, request) if intent is not None and _is_ours(intent, request) else None
            if known is not None:
                return known
        is_token = error.param == "payment_method" and request.phase is Phase.AUTHORIZE
        return Outcome(kind=OutcomeKind.DECLINED, reason="TOKEN_INVALID" if is_token else REJECTED)

    def _intent_of(self, request: ProviderRequest) -> dict[str, Any]:
        buyer = request.buyer
        by_token = {"payment_method": request.source}
        by_page = {
            "payment_method_data": {
                "type": self._kind,
                "billing_details": {"email": buyer.email, "address": {"country": buyer.country}} if buyer else {},
            }
        }
        return {
            "amount": request.amount.amount,
            "currency": request.amount.currency.lower(),
            "capture_method": "manual",
            "confirm": True,
            "payment_method_types": [self._kind],
            "return_url": request.return_url,
            "metadata": _metadata(request),
            **(by_token if self.method.needs_token else by_page),
        }


def card(clients: StripeClients) -> StripeProvider:
    """Cards, typed into Stripe's own fields."""
    settings = clients.settings
    fields = CardFields(publishable_key=settings.publishable_key, url=settings.fields_url)
    return StripeProvider(clients, PaymentMethod(code="card", title="Card", needs_token=True, fields=fields), "card")


def klarna(clients: StripeClients) -> StripeProvider:
    """Klarna: the buyer agrees on its own page and comes back."""
    return StripeProvider(clients, PaymentMethod(code="klarna", title="Klarna"), "klarna")


def _authorized(intent: Intent, request: ProviderRequest) -> Outcome | None:
    match intent.status:
        case "requires_capture" | "succeeded":
            return _done(intent)
        case "requires_action" if intent.action_url is not None:
            return Outcome(kind=OutcomeKind.REQUIRES_ACTION, provider_ref=intent.id, action=intent.action_url)
        case "requires_payment_method":
            told = intent.last_payment_error
            reason = decline_reason(told.decline_code if told else None, told.code if told else None)
            return Outcome(kind=OutcomeKind.DECLINED, provider_ref=intent.id, reason=reason)
        case "canceled":
            return Outcome(kind=OutcomeKind.DECLINED, provider_ref=intent.id, reason="VOIDED_BY_PROVIDER")
        case _:
            _log.warning("stripe_intent_undecided", extra={"order_id": str(request.order_id), "status": intent.status})
            return Outcome(kind=OutcomeKind.UNKNOWN, provider_ref=intent.id, reason=intent.status.upper())


def _captured(intent: Intent, request: ProviderRequest) -> Outcome | None:
    match intent.status:
        case "succeeded":
            return _done(intent) if intent.amount_received == request.amount.amount else _mismatch(request)
        case "requires_capture":
            return None
        case "processing":
            return Outcome(kind=OutcomeKind.UNKNOWN, reason="PROCESSING")
        case _:
            return Outcome(kind=OutcomeKind.DECLINED, reason="AUTHORIZATION_ENDED")


def _voided(intent: Intent, request: ProviderRequest) -> Outcome | None:
    del request
    match intent.status:
        case "canceled":
            return _done(intent)
        case "succeeded":
            return Outcome(kind=OutcomeKind.DECLINED, reason="CAPTURED_ALREADY")
        case _:
            return None


def _refunded(refund: Refund, request: ProviderRequest) -> Outcome:
    if refund.amount != request.amount.amount or refund.currency.upper() != request.amount.currency:
        return Outcome(kind=OutcomeKind.UNKNOWN, reason=MISMATCH)
    match refund.status:
        case "succeeded":
            return Outcome(kind=OutcomeKind.SUCCEEDED)
        case "failed" | "canceled":
            return Outcome(kind=OutcomeKind.DECLINED, reason="REFUND_FAILED")
        case _:
            return Outcome(kind=OutcomeKind.UNKNOWN, reason=REFUND_PENDING)


def _done(intent: Intent) -> Outcome:
    return Outcome(kind=OutcomeKind.SUCCEEDED, provider_ref=intent.id)


def _is_ours(intent: Intent, request: ProviderRequest) -> bool:
    """Whether it is the very payment that was asked for; only a refund may be of a part of it."""
    is_amount = request.amount.amount == intent.amount or (
        request.phase is Phase.REFUND and request.amount.amount < intent.amount
    )
    told = {name: intent.metadata.get(name) for name in _metadata(request)}
    return is_amount and intent.currency.upper() == request.amount.currency and told == _metadata(request)


def _mismatch(request: ProviderRequest) -> Outcome:
    _log.error("stripe_intent_does_not_fit", extra={"order_id": str(request.order_id), "phase": request.phase.value})
    return Outcome(kind=OutcomeKind.UNKNOWN, reason=MISMATCH)


def _metadata(request: ProviderRequest) -> dict[str, str]:
    return {"order_id": str(request.order_id), "payment_id": str(request.payment_id)}


def _no_refund(request: ProviderRequest) -> Outcome | None:
    """A refund that is not there yet may be asked for with the same key, but an error of Stripe's own stays with a key for a day.

    So after a while it is a no, upon which the payment asks with another key, once one more look-up found nothing.
    """
    return Outcome(kind=OutcomeKind.DECLINED, reason="NO_EFFECT") if request.age_s > KEY_TRUSTED_S else None


def _options(request: ProviderRequest) -> Any:
    """The stored key. An error of Stripe's own stays with it for a day; what an intent's state allows only once need not wait."""
    key = request.idempotency_key
    if request.phase in {Phase.CAPTURE, Phase.VOID} and request.age_s >= KEY_RENEWED_S:
        key = f"{key}:{request.age_s // KEY_RENEWED_S}"
    return {"idempotency_key": key}
