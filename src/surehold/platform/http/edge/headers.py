"""Security headers: strict for data, loose enough for the bundled API viewer, never overriding what a handler states itself."""

from surehold.platform.http.edge.asgi import Headers
from surehold.platform.http.edge.settings import EdgeSettings

_CLOSED = b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_DATA_CSP = b"default-src 'none'; " + _CLOSED
_DOCS_CSP = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    b" font-src 'self'; connect-src 'self'; " + _CLOSED
)
_NO_STORE = (b"cache-control", b"no-store")
_UNUSED_FEATURES = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
"""What no page of ours asks a browser for, so that nothing that gets into one can."""


class SecurityHeaders:
    """The headers of an answer, by its path.

    Data tells nobody where its reader came from (its address may hold a share link's token); the viewer keeps its own requests
    recognisable as such. HSTS is for shops on HTTPS, unless its age is 0: a browser keeps it for a host whatever the port, so on
    a developer's `localhost` it would lock out everything else that runs there.
    """

    def __init__(self, settings: EdgeSettings) -> None:
        self._docs, self._embeddable = settings.docs_prefixes, settings.embeddable_prefixes
        features = ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES)
        common: Headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"x-frame-options", b"DENY"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", features.encode()),
        ]
        if settings.secure and settings.hsts_max_age_s:
            common.append((b"strict-transport-security", f"max-age={settings.hsts_max_age_s}".encode()))
        same = (b"cross-origin-resource-policy", b"same-origin")
        untold = (b"referrer-policy", b"no-referrer")
        self.for_data: Headers = [*common, same, untold, (b"content-security-policy", _DATA_CSP)]
        self._for_docs: Headers = [
            *common,
            same,
            (b"referrer-policy", b"same-origin"),
            (b"content-security-policy", _DOCS_CSP),
        ]
        self._for_media: Headers = [
            *common,
            (b"cross-origin-resource-policy", b"cross-origin"),
            untold,
            (b"content-security-policy", _DATA_CSP),
        ]

    def add_missing(self, path: str, headers: Headers) -> Headers:
        """The answer's headers and those of ours that it does not state; without a word on caching it is not stored."""
        own = self._for_path(path)
        stated = {name for name, _ in headers}
        added = [header for header in own if header[0] not in stated]
        if b"cache-control" not in stated:
            added.append(_NO_STORE)
        return [*headers, *added]

    def _for_path(self, path: str) -> Headers:
        if path.startswith(self._docs):
            return self._for_docs
        return self._for_media if path.startswith(self._embeddable) else self.for_data
