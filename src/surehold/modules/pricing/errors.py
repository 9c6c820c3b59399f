"""What may go wrong with prices."""

from surehold.kernel.errors import Kind, NotFoundError, ShopError


class PriceListNotFoundError(NotFoundError):
    """There is no price list with this code."""

    code = "PRICE_LIST_NOT_FOUND"
    title = "There is no such price list"


class AccountGroupNotFoundError(NotFoundError):
    """There is no account group with this code."""

    code = "ACCOUNT_GROUP_NOT_FOUND"
    title = "There is no such account group"


class TaxRateNotFoundError(NotFoundError):
    """There is no tax rate with this id."""

    code = "TAX_RATE_NOT_FOUND"
    title = "There is no such tax rate"


class ShippingMethodNotFoundError(NotFoundError):
    """There is no shipping method with this code."""

    code = "SHIPPING_METHOD_NOT_FOUND"
    title = "There is no such shipping method"


class ShippingMethodUnavailableError(ShopError):
    """This way of shipping is not offered there or in this currency; `offered` names those that are."""

    code = "SHIPPING_METHOD_UNAVAILABLE"
    kind = Kind.INVALID
    title = "This shipping method is not offered there"


class AlreadyExistsError(ShopError):
    """Something with this code exists already."""

    code = "PRICING_CODE_TAKEN"
    kind = Kind.CONFLICT
    title = "The code is taken"


class QuoteTooLargeError(ShopError):
    """The order is worth more than can be charged at once."""

    code = "QUOTE_TOO_LARGE"
    kind = Kind.INVALID
    title = "The order is worth more than can be charged at once"
