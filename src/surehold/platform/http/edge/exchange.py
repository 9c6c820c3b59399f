"""One request beyond the cache's hits: who sent it, what was answered, and the headers that every answer carries."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec

from surehold.platform.cache import Shown
from surehold.platform.http.edge.answers import PROBLEM_TYPE, problem_bytes, send_whole
from surehold.platform.http.edge.asgi import Headers, Message, Scope, Send
from surehold.platform.http.edge.headers import SecurityHeaders

TAGS_HEADER = b"x-surehold-tags"
NO_STORE = (b"cache-control", b"no-store")
UNMATCHED = "unmatched"


class Exchange(msgspec.Struct, kw_only=True):
    """A request and what became of it. `send` is what handlers answer through; `status` stays 0 until they do."""

    scope: Scope
    raw_send: Send
    security: SecurityHeaders
    headers: Mapping[bytes, bytes]
    request_id: bytes
    address: str
    network: str
    shown: Shown
    is_sure: bool = True  # of the address: a proxy of ours may have said nothing that can be believed
    extra: Headers = []  # CORS
    status: int = 0
    route: str = ""
    lasting: bool = False  # a stream: how long it took says nothing
    began: float = msgspec.field(default_factory=time.perf_counter)

    @property
    def method(self) -> str:
        """The HTTP method; `WS` for a WebSocket."""
        return str(self.scope.get("method", "WS"))

    @property
    def template(self) -> str:
        """The route's template: what metrics count by, for there are few of them."""
        return self.route or str(self.scope.get("path_template") or UNMATCHED)

    def put_state(self) -> None:
        """Tell the application what was found out; the server's own state is not shared with it."""
        self.scope["state"] = {
            **(self.scope.get("state") or {}),
            "request_id": self.request_id.decode(),
            "client_ip": self.address,
            "shown": self.shown,
        }

    async def send(self, message: Message) -> None:
        """Pass an answer on, with our headers and without those meant for us."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            stated = [
                (name.lower(), value) for name, value in message.get("headers", ()) if name.lower() != TAGS_HEADER
            ]
            headers = self.security.add_missing(self.scope["path"], stated)
            message = {**message, "headers": [*headers, *self._own_headers()]}
        await self.raw_send(message)

    async def answer(self, status: int, headers: Headers, body: bytes) -> None:
        """A whole answer of the edge itself."""
        self.status = status
        headers = self.security.add_missing(self.scope["path"], headers)
        await send_whole(
            self.raw_send, status, [*headers, *self._own_headers()], body, head=self.scope["method"] == "HEAD"
        )

    async def answer_as_is(self, status: int, headers: Headers, body: bytes) -> None:
        """A whole answer whose headers are complete but for those of this request."""
        self.status = status
        await self.raw_send(
            {"type": "http.response.start", "status": status, "headers": [*headers, *self._own_headers()]}
        )
        await self.raw_send({"type": "http.response.body", "body": b"" if self.scope["method"] == "HEAD" else body})

    async def problem(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        headers: Headers | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        """A problem document."""
        body = problem_bytes(status, code, title, detail, self.request_id.decode(), extra)
        await self.answer(status, [PROBLEM_TYPE, NO_STORE, *(headers or [])], body)

    def _own_headers(self) -> Headers:
        return [(b"x-request-id", self.request_id), *self.extra]
