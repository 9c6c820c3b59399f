"""Whole answers that the edge gives itself."""

from typing import Any

import msgspec

from surehold.platform.http.edge.asgi import Headers, Send
from surehold.platform.http.problems import problem_document

_encode = msgspec.json.Encoder().encode
PROBLEM_TYPE = (b"content-type", b"application/problem+json")


async def send_whole(send: Send, status: int, headers: Headers, body: bytes, *, head: bool = False) -> None:
    """One answer; `head` leaves its body out."""
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})


def problem_bytes(
    status: int, code: str, title: str, detail: str, request_id: str, extra: dict[str, Any] | None = None
) -> bytes:
    """A problem document."""
    return _encode(problem_document(status, code, title, detail, request_id, extra))
