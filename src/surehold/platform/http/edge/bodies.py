"""Request bodies, read whole within a limit and a time before the application sees the request."""

import asyncio

from surehold.kernel.errors import Kind, ShopError
from surehold.platform.http.edge.asgi import Message, Receive, Scope
from surehold.platform.http.edge.exchange import Exchange
from surehold.platform.http.edge.settings import EdgeSettings


class BodyTooLargeError(ShopError):
    """The body is longer than what this path takes."""

    code = "TOO_LARGE"
    kind = Kind.TOO_LARGE
    title = "The request is too large"


class ClientGoneError(Exception):
    """The client went away, or was too slow, before its request was complete."""


class Bodies:
    """Reads bodies. The connection of a client that sends more than allowed, or too slowly, is not waited for."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._default, self._timeout_s = settings.max_body_bytes, settings.body_timeout_s
        self._by_prefix = sorted(settings.body_limits.items(), key=lambda item: -len(item[0]))

    async def read(self, exchange: Exchange, receive: Receive) -> Receive:
        """A `receive` that gives the whole body at once. BodyTooLargeError, ClientGoneError, TimeoutError."""
        stated = exchange.headers.get(b"content-length")
        if stated == b"0":
            return receive
        limit = self.limit_of(exchange.scope)
        if stated is not None and (not stated.isdigit() or int(stated) > limit):
            raise BodyTooLargeError(f"At most {limit} bytes are taken here.", limit=limit)
        async with asyncio.timeout(self._timeout_s):
            body = await _read_whole(receive, limit)
        return _replay(body, receive)

    def limit_of(self, scope: Scope) -> int:
        """How many bytes this path takes."""
        path: str = scope["path"]
        return next((limit for prefix, limit in self._by_prefix if path.startswith(prefix)), self._default)


async def _read_whole(receive: Receive, limit: int) -> bytes:
    """The loop ends at the limit, with the body, or with the connection."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limit:
            raise BodyTooLargeError(f"At most {limit} bytes are taken here.", limit=limit)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return first.pop() if first else await receive()

    return replayed
