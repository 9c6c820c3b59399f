"""Setting up endpoints, writing messages, sending them, and what became of them."""

from surehold.modules.webhooks.service.dead_webhooks import DEAD_WEBHOOKS
from surehold.modules.webhooks.service.deliveries import WebhookLog
from surehold.modules.webhooks.service.endpoints import WebhookDesk
from surehold.modules.webhooks.service.sending import WebhookSender
from surehold.modules.webhooks.service.writing import MessageWriter

__all__ = ["DEAD_WEBHOOKS", "MessageWriter", "WebhookDesk", "WebhookLog", "WebhookSender"]
