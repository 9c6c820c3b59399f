"""Calls to providers, and what is made of their answers. Records are written by units of the flows and of this service."""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from surehold.kernel.ids import uuid7
from surehold.kernel.money import Money
from surehold.modules.payments import store
from surehold.modules.payments.errors import PaymentMethodUnavailableError, PaymentTokenError
from surehold.modules.payments.model import (
    MISMATCH,
    Attempt,
    AttemptState,
    Outcome,
    OutcomeKind,
    PaymentMethod,
    PaymentSettings,
    PaymentSource,
    PaymentWork,
    Phase,
    ProviderRequest,
    looks_like_a_card_number,
)
from surehold.modules.payments.ports import PaymentProvider, RefusalCounter, ReturnUrl
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
        return_url: ReturnUrl = str,
    ) -> None:
        self._db, self._codec, self._count_refusal = db, codec, count_refusal
        self._providers: Mapping[str, PaymentProvider] = {provider.method.code: provider for provider in providers}
        self._return_url = return_url
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

    def check_choice(self, method: str, token: str | None) -> None:
        """Whether a method may be chosen with what came along; PaymentMethodUnavailableError or PaymentTokenError otherwise."""
        offered = self.provider(method).method
        if token is not None and looks_like_a_card_number(token):
            raise PaymentTokenError(
                "Never send a card number here: the method's own fields make a token of it.", field="token"
            )
        if offered.needs_token and token is None:
            raise PaymentTokenError(f"Send the token that the fields of {method!r} made.", field="token")
        if token is not None and not offered.needs_token:
            raise PaymentTokenError(f"The method {method!r} takes no token; leave it out.", field="token")

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

    async def ending_authorizations(self, batch: int) -> list[UUID]:
        """Orders whose money is held at a provider and will not be for long."""
        outside = [code for code, provider in self._providers.items() if not provider.is_direct]
        return await store.list_ending(self._db, outside, self.settings.end_authorizations_after_s, batch)

    def sealed_ref(self, payment_id: UUID, outcome: Outcome) -> bytes | None:
        """The provider's name of the payment, as `payments.settle` takes it: its blind index, then itself sealed."""
        if outcome.provider_ref is None:
            return None
        sealed = self._codec.seal(outcome.provider_ref.encode(), context=_ref_context(payment_id))
        return ref_index(self._codec, outcome.provider_ref) + sealed

    def sealed_source(self, payment_id: UUID, source: PaymentSource) -> str | None:
        """What an authorization is made of, as it is stored (hex); None if there is nothing to it."""
        if source == PaymentSource():
            return None
        return self._codec.seal_json(source, context=_source_context(payment_id)).hex()

    async def _look_up(self, work: PaymentWork, attempt: Attempt) -> Outcome | None:
        provider = self.provider(work.method)
        try:
            async with asyncio.timeout(self.settings.call_timeout_s):
                found = await provider.look_up(self._request(work, attempt))
        except (TimeoutError, OSError) as error:
            return _unknown(work, attempt, error)
        return found if found is None else await self._compared(work, found)

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
                outcome = await make(self._request(work, attempt))
        except (TimeoutError, OSError) as error:
            return _unknown(work, attempt, error)
        return await self._compared(work, outcome)

    async def _compared(self, work: PaymentWork, outcome: Outcome) -> Outcome:
        """An outcome, after staff was told if what the provider has under our name is something else."""
        if outcome.reason == MISMATCH:
            detail = f"at the provider it is not {work.amount_minor} {work.currency} for order {work.order_id}"
            await self._note(work, "mismatch", detail)
        return outcome

    async def note_uncaptured(self, work: PaymentWork) -> None:
        """Tell staff that what is held for an order ends before long, and that the provider would not give it."""
        await self._note(
            work, "uncaptured", f"{work.amount_minor} {work.currency} for order {work.order_id} is only held"
        )

    async def _note(self, work: PaymentWork, kind: str, detail: str) -> None:
        if await store.note_finding(self._db, uuid7(), kind, str(work.payment_id), work.payment_id, None, detail):
            _log.error(
                "a payment needs staff: see the dead letters", extra={"kind": kind, "order_id": str(work.order_id)}
            )

    async def _abandon(self, work: PaymentWork, attempt: Attempt) -> Outcome:
        abandon = msgspec.structs.replace(
            self._request(work, attempt), idempotency_key=f"abandon:{attempt.idempotency_key}", phase=Phase.VOID
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
        ref, source = work.provider_ref, self._source(work)
        return ProviderRequest(
            idempotency_key=attempt.idempotency_key,
            phase=attempt.phase,
            order_id=work.order_id,
            payment_id=work.payment_id,
            amount=Money(attempt.amount_minor, work.currency),
            age_s=attempt.age_s,
            provider_ref=None
            if ref is None
            else self._codec.open(bytes.fromhex(ref), context=_ref_context(work.payment_id)).decode(),
            source=source.token,
            buyer=source.buyer,
            return_url=self._return_url(work.order_id),
        )

    def _source(self, work: PaymentWork) -> PaymentSource:
        if work.source is None:
            return PaymentSource()
        return self._codec.open_json(
            bytes.fromhex(work.source), PaymentSource, context=_source_context(work.payment_id)
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


def ref_index(codec: SealedCodec, provider_ref: str) -> bytes:
    """By which a payment is found for the provider's name of it."""
    return codec.blind_index(provider_ref, purpose="payments.provider_ref")


def _ref_context(payment_id: UUID) -> str:
    return f"payments.payments.provider_ref:{payment_id}"


def _source_context(payment_id: UUID) -> str:
    return f"payments.payments.source:{payment_id}"
