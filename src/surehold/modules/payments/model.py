"""Payments as they are asked for and answered: shapes and the rules about unknown outcomes."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from surehold.kernel.money import Money

CapturesOn = Literal["placement", "delivery"]


class PaymentStatus(StrEnum):
    """Where a payment is."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    VOIDED = "VOIDED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


class Phase(StrEnum):
    """What a provider is asked to do."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class AttemptState(StrEnum):
    """What is known about one call; the first four are open."""

    SENDING = "sending"
    REQUIRES_ACTION = "requires_action"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"


class OutcomeKind(StrEnum):
    """What came of a call. `unknown`: nobody can tell (a timeout, a cut connection); never taken for a failure.

    `refused` is what a provider's no to a void or refund is taken for: the money still has to go back, so it is asked again.
    """

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    REQUIRES_ACTION = "requires_action"
    REFUSED = "refused"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's answer. `reason` is a stable word, `action` what the buyer has to open for `requires_action`.

    `owes_void`: it was given up, and the provider would not void it: it has to be asked again, for it may hold the money yet.
    """

    kind: OutcomeKind
    provider_ref: str | None = None
    reason: str | None = None
    action: str | None = None
    owes_void: bool = False

    @property
    def is_final(self) -> bool:
        """Whether it settles the attempt."""
        return self.kind in {OutcomeKind.SUCCEEDED, OutcomeKind.DECLINED}


class ProviderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One call to a provider. The key is stored before the call and makes repeating it harmless."""

    idempotency_key: str
    order_id: UUID
    amount: Money
    provider_ref: str | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An open call. `busy`: somebody is on it right now, or it rests; `age_s` counts from its first try.

    `round_no`: how often the same was asked for, each time with another key, because the provider refused.
    """

    id: UUID
    phase: Phase
    idempotency_key: str
    state: AttemptState
    amount_minor: int
    tries: int
    round_no: int
    busy: bool
    age_s: int
    action: str | None = None


class PaymentWork(msgspec.Struct, frozen=True, kw_only=True):
    """A payment with its open call, if there is one. `provider_ref` is sealed (hex)."""

    payment_id: UUID
    order_id: UUID
    method: str
    captures_on: CapturesOn
    status: PaymentStatus
    currency: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    provider_ref: str | None = None
    failure: str | None = None
    attempt: Attempt | None = None


class PaymentMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay, as it is offered."""

    code: str
    title: str


class PaymentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Named limits of calls to providers.

    `call_timeout_s`: after that the outcome is unknown. `lease_s`: how long nobody else takes up the same call; longer than the
    timeout. `recover_after_s`: how long a call lies open before the recovery job takes it up. `replay_within_s`: an authorization
    that the provider does not know is asked for again only so long, then given up. `action_within_s`: how long a buyer has for
    a payment challenge. `return_rounds`: how often a void or refund is asked for before it is a dead letter, resting in between
    for a random time of up to `return_rest_s`, doubled each round up to `return_rest_max_s`.
    """

    call_timeout_s: float = 20.0
    lease_s: int = 30
    recover_after_s: int = 30
    replay_within_s: int = 30 * 60
    action_within_s: int = 15 * 60
    return_rounds: int = 8
    return_rest_s: float = 60.0
    return_rest_max_s: float = 6 * 60 * 60.0
