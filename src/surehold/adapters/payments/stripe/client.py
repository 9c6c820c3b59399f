"""The SDK's client, made when it is first needed; and its errors in the words of the port.

The SDK never repeats a call: repeating belongs to the one layer that stored the key.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from surehold.adapters.payments.stripe.settings import StripeSettings

if TYPE_CHECKING:
    from stripe import HTTPXClient, StripeClient

API_VERSION = "2026-10-28.endive"
"""What the answers are read as; raised together with the SDK, after reading its list of changes."""
AnswerT = TypeVar("AnswerT")
UNEXPECTED_STATE = "payment_intent_unexpected_state"
BAD_REQUEST, NOT_FOUND = 400, 404

_log = logging.getLogger(__name__)


TroubleCounter = Callable[[str, str], None]
"""Counts what went wrong: the call, and `rejected` (a mistake of ours) or `unknown`."""


class DeclinedError(Exception):
    """Whoever gives the money said no; `reason` is a stable word."""

    def __init__(self, reason: str, intent_id: str | None) -> None:
        super().__init__(reason)
        self.reason, self.intent_id = reason, intent_id


class RejectedError(Exception):
    """The call was refused before anything was done; `code` is Stripe's."""

    def __init__(self, code: str, param: str) -> None:
        super().__init__(code)
        self.code, self.param = code, param


class StripeClients:
    """The client of a process, shared by all methods."""

    def __init__(self, settings: StripeSettings, count: TroubleCounter = lambda _call, _what: None) -> None:
        self.settings, self._count = settings, count
        self._client: StripeClient | None = None
        self._http: HTTPXClient | None = None

    async def close(self) -> None:
        """Let go of the connections; the next call makes new ones."""
        if self._http is not None:
            await self._http.close_async()
        self._client = self._http = None

    @property
    def payments(self) -> Any:
        """The services of the first generation of the API: intents, refunds."""
        if self._client is None:
            self._client = self._make()
        return self._client.v1

    async def warm(self) -> None:
        """Load the SDK off the event loop, if there is a key: it takes a third of a second, for which a buyer would wait."""
        if self.settings.is_on:
            await asyncio.to_thread(import_module, "stripe")

    async def ask(self, call: Awaitable[AnswerT], what: str) -> AnswerT:
        """What a call of the SDK answers. DeclinedError, RejectedError; OSError for whatever leaves its outcome unknown."""
        import stripe

        try:
            return await call
        except stripe.CardError as error:
            raise _declined(error) from error
        except stripe.InvalidRequestError as error:
            raise self._rejected(error, what) from error
        except stripe.StripeError as error:
            is_ours = isinstance(error, (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError))
            raise self._unknown(error, what, logging.ERROR if is_ours else logging.WARNING) from error

    def _rejected(self, error: Any, what: str) -> Exception:
        if error.http_status not in {BAD_REQUEST, NOT_FOUND}:
            return self._unknown(error, what, logging.WARNING)
        rejected = RejectedError(error.code or "invalid_request", error.param or "")
        if rejected.code != UNEXPECTED_STATE:
            _log.error("stripe_rejected_a_call", extra=_facts(error, what))
            self._count(what, "rejected")
        return rejected

    def _unknown(self, error: Any, what: str, level: int) -> OSError:
        _log.log(level, "stripe_outcome_unknown", extra=_facts(error, what))
        self._count(what, "unknown")
        return OSError(type(error).__name__)

    def _make(self) -> "StripeClient":
        import httpx
        import stripe

        for name in ("stripe", "httpx", "httpcore"):  # they log each address, and with it Stripe's names of payments
            logging.getLogger(name).setLevel(logging.WARNING)
        settings = self.settings
        timeout = httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s)
        self._http = stripe.HTTPXClient(timeout=timeout)
        return stripe.StripeClient(
            settings.secret_key,
            stripe_version=API_VERSION,
            base_addresses={"api": settings.api_url.rstrip("/")},
            max_network_retries=0,
            http_client=self._http,
        )


def _declined(error: Any) -> DeclinedError:
    told = error.error
    intent = getattr(told, "payment_intent", None) if told is not None else None
    return DeclinedError(
        decline_reason(getattr(told, "decline_code", None), error.code), getattr(intent, "id", None) if intent else None
    )


def _facts(error: Any, what: str) -> dict[str, object]:
    """Names and numbers, never the message: it may repeat what a buyer typed."""
    return {
        "call": what,
        "error": type(error).__name__,
        "status": error.http_status,
        "code": error.code,
        "request_id": error.request_id,
    }


_REASONS = {
    "insufficient_funds": "INSUFFICIENT_FUNDS",
    "expired_card": "CARD_EXPIRED",
    "incorrect_cvc": "INCORRECT_CVC",
    "invalid_cvc": "INCORRECT_CVC",
    "authentication_required": "AUTHENTICATION_REQUIRED",
    "payment_intent_authentication_failure": "AUTHENTICATION_FAILED",
    "payment_method_provider_decline": "DECLINED_BY_PROVIDER",
}


def decline_reason(decline_code: str | None, code: str | None) -> str:
    """A stable word for why it was declined. That a card is stolen or looks like fraud is told to nobody: it is declined."""
    return _REASONS.get(decline_code or "") or _REASONS.get(code or "") or "CARD_DECLINED"
