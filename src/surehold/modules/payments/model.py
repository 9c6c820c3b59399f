"""Payments as they are asked for and answered: shapes and the rules about unknown outcomes."""

import re
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from surehold.kernel.money import Money

_DIGITS = re.compile(r"[0-9](?:[ ./_-]?[0-9]){11,}")
_PAN_DIGITS = range(12, 20)
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


MISMATCH = "MISMATCH"
"""The reason of an unknown outcome: what the provider has under our name is for another amount, currency or order."""
REFUND_PENDING = "REFUND_PENDING"
"""The reason of a refund that the provider took and is slow with; nothing is wrong with it for days."""


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


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays, as far as a provider of bank redirects and instalments has to know. `country` is ISO 3166-1 alpha-2."""

    email: str
    country: str


class PaymentSource(msgspec.Struct, frozen=True, kw_only=True):
    """What an authorization is made of, kept sealed until it is settled: the provider's token, or who the buyer is."""

    token: str | None = None
    buyer: Buyer | None = None


class ProviderRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One call to a provider. The key is stored before the call and makes repeating it harmless.

    `age_s` counts from the first try with this key. `source` and `buyer` are there only while an authorization is open, for the
    methods that need them; `return_url` is where a buyer comes back to who was sent away to agree.
    """

    idempotency_key: str
    phase: Phase
    order_id: UUID
    payment_id: UUID
    amount: Money
    age_s: int = 0
    provider_ref: str | None = None
    source: str | None = None
    buyer: Buyer | None = None
    return_url: str = ""


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
    reason: str | None = None


class PaymentWork(msgspec.Struct, frozen=True, kw_only=True):
    """A payment with its open call, if there is one. `provider_ref` and `source` are sealed (hex)."""

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
    source: str | None = None
    failure: str | None = None
    attempt: Attempt | None = None


class CardFields(msgspec.Struct, frozen=True, kw_only=True):
    """What a page needs to show the provider's own card fields, so that no card number ever reaches this server."""

    publishable_key: str
    url: str


class PaymentMethod(msgspec.Struct, frozen=True, kw_only=True):
    """A way to pay, as it is offered. `needs_token`: the payment step brings a token that `fields` made."""

    code: str
    title: str
    needs_token: bool = False
    fields: CardFields | None = None


class ProviderNews(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider's message is about. It is never believed: whoever handles it asks the provider again."""

    event_id: str
    kind: str
    provider_ref: str | None = None
    payment_id: UUID | None = None


class ProviderCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a provider's own book. `held_minor` is authorized and neither taken nor let go; `order_id` as we told it."""

    provider_ref: str
    currency: str
    amount_minor: int
    held_minor: int
    captured_minor: int
    payment_id: UUID | None = None
    order_id: UUID | None = None


class PaymentSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Named limits of calls to providers.

    `call_timeout_s`: after that the outcome is unknown. `lease_s`: how long nobody else takes up the same call; longer than the
    timeout. `recover_after_s`: how long a call lies open before the recovery job takes it up. `replay_within_s`: an authorization
    that the provider does not know is asked for again only so long, then given up. `action_within_s`: how long a buyer has for
    a payment challenge. `return_rounds`: how often a void or refund is asked for before it is a dead letter, resting in between
    for a random time of up to `return_rest_s`, doubled each round up to `return_rest_max_s`. `news_…`: how providers' messages are
    taken: so many at once, nobody else for the lease, tried so often with a doubled rest in between, kept so long once handled.
    `end_authorizations_after_s`: what is held so long is captured or voided; below the 4 days 18 hours that some card networks give.
    """

    call_timeout_s: float = 20.0
    lease_s: int = 30
    recover_after_s: int = 30
    replay_within_s: int = 30 * 60
    action_within_s: int = 15 * 60
    return_rounds: int = 8
    return_rest_s: float = 60.0
    return_rest_max_s: float = 6 * 60 * 60.0
    news_batch: int = 20
    news_lease_s: int = 120
    news_tries_max: int = 12
    news_rest_s: float = 1.0
    news_rest_max_s: float = 60 * 60.0
    news_kept_days: int = 30
    news_forget_batch: int = 1_000
    end_authorizations_after_s: int = 4 * 24 * 60 * 60


def looks_like_a_card_number(text: str) -> bool:
    """Whether any run of digits in it is as long as a card number and keeps the check digit (ISO/IEC 7812-1, Luhn)."""
    for run in _DIGITS.finditer(text):
        digits = [int(character) for character in run[0] if character.isdigit()]
        for size in _PAN_DIGITS:
            if any(_keeps_luhn(digits[start : start + size]) for start in range(len(digits) - size + 1)):
                return True
    return False


def _keeps_luhn(digits: list[int]) -> bool:
    doubled = (digit * 2 if place % 2 else digit for place, digit in enumerate(reversed(digits)))
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0
