"""Versions on the wire: `ETag` out, `If-Match` in (428 without it where it is needed, 412 when it is old)."""

from surehold.kernel.errors import Kind, ShopError, StaleVersionError


class IfMatchMissingError(ShopError):
    """Send the version you read in `If-Match`."""

    code = "IF_MATCH_REQUIRED"
    kind = Kind.PRECONDITION_REQUIRED
    title = "If-Match is missing"


def etag_of(version: int) -> str:
    """The strong ETag of a version."""
    return f'"v{version}"'


def check_if_match(header: str | None, version: int, current: object) -> None:
    """Raise unless the caller edits what is there now; the 412 carries the current state."""
    if header is None:
        raise IfMatchMissingError("Read it first and send its ETag in If-Match, so that nobody's change is lost.")
    if header.strip() not in {"*", etag_of(version)}:
        raise StaleVersionError("Somebody changed it meanwhile; look at `current` and try again.", current=current)
