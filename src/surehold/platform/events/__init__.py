"""Events at work: reactions to them, their deliveries, and the wake-up that makes consumers look at once."""

from surehold.platform.events.dead_deliveries import DeadDeliveries
from surehold.platform.events.dead_letters import AuditRecorder, DeadLetter, DeadLetters, DeadLetterSource
from surehold.platform.events.deliveries import Deliveries
from surehold.platform.events.failures import describe_error
from surehold.platform.events.limits import DeliveryLimits
from surehold.platform.events.metrics import DeliveryMetrics
from surehold.platform.events.reaction import Consumer, Reaction, Waker, consumers_of
from surehold.platform.events.subscriptions import sync_subscriptions
from surehold.platform.events.waker import SilentWaker, ValkeyWaker, WakeListener

__all__ = [
    "AuditRecorder",
    "Consumer",
    "DeadDeliveries",
    "DeadLetter",
    "DeadLetterSource",
    "DeadLetters",
    "Deliveries",
    "DeliveryLimits",
    "DeliveryMetrics",
    "Reaction",
    "SilentWaker",
    "ValkeyWaker",
    "WakeListener",
    "Waker",
    "consumers_of",
    "describe_error",
    "sync_subscriptions",
]
