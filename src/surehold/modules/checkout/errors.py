"""What may be wrong with a checkout, for a caller."""

from surehold.kernel.errors import Kind, NotFoundError, ShopError


class CheckoutNotFoundError(NotFoundError):
    """There is no such checkout, or it is not yours: both look the same."""

    code = "CHECKOUT_NOT_FOUND"
    title = "Checkout not found"


class CartEmptyError(ShopError):
    """There is nothing in the cart to check out."""

    code = "CART_EMPTY"
    kind = Kind.CONFLICT
    title = "The cart is empty"


class CheckoutStateError(ShopError):
    """The checkout is past the step that was sent, or over."""

    code = "CHECKOUT_STATE"
    kind = Kind.CONFLICT
    title = "The checkout does not allow that now"


class CheckoutIncompleteError(ShopError):
    """Steps are missing: `missing` names them."""

    code = "CHECKOUT_INCOMPLETE"
    kind = Kind.CONFLICT
    title = "The checkout is not complete"


class TotalChangedError(ShopError):
    """Prices, taxes or the cart changed since the review. Nothing was charged; `quote` is the new one to agree to."""

    code = "TOTAL_CHANGED"
    kind = Kind.CONFLICT
    title = "The total changed"


class AddressUnconfirmedError(ShopError):
    """Another way to write the address was suggested, in `suggested`, than was typed, in `typed`. Nothing was charged."""

    code = "ADDRESS_UNCONFIRMED"
    kind = Kind.CONFLICT
    title = "Which address is meant?"


class LineUnavailableError(ShopError):
    """Something in the cart is not sold any more; remove it."""

    code = "LINE_UNAVAILABLE"
    kind = Kind.CONFLICT
    title = "Something in the cart is not sold any more"


class PaymentDeclinedError(ShopError):
    """The payment was declined. The cart and its reservations are kept; choose a way to pay and try again."""

    code = "PAYMENT_FAILED"
    kind = Kind.PAYMENT_REQUIRED
    title = "The payment was declined"
