"""Payments: money held, taken and given back, each step on record before a provider is asked.

Published SQL: `payments.open`, `begin`, `lease`, `settle`, `refuse`, `begin_again`, `work_for_order`, `statuses_of`, `stale_orders`,
`order_of`, `ending_authorizations`.
"""

from surehold.modules.payments.errors import (
    NewsClosedError,
    NewsRefusedError,
    PaymentMethodUnavailableError,
    PaymentTokenError,
)
from surehold.modules.payments.model import (
    MISMATCH,
    REFUND_PENDING,
    Attempt,
    AttemptState,
    Buyer,
    CapturesOn,
    CardFields,
    Outcome,
    OutcomeKind,
    PaymentMethod,
    PaymentSettings,
    PaymentSource,
    PaymentStatus,
    PaymentWork,
    Phase,
    ProviderCharge,
    ProviderNews,
    ProviderRequest,
)
from surehold.modules.payments.ports import ChargeBook, NewsVerifier, PaymentProvider, RefusalCounter, ReturnUrl
from surehold.modules.payments.service import (
    DEAD_NEWS,
    DEAD_PAYMENTS,
    PAYMENT_FINDINGS,
    Comparing,
    NewsInbox,
    PaymentService,
    TakenNews,
)
from surehold.modules.payments.store import SEALED_COLUMNS

__all__ = [
    "DEAD_NEWS",
    "DEAD_PAYMENTS",
    "MISMATCH",
    "PAYMENT_FINDINGS",
    "REFUND_PENDING",
    "SEALED_COLUMNS",
    "Attempt",
    "AttemptState",
    "Buyer",
    "CapturesOn",
    "CardFields",
    "ChargeBook",
    "Comparing",
    "NewsClosedError",
    "NewsInbox",
    "NewsRefusedError",
    "NewsVerifier",
    "Outcome",
    "OutcomeKind",
    "PaymentMethod",
    "PaymentMethodUnavailableError",
    "PaymentProvider",
    "PaymentService",
    "PaymentSettings",
    "PaymentSource",
    "PaymentStatus",
    "PaymentTokenError",
    "PaymentWork",
    "Phase",
    "ProviderCharge",
    "ProviderNews",
    "ProviderRequest",
    "RefusalCounter",
    "ReturnUrl",
    "TakenNews",
]
