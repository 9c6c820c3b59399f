"""Cross-site requests: refused when they would change something (CSRF), allowed by list when they read (CORS)."""

from collections.abc import Mapping

from surehold.kernel.errors import Kind, ShopError
from surehold.platform.http.edge.asgi import Headers

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ENCRYPTED = frozenset({"https", "wss"})
_ALLOWED_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_ALLOWED_HEADERS = (
    b"authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, order-token, range"
    b", x-request-id"
)
_EXPOSED_HEADERS = b"etag, location, retry-after, ratelimit, ratelimit-policy, x-request-id, x-surehold-stale"


class CsrfRefusedError(ShopError):
    """A browser sent this from another site's page."""

    code = "CSRF_REFUSED"
    kind = Kind.FORBIDDEN
    title = "Requests from other sites are refused"


class Origins:
    """Which pages may talk to us.

    The check is that of OWASP and of Go's `CrossOriginProtection`: browsers say where a request comes from, in `Sec-Fetch-Site`
    and `Origin`; a client that says neither is no browser and carries no victim's cookies.
    """

    def __init__(self, allowed: frozenset[str], *, cors_max_age_s: int) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower().encode() for origin in allowed)
        self._max_age = str(cors_max_age_s).encode()

    def may_write(self, headers: Mapping[bytes, bytes], scheme: str = "http") -> bool:
        """Whether an unsafe request (or a WebSocket handshake) comes from our own pages, an allowed origin or no browser.

        A request that is known to have come over TLS (`scheme`) was sent by a page that did, too. One that came plain says
        nothing of that: an unnamed proxy may have ended the TLS before us.
        """
        origin = headers.get(b"origin")
        site = headers.get(b"sec-fetch-site")
        if origin is not None and origin.lower() in self._allowed:
            return True
        if site is not None and site not in {b"same-origin", b"none"}:
            return False
        if origin is None:
            return True
        if scheme in _ENCRYPTED and not origin.lower().startswith(b"https://"):
            return False
        return _host_of(origin) == headers.get(b"host", b"").lower()

    def cors_headers(self, origin: bytes | None) -> Headers:
        """What an answer to this origin carries: leave to read it with credentials, or only that this depends."""
        if origin is None or origin.lower() not in self._allowed:
            return [(b"vary", b"origin")] if self._allowed else []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", _EXPOSED_HEADERS),
            (b"vary", b"origin"),
        ]

    def preflight_headers(self, origin: bytes | None) -> Headers:
        """The answer to a preflight."""
        cors = self.cors_headers(origin)
        if len(cors) <= 1:
            return [(b"vary", b"origin")]
        return [
            *cors,
            (b"access-control-allow-methods", _ALLOWED_METHODS),
            (b"access-control-allow-headers", _ALLOWED_HEADERS),
            (b"access-control-max-age", self._max_age),
        ]


def _host_of(origin: bytes) -> bytes:
    """`https://shop.example:8443` → `shop.example:8443`; `null` stays what it is and equals no host."""
    return origin.lower().partition(b"://")[2] or origin
