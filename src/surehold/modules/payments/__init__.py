"""Payments: money held, taken and given back, each step on record before a provider is asked.

Published SQL: `payments.open`, `begin`, `lease`, `settle`, `refuse`, `begin_again`, `work_for_order`, `statuses_of`, `stale_orders`.
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
from surehold.modules.payments.ports import PaymentProvider, RefusalCounter
from surehold.modules.payments.service import DeadPayments, PaymentService
from surehold.modules.payments.store import SEALED_COLUMNS

__all__ = [
    "SEALED_COLUMNS",
    "Attempt",
    "AttemptState",
    "CapturesOn",
    "DeadPayments",
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
    "RefusalCounter",
]
