"""Use cases of checkout: the steps, and the units of work of placing an order."""

from surehold.modules.checkout.service.addresses import AddressChecks
from surehold.modules.checkout.service.checkouts import CheckoutService
from surehold.modules.checkout.service.views import CheckoutView, ReviewOut, review_out

__all__ = ["AddressChecks", "CheckoutService", "CheckoutView", "ReviewOut", "review_out"]
