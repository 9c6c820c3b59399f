"""Stripe's webhooks: told from forged and stale ones by the SDK's own check, and reduced to what they are about."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from surehold.adapters.payments.stripe.settings import StripeSettings
from surehold.adapters.payments.stripe.shapes import id_in
from surehold.kernel.clock import Clock
from surehold.modules.payments import NewsClosedError, NewsRefusedError, ProviderNews

SIGNATURE = "stripe-signature"
INTENT = "payment_intent"


class Thing(msgspec.Struct, frozen=True):
    """What an event is about, whatever it is."""

    id: str | None = None
    object: str | None = None
    payment_intent: Any = None
    metadata: dict[str, Any] | None = None


class Data(msgspec.Struct, frozen=True):
    """The envelope of it."""

    object: Thing


class Event(msgspec.Struct, frozen=True):
    """An event of Stripe's."""

    id: str
    type: str
    data: Data


class StripeWebhooks:
    """A `NewsVerifier`."""

    provider = "stripe"

    def __init__(self, settings: StripeSettings, clock: Clock) -> None:
        self._secret, self._clock = settings.webhook_secret, clock
        self._tolerance = timedelta(seconds=settings.webhook_tolerance_s)

    def verify(self, body: bytes, headers: Mapping[str, str]) -> ProviderNews:
        """The event, if Stripe signed it within the tolerance. NewsClosedError without a secret, else NewsRefusedError."""
        if not self._secret:
            raise NewsClosedError("Set SUREHOLD_STRIPE_WEBHOOK_SECRET.")
        signature = headers.get(SIGNATURE, "")
        self._check(body, signature)
        event = _event(body)
        thing = event.data.object
        ref = thing.id if thing.object == INTENT else thing.payment_intent
        return ProviderNews(
            event_id=event.id,
            kind=event.type,
            provider_ref=ref if isinstance(ref, str) else None,
            payment_id=id_in(thing.metadata or {}, "payment_id"),
        )

    def _check(self, body: bytes, signature: str) -> None:
        import stripe

        try:
            # Without a tolerance: the SDK reads the machine's clock, ours is handed in.
            stripe.WebhookSignature.verify_header(body, signature, self._secret, None)
        except (stripe.SignatureVerificationError, ValueError) as error:
            raise NewsRefusedError("It is not signed by Stripe with this endpoint's secret.") from error
        if abs(self._clock.now().timestamp() - _signed_at(signature)) > self._tolerance.total_seconds():
            raise NewsRefusedError("It was signed too long ago; check this machine's clock if all are refused.")


def _signed_at(signature: str) -> int:
    """The moment in a signature that was found to be good; the first, as the SDK takes it."""
    parts: list[Any] = [part.split("=", 2) for part in signature.split(",")]
    return next(int(part[1]) for part in parts if part[0] == "t")


def _event(body: bytes) -> Event:
    try:
        event = msgspec.json.decode(body, type=Event)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NewsRefusedError("It is signed, and not an event in a shape that is known.") from error
    if not 0 < len(event.id) <= 255 or not event.id.isprintable():
        raise NewsRefusedError("The event has no usable id.")
    return event
