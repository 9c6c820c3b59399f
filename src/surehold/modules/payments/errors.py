"""What may be wrong with a payment, for a caller."""

from surehold.kernel.errors import Kind, ShopError


class PaymentMethodUnavailableError(ShopError):
    """Choose one of the payment methods that the checkout offers."""

    code = "PAYMENT_METHOD_UNAVAILABLE"
    kind = Kind.INVALID
    title = "That payment method is not offered"
