"""Ways to reach webhook endpoints."""

from surehold.adapters.webhooks.https import HttpsWebhooks

__all__ = ["HttpsWebhooks"]
