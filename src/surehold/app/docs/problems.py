"""Every problem code of the API: what it means and what to do, read from the errors themselves."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from surehold.kernel.errors import ShopError
from surehold.platform.http.problems import STATUS_OF_KIND

_REMEDIES: dict[int, str] = {
    400: "Correct the request before you send it again.",
    401: "Sign in (`POST /v1/session`), or send a valid API key as `Authorization: Bearer …`.",
    402: "Choose another way to pay, or try again with the same checkout.",
    403: "Ask somebody with the role for it; sending it again changes nothing.",
    404: "Check the id. What belongs to somebody else looks the same as what does not exist.",
    405: "Look up the methods of this path in the API's description; the header `Allow` lists them.",
    408: "Send the whole body without pauses.",
    409: "Read the current state and decide anew; the same request will be refused as long as nothing changes.",
    410: "It will not come back; begin again.",
    412: "`current` in the document carries what is there now: merge your change into it and send its version.",
    413: "Send less at once.",
    415: "Send `Content-Type: application/json`, not compressed.",
    422: "Correct what `detail` and `errors` name; each entry of `errors` carries `field` and `message`.",
    426: "Open it as a WebSocket (RFC 6455): with `Connection: Upgrade` and `Upgrade: websocket`.",
    428: "Read it first and send its `ETag` in `If-Match`.",
    429: "Wait as many seconds as `Retry-After` says, then send it again.",
    500: "Send it again later; if it stays, tell the shop the `request_id`.",
    503: "Wait a moment (`Retry-After`), then send the same again; a write with an `Idempotency-Key` is safe to repeat.",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A code, its status, and what people are told."""

    code: str
    status: int
    title: str
    meaning: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES[self.status]

    @property
    def type(self) -> str:
        """The anchor that problem documents point to."""
        return f"/docs/problems#{self.code}"


RATE_LIMITED = Problem("RATE_LIMITED", 429, "Too many requests", "More requests of one kind than a client may send.")
CSRF_REFUSED = Problem(
    "CSRF_REFUSED", 403, "Requests from other sites are refused", "A browser sent it from another site."
)
TOO_LARGE = Problem("TOO_LARGE", 413, "The body is too large", "The body is larger than this endpoint takes.")
UNSUPPORTED = Problem(
    "UNSUPPORTED_MEDIA_TYPE", 415, "Send JSON", "The body is no `application/json`, or it is encoded."
)
MALFORMED_JSON = Problem(
    "MALFORMED_JSON", 400, "The body is not valid JSON", "The body is no JSON, or nested beyond reason."
)
UPGRADE_REQUIRED = Problem(
    "UPGRADE_REQUIRED", 426, "This is a WebSocket", "A plain request was sent to what only speaks WebSocket."
)
OF_THE_DOOR = (
    RATE_LIMITED,
    CSRF_REFUSED,
    TOO_LARGE,
    UNSUPPORTED,
    MALFORMED_JSON,
    UPGRADE_REQUIRED,
    Problem("MALFORMED_REQUEST", 400, "Bad Request", "The request cannot be understood."),
    Problem("METHOD_NOT_ALLOWED", 405, "Method Not Allowed", "The path exists, this method of it does not."),
    Problem("REQUEST_TIMEOUT", 408, "Request Timeout", "The body came too slowly."),
    Problem("UNAVAILABLE", 503, "Please try again", "The answer takes too long at the moment."),
    Problem("INTERNAL", 500, "Something went wrong", "A fault of ours; nothing is said about its inside."),
)


def problem_of_error(error: type[ShopError]) -> Problem:
    """What an error class says of itself."""
    meaning = " ".join((inspect.getdoc(error) or error.title).split())
    return Problem(error.code, STATUS_OF_KIND[error.kind], error.title, meaning)


def all_problems() -> list[Problem]:
    """Every code once, in order: those of our error classes and those that are given before any of them."""
    found = {problem.code: problem for problem in OF_THE_DOOR}
    for error in _subclasses(ShopError):
        if error.__module__.startswith("surehold.") and "code" in vars(error):
            found.setdefault(error.code, problem_of_error(error))
    return sorted(found.values())


def by_status(problems: Iterable[Problem]) -> dict[int, list[Problem]]:
    """Problems under their status, each code once."""
    found: dict[int, dict[str, Problem]] = {}
    for problem in problems:
        found.setdefault(problem.status, {}).setdefault(problem.code, problem)
    return {status: sorted(found[status].values()) for status in sorted(found)}


def _subclasses(base: type[ShopError]) -> Iterator[type[ShopError]]:
    for error in base.__subclasses__():
        yield error
        yield from _subclasses(error)
