"""What is done with payments."""

from surehold.modules.payments.service.calls import PaymentService
from surehold.modules.payments.service.comparing import Comparing
from surehold.modules.payments.service.dead_payments import DEAD_NEWS, DEAD_PAYMENTS, PAYMENT_FINDINGS
from surehold.modules.payments.service.inbox import NewsInbox, TakenNews

__all__ = [
    "DEAD_NEWS",
    "DEAD_PAYMENTS",
    "PAYMENT_FINDINGS",
    "Comparing",
    "NewsInbox",
    "PaymentService",
    "TakenNews",
]
