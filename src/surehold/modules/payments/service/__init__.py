"""What is done with payments."""

from surehold.modules.payments.service.calls import PaymentService
from surehold.modules.payments.service.comparing import Comparing
from surehold.modules.payments.service.dead_news import DeadNews, PaymentFindings
from surehold.modules.payments.service.dead_payments import DeadPayments
from surehold.modules.payments.service.inbox import NewsInbox, TakenNews

__all__ = [
    "Comparing",
    "DeadNews",
    "DeadPayments",
    "NewsInbox",
    "PaymentFindings",
    "PaymentService",
    "TakenNews",
]
