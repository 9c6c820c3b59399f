"""What may go wrong with webhooks: for staff who set them up, and on the way to an endpoint."""

from surehold.kernel.errors import Kind, NotFoundError, ShopError


class EndpointNotFoundError(NotFoundError):
    """There is no webhook endpoint with this id."""

    code = "WEBHOOK_NOT_FOUND"
    title = "There is no such webhook endpoint"


class MessageNotFoundError(NotFoundError):
    """There is no webhook message with this id; those that ended are kept for a month."""

    code = "WEBHOOK_MESSAGE_NOT_FOUND"
    title = "There is no such webhook message"


class UrlRefusedError(ShopError):
    """Webhooks go by https to hosts that are reachable for everybody, and to networks that a setting names."""

    code = "WEBHOOK_URL_REFUSED"
    kind = Kind.INVALID
    title = "Webhooks are not sent to such an address"


class EndpointsFullError(ShopError):
    """There are as many endpoints as a shop may have; remove one that nobody listens on."""

    code = "WEBHOOK_ENDPOINTS_FULL"
    kind = Kind.CONFLICT
    title = "There are too many webhook endpoints"


class EndpointDisabledError(ShopError):
    """The endpoint is disabled: enable it first, and what waits for it is sent."""

    code = "WEBHOOK_ENDPOINT_DISABLED"
    kind = Kind.CONFLICT
    title = "The webhook endpoint is disabled"


class CallFailedError(Exception):
    """No answer came. `reason` is a short code that says nothing about what is inside of a network."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
