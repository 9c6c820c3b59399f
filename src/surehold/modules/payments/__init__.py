"""Payments: money held, taken and given back, each step on record before a provider is asked.

Published SQL: `payments.open`, `begin`, `lease`, `settle`, `work_for_order`, `statuses_of`, `stale_orders`.
"""

from surehold.modules.payments.errors import PaymentMethodUnavailableError
from surehold.modules.payments.model import (
    Attempt,
    AttemptState,
    CapturesOn,
    Outcome,
    OutcomeKind,
    PaymentMethod,
    PaymentSettings,
    PaymentStatus,
    PaymentWork,
    Phase,
    ProviderRequest,
)
from surehold.modules.payments.ports import PaymentProvider
from surehold.modules.payments.service import PaymentService

__all__ = [
    "Attempt",
    "AttemptState",
    "CapturesOn",
    "Outcome",
    "OutcomeKind",
    "PaymentMethod",
    "PaymentMethodUnavailableError",
    "PaymentProvider",
    "PaymentService",
    "PaymentSettings",
    "PaymentStatus",
    "PaymentWork",
    "Phase",
    "ProviderRequest",
]
