"""The limit of reads: the least an ASGI application can do, with a body as long as a product's (BENCH_BODY_BYTES)."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

_BODY = b"x" * int(os.environ.get("BENCH_BODY_BYTES", "2000"))
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(_BODY)).encode())],
}
_END = {"type": "http.response.body", "body": _BODY}


async def app(
    scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answer anything."""
    del receive
    if scope["type"] == "http":
        await send(_START)
        await send(_END)
