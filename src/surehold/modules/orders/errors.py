"""What may be wrong with an order, for a caller."""

from surehold.kernel.errors import Kind, NotFoundError, ShopError


class OrderNotFoundError(NotFoundError):
    """There is no such order, or it is not yours: both look the same."""

    code = "ORDER_NOT_FOUND"
    title = "Order not found"


class OrderInProgressError(ShopError):
    """The order is being placed or its payment is at work; try again in a moment, with a new Idempotency-Key."""

    code = "ORDER_IN_PROGRESS"
    kind = Kind.CONFLICT
    title = "The order is being worked on; try again in a moment, with a new Idempotency-Key"


class OrderNotCancellableError(ShopError):
    """Only an order of which nothing has shipped can be cancelled."""

    code = "ORDER_NOT_CANCELLABLE"
    kind = Kind.CONFLICT
    title = "The order cannot be cancelled any more"
