"""Stripe behind the payments port, on its official SDK."""

from surehold.adapters.payments.stripe.book import StripeBook
from surehold.adapters.payments.stripe.client import StripeClients
from surehold.adapters.payments.stripe.provider import StripeProvider, card, klarna
from surehold.adapters.payments.stripe.settings import StripeSettings
from surehold.adapters.payments.stripe.webhooks import StripeWebhooks

__all__ = ["StripeBook", "StripeClients", "StripeProvider", "StripeSettings", "StripeWebhooks", "card", "klarna"]
