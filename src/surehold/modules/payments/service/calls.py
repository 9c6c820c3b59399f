"""Calls to providers, and what is made of their answers. Records are written by units of the flows and of this service."""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from uuid import UUID

from surehold.kernel.ids import uuid7
from surehold.kernel.money import Money
from surehold.modules.payments import store
from surehold.modules.payments.errors import PaymentMethodUnavailableError
from surehold.modules.payments.model import (
    Attempt,
    AttemptState,
    Outcome,
    OutcomeKind,
    PaymentMethod,
    PaymentSettings,
    PaymentWork,
    Phase,
    ProviderRequest,
)
from surehold.modules.payments.ports import PaymentProvider, RefusalCounter
from surehold.platform.db import Database, Executor
from surehold.platform.sealed import SealedCodec

RETURNS = frozenset({Phase.VOID, Phase.REFUND})

_log = logging.getLogger(__name__)


class PaymentService:
    """Knows the providers. No call to one is made inside a transaction."""

    def __init__(
        self,
        db: Database,
        codec: SealedCodec,
        providers: Sequence[PaymentProvider],
        settings: PaymentSettings | None = None,
        *,
        count_refusal: RefusalCounter,
    ) -> None:
        self._db, self._codec, self._count_refusal = db, codec, count_refusal
        self._providers: Mapping[str, PaymentProvider] = {provider.method.code: provider for provider in providers}
        self.settings = settings or PaymentSettings()

    def methods(self) -> list[PaymentMethod]:
        """The ways to pay, in the order in which they were configured."""
        return [provider.method for provider in self._providers.values()]

    def provider(self, method: str) -> PaymentProvider:
        """The provider behind a method; PaymentMethodUnavailableError if there is none."""
        found = self._providers.get(method)
        if found is None:
            raise PaymentMethodUnavailableError(method=method, offered=list(self._providers))
        return found

    async def call(self, work: PaymentWork, attempt: Attempt) -> Outcome:
        """Make an attempt's call for the first time."""
        return _taken_for(attempt, await self._send(work, attempt))

    async def find_out(self, work: PaymentWork, attempt: Attempt) -> Outcome:
        """Resolve a call that somebody left open: look it up; if it never arrived, make it again with the same key.

        An authorization that nobody knows and that is older than `replay_within_s` is given up (`declined`, ABANDONED); so is
        a challenge that the buyer did not take within `action_within_s`, once the provider was asked to void it. A refused void
        or refund is only looked up: `declined` says that nothing came of it, so that it may be asked for again with another key.
        """
        found = await self._look_up(work, attempt)
        if attempt.state is AttemptState.REFUSED:
            return _after_refusal(found)
        if found is None:
            if attempt.phase is Phase.AUTHORIZE and attempt.age_s > self.settings.replay_within_s:
                return Outcome(kind=OutcomeKind.DECLINED, reason="ABANDONED")
            return await self.call(work, attempt)
        if found.kind is OutcomeKind.REQUIRES_ACTION and attempt.age_s > self.settings.action_within_s:
            return await self._abandon(work, attempt)
        return _taken_for(attempt, found)

    async def settle(self, executor: Executor, work: PaymentWork, attempt: Attempt, outcome: Outcome) -> bool:
        """Record an outcome that concerns nobody but the payment; False if it was settled already."""
        if outcome.kind is OutcomeKind.REFUSED:
            return await self._refuse(executor, work, attempt, outcome)
        return await store.settle(executor, attempt.id, outcome, self.sealed_ref(work.payment_id, outcome), "system")

    async def begin_again(self, work: PaymentWork, attempt: Attempt) -> None:
        """Intend a refused void or refund anew, now that nothing came of it; after `return_rounds` it is a dead letter."""
        verdict = await store.begin_again(
            self._db, attempt.id, uuid7(), self.settings.return_rounds, self.settings.lease_s, "system"
        )
        if verdict == "dead":
            self._count_refusal(attempt.phase.value, "dead")
            _log.error(
                "a provider goes on refusing to give money back: see the dead letters", extra=_names(work, attempt)
            )

    async def _refuse(self, executor: Executor, work: PaymentWork, attempt: Attempt, outcome: Outcome) -> bool:
        ceiling = min(self.settings.return_rest_max_s, self.settings.return_rest_s * 2.0**attempt.round_no)
        rest_s = random.uniform(0, ceiling)  # noqa: S311  jitter, no secret
        is_new = await store.refuse(executor, attempt.id, outcome.reason, rest_s, "system")
        if is_new:
            self._count_refusal(attempt.phase.value, "refused")
            _log.error("a provider refused to give money back; it will be asked again", extra=_names(work, attempt))
        return is_new

    async def stale_orders(self, batch: int) -> list[UUID]:
        """Orders with a call that lay open for too long."""
        return await store.list_stale_orders(self._db, self.settings.recover_after_s, batch)

    def sealed_ref(self, payment_id: UUID, outcome: Outcome) -> bytes | None:
        """The provider's name of the payment, as it is stored."""
        if outcome.provider_ref is None:
            return None
        return self._codec.seal(outcome.provider_ref.encode(), context=_ref_context(payment_id))

    async def _look_up(self, work: PaymentWork, attempt: Attempt) -> Outcome | None:
        provider = self.provider(work.method)
        try:
            async with asyncio.timeout(self.settings.call_timeout_s):
                return await provider.look_up(self._request(work, attempt))
        except (TimeoutError, OSError) as error:
            return _unknown(work, attempt, error)

    async def _send(self, work: PaymentWork, attempt: Attempt) -> Outcome:
        provider = self.provider(work.method)
        make = {
            Phase.AUTHORIZE: provider.authorize,
            Phase.CAPTURE: provider.capture,
            Phase.VOID: provider.void,
            Phase.REFUND: provider.refund,
        }[attempt.phase]
        try:
            async with asyncio.timeout(self.settings.call_timeout_s):
                return await make(self._request(work, attempt))
        except (TimeoutError, OSError) as error:
            return _unknown(work, attempt, error)

    async def _abandon(self, work: PaymentWork, attempt: Attempt) -> Outcome:
        request = self._request(work, attempt)
        abandon = ProviderRequest(
            idempotency_key=f"abandon:{attempt.idempotency_key}",
            order_id=request.order_id,
            amount=request.amount,
            provider_ref=request.provider_ref,
        )
        try:
            async with asyncio.timeout(self.settings.call_timeout_s):
                voided = await self.provider(work.method).void(abandon)
        except (TimeoutError, OSError) as error:
            return _unknown(work, attempt, error)
        if voided.kind not in {OutcomeKind.SUCCEEDED, OutcomeKind.DECLINED}:
            return Outcome(kind=OutcomeKind.REQUIRES_ACTION, action=attempt.action)
        refused = voided.kind is OutcomeKind.DECLINED
        return Outcome(kind=OutcomeKind.DECLINED, reason="CHALLENGE_TIMED_OUT", owes_void=refused)

    def _request(self, work: PaymentWork, attempt: Attempt) -> ProviderRequest:
        ref = work.provider_ref
        return ProviderRequest(
            idempotency_key=attempt.idempotency_key,
            order_id=work.order_id,
            amount=Money(attempt.amount_minor, work.currency),
            provider_ref=None
            if ref is None
            else self._codec.open(bytes.fromhex(ref), context=_ref_context(work.payment_id)).decode(),
        )


def _taken_for(attempt: Attempt, outcome: Outcome) -> Outcome:
    """A no to a void or refund ends nothing: the money still has to go back."""
    if attempt.phase in RETURNS and outcome.kind is OutcomeKind.DECLINED:
        return Outcome(kind=OutcomeKind.REFUSED, reason=outcome.reason)
    return outcome


def _after_refusal(found: Outcome | None) -> Outcome:
    """What a look-up says of a refused call: it went through after all, nothing came of it, or nobody can tell yet."""
    if found is None or found.kind is OutcomeKind.DECLINED:
        return Outcome(kind=OutcomeKind.DECLINED, reason=found.reason if found else None)
    return found if found.kind is OutcomeKind.SUCCEEDED else Outcome(kind=OutcomeKind.REFUSED)


def _unknown(work: PaymentWork, attempt: Attempt, error: Exception) -> Outcome:
    _log.warning(
        "the outcome of a payment call is unknown", extra={**_names(work, attempt), "error": type(error).__name__}
    )
    # A challenge that cannot be looked up right now is still a challenge.
    if attempt.state is AttemptState.REQUIRES_ACTION:
        return Outcome(kind=OutcomeKind.REQUIRES_ACTION, action=attempt.action)
    return Outcome(kind=OutcomeKind.UNKNOWN, reason=type(error).__name__)


def _names(work: PaymentWork, attempt: Attempt) -> dict[str, object]:
    return {
        "order_id": str(work.order_id),
        "attempt_id": str(attempt.id),
        "phase": attempt.phase.value,
        "round_no": attempt.round_no,
    }


def _ref_context(payment_id: UUID) -> str:
    return f"payments.payments.provider_ref:{payment_id}"
