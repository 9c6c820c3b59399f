"""What is done with payments."""

from surehold.modules.payments.service.calls import PaymentService
from surehold.modules.payments.service.dead_payments import DeadPayments

__all__ = ["DeadPayments", "PaymentService"]
