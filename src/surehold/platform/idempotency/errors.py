"""What may be wrong with an Idempotency-Key; codes and statuses of draft-ietf-httpapi-idempotency-key-header-07."""

from surehold.kernel.errors import Kind, ShopError


class IdempotencyKeyMissingError(ShopError):
    """This request may only be made with an `Idempotency-Key`."""

    code = "IDEMPOTENCY_KEY_MISSING"
    kind = Kind.MALFORMED
    title = "Idempotency-Key is missing"


class IdempotencyKeyInvalidError(ShopError):
    """The key is not 1 to 255 printable ASCII characters."""

    code = "IDEMPOTENCY_KEY_INVALID"
    kind = Kind.MALFORMED
    title = "Idempotency-Key is not usable"


class IdempotencyInFlightError(ShopError):
    """The first request with this key is still at work; ask again in a moment, with the same key."""

    code = "IDEMPOTENCY_KEY_IN_FLIGHT"
    kind = Kind.CONFLICT
    title = "The first request with this key is still at work"


class IdempotencyMismatchError(ShopError):
    """The key was used for another request; a new request needs a new key."""

    code = "IDEMPOTENCY_KEY_REUSED"
    kind = Kind.INVALID
    title = "The key was used for another request"
