"""What may go wrong with a cart."""

from surehold.kernel.errors import Kind, NotFoundError, ShopError


class InsufficientInventoryError(ShopError):
    """Less is left than was asked for; `available` says how much, `alternatives` what else there is."""

    code = "INSUFFICIENT_INVENTORY"
    title = "Not enough in stock"


class ReservationExpiredError(ShopError):
    """The hold of this line ran out and somebody else has the units now."""

    code = "RESERVATION_EXPIRED"
    title = "Your reservation ran out"


class HoldLimitError(ShopError):
    """One cart, account or network may keep only so much from others."""

    code = "HOLD_LIMIT"
    title = "Too many units held"


class QuantityLimitError(ShopError):
    """A line may not have that many units; `limit` says how many it may."""

    code = "QUANTITY_LIMIT"
    kind = Kind.INVALID
    title = "Too many of one thing"


class LineLimitError(ShopError):
    """A cart may not have that many lines; `limit` says how many it may."""

    code = "LINE_LIMIT"
    title = "Too many lines"


class VariantNotFoundError(NotFoundError):
    """There is no such variant on sale (in this cart's currency)."""

    code = "VARIANT_NOT_FOUND"
    title = "Not on sale"


class CartNotFoundError(NotFoundError):
    """There is no cart here yet, or it is not yours."""

    code = "CART_NOT_FOUND"
    title = "No such cart"


class LineNotFoundError(NotFoundError):
    """The cart has no such line."""

    code = "LINE_NOT_FOUND"
    title = "No such line"


class MergeNotFoundError(NotFoundError):
    """There is no merge to undo: none happened, it was undone, or it is too long ago."""

    code = "MERGE_NOT_FOUND"
    title = "Nothing to undo"


_OWN: tuple[type[ShopError], ...] = (
    InsufficientInventoryError,
    HoldLimitError,
    QuantityLimitError,
    LineLimitError,
    VariantNotFoundError,
    CartNotFoundError,
    LineNotFoundError,
    MergeNotFoundError,
)
REFUSALS: dict[str, type[ShopError]] = {
    **{error.code: error for error in _OWN},
    "UNKNOWN_VARIANT": VariantNotFoundError,
}
"""The codes that this module's SQL (and the stock's beneath it) refuses with."""
