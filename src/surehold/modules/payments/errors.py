"""What may be wrong with a payment, for a caller."""

from surehold.kernel.errors import InvalidInputError, Kind, ShopError


class PaymentMethodUnavailableError(ShopError):
    """Choose one of the payment methods that the checkout offers."""

    code = "PAYMENT_METHOD_UNAVAILABLE"
    kind = Kind.INVALID
    title = "That payment method is not offered"


class PaymentTokenError(InvalidInputError):
    """The method needs a token of the provider's own fields, or takes none, or what came as one looks like a card number."""

    code = "PAYMENT_TOKEN"
    title = "The payment token is not acceptable"


class NewsRefusedError(ShopError):
    """A message that is not signed by the provider, or was signed too long ago; nothing of it is kept."""

    code = "WEBHOOK_REFUSED"
    kind = Kind.MALFORMED
    title = "The webhook is refused"


class NewsClosedError(ShopError):
    """No secret is configured by which a provider's messages could be told from forged ones."""

    code = "WEBHOOK_CLOSED"
    kind = Kind.NOT_FOUND
    title = "Webhooks are not taken here"
