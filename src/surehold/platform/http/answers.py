"""Answers whose bytes are ready. They go out as they are, past the framework's conversions of content, headers and media type."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from surehold.platform.http.etags import etag_of

if TYPE_CHECKING:
    from litestar.response.base import ASGIResponse
    from litestar.types import Receive, Scope, Send

_encoder = msgspec.json.Encoder()
JSON = "application/json"


class Answer(Response[bytes]):
    """A status, headers (lower case) and a body of bytes. Turning one into these bytes was a tenth of what adding to a cart costs."""

    def __init__(
        self,
        body: bytes,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        cookies: Sequence[Cookie] = (),
    ) -> None:
        super().__init__(body, status_code=status, headers=dict(headers or {}), cookies=cookies)

    def to_asgi_response(self, *_: Any, **__: Any) -> "ASGIResponse":
        """What the framework sends."""
        return cast("ASGIResponse", self._send)

    async def _send(self, _: "Scope", __: "Receive", send: "Send") -> None:
        body = self.content
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        headers.append((b"content-length", str(len(body)).encode()))
        headers.extend(cookie.to_encoded_header() for cookie in self.cookies)
        await send({"type": "http.response.start", "status": cast("int", self.status_code), "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


def json_response(
    body: object, *, status: int = 200, version: int | None = None, cookies: Sequence[Cookie] = (), **headers: str
) -> Answer:
    """A JSON answer, encoded once, with its ETag and cookies. Header names are given with underscores."""
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    head["content-type"] = JSON
    if version is not None:
        head["etag"] = etag_of(version)
    return Answer(_encoder.encode(body), status=status, headers=head, cookies=cookies)
