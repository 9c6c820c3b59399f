"""What may go wrong with stock."""

from surehold.kernel.errors import Kind, NotFoundError, ShopError


class StockReservedError(ShopError):
    """Less would be there than is promised to carts and orders, or than is at that location."""

    code = "STOCK_RESERVED"
    title = "Promised already"


class NotAtLocationError(ShopError):
    """Nothing of this variant was ever at that location."""

    code = "NOT_AT_LOCATION"
    title = "Not at that location"


class BackordersPromisedError(ShopError):
    """More is promised already than the new limit allows, or the promised date is missing."""

    code = "BACKORDERS_PROMISED"
    kind = Kind.INVALID
    title = "Backorders are promised"


class StockNotFoundError(NotFoundError):
    """There is no stock row of that variant."""

    code = "STOCK_NOT_FOUND"
    title = "No such variant"


class LocationNotFoundError(NotFoundError):
    """There is no such location."""

    code = "LOCATION_NOT_FOUND"
    title = "No such location"


class LocationExistsError(ShopError):
    """Another location has that code."""

    code = "LOCATION_EXISTS"
    title = "The code is taken"


REFUSALS: dict[str, type[ShopError]] = {
    error.code: error
    for error in (
        StockReservedError,
        NotAtLocationError,
        BackordersPromisedError,
        StockNotFoundError,
        LocationNotFoundError,
    )
}
"""The codes that this module's SQL refuses staff with."""
