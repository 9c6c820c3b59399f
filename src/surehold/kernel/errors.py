"""One shape for everything that may go wrong for a caller.

A kind says what class of trouble it is (and maps to one HTTP status, in `platform.http`); a code is stable and names the case.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """Classes of trouble; the edge maps each to one HTTP status."""

    MALFORMED = "malformed"  # 400: the request cannot be understood
    UNAUTHENTICATED = "unauthenticated"  # 401
    PAYMENT_REQUIRED = "payment_required"  # 402
    FORBIDDEN = "forbidden"  # 403
    NOT_FOUND = "not_found"  # 404
    CONFLICT = "conflict"  # 409: the state does not allow it now
    GONE = "gone"  # 410
    STALE = "stale"  # 412: the caller edited an older version
    TOO_LARGE = "too_large"  # 413
    UNSUPPORTED = "unsupported"  # 415: a body that is no JSON
    INVALID = "invalid"  # 422: understood, and not acceptable
    PRECONDITION_REQUIRED = "precondition_required"  # 428: If-Match is missing
    LIMITED = "limited"  # 429
    UNAVAILABLE = "unavailable"  # 503: try again later


class ShopError(Exception):
    """Base of every expected error.

    A subclass states `code`, `kind` and `title`; an instance adds `detail` (a sentence that says what to do) and `extra`
    (JSON members of the problem document).
    """

    code: ClassVar[str] = "UNEXPECTED"
    kind: ClassVar[Kind] = Kind.CONFLICT
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str = "", *, retry_after_s: int | None = None, **extra: object) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra: Mapping[str, object] = extra
        self.retry_after_s = retry_after_s


class InvalidInputError(ShopError):
    """The request was understood, and a value in it is not acceptable."""

    code = "INVALID_INPUT"
    kind = Kind.INVALID
    title = "A value is not acceptable"


class UnauthenticatedError(ShopError):
    """Sign in first (or the session has ended, or the key is not known)."""

    code = "UNAUTHENTICATED"
    kind = Kind.UNAUTHENTICATED
    title = "Please sign in"


class ForbiddenError(ShopError):
    """Signed in, and not allowed to do this."""

    code = "FORBIDDEN"
    kind = Kind.FORBIDDEN
    title = "Not allowed"


class NotFoundError(ShopError):
    """There is no such thing, or it is not yours: both look the same."""

    code = "NOT_FOUND"
    kind = Kind.NOT_FOUND
    title = "Not found"


class StaleVersionError(ShopError):
    """Somebody changed it since you read it; `current` carries what it is now."""

    code = "VERSION_CONFLICT"
    kind = Kind.STALE
    title = "It was changed meanwhile"


class UnavailableError(ShopError):
    """A part that this needs is away for the moment."""

    code = "TEMPORARILY_UNAVAILABLE"
    kind = Kind.UNAVAILABLE
    title = "Temporarily unavailable, please try again"
