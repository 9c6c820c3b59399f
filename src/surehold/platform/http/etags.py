"""Versions on the wire: `ETag` out, `If-Match` in (428 without it where it is needed, 412 when it is old)."""

from collections.abc import Sequence

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from surehold.kernel.errors import Kind, ShopError, StaleVersionError

_encoder = msgspec.json.Encoder()


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


def json_response(
    body: object, *, status: int = 200, version: int | None = None, cookies: Sequence[Cookie] = (), **headers: str
) -> Response[bytes]:
    """A JSON answer, encoded once, with its ETag and cookies. Header names are given with underscores."""
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    if version is not None:
        head["etag"] = etag_of(version)
    return Response(
        content=_encoder.encode(body), status_code=status, media_type="application/json", headers=head, cookies=cookies
    )
