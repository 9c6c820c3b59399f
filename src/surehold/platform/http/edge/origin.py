"""Asks the application for a page that may be cached: as nobody in particular, so that nothing personal can get into it."""

import asyncio
from typing import Any

import structlog

from surehold.platform.cache import Answer, CacheKey
from surehold.platform.http.edge.answers import PROBLEM_TYPE, problem_bytes
from surehold.platform.http.edge.asgi import ASGIApp, Headers, Message, Receive
from surehold.platform.telemetry import request_id_var

_log = structlog.get_logger(__name__)
_HEADERS: Headers = [(b"accept", b"application/json"), (b"host", b"edge.invalid")]


class Origin:
    """The application behind the cache."""

    def __init__(self, inner: ASGIApp) -> None:
        self._inner = inner

    async def __call__(self, key: CacheKey, request_id: str) -> Answer:
        """Its whole answer; a failure is a 500 like any other."""
        collected = _Collected()
        token = request_id_var.set(request_id)
        try:
            await self._inner(_scope_of(key, request_id), _request(), collected.send)
        except Exception:  # noqa: BLE001  the last line before the server: it would answer without a word
            _log.exception("unexpected_error", path=key.path)
            collected.fail(request_id)
        finally:
            request_id_var.reset(token)
        if not collected.status:
            _log.error("no_answer", path=key.path)
            collected.fail(request_id)
        return Answer(collected.status, collected.headers, b"".join(collected.parts))


class _Collected:
    def __init__(self) -> None:
        self.status = 0
        self.headers: Headers = []
        self.parts: list[bytes] = []

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [(name.lower(), value) for name, value in message["headers"]]
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))

    def fail(self, request_id: str) -> None:
        body = problem_bytes(500, "INTERNAL", "Something went wrong", "This is our fault.", request_id)
        self.status, self.parts = 500, [body]
        self.headers = [PROBLEM_TYPE, (b"content-length", str(len(body)).encode())]


def _scope_of(key: CacheKey, request_id: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": key.path,
        "raw_path": key.path.encode(),
        "query_string": key.query,
        "root_path": "",
        "headers": _HEADERS,
        "client": None,
        "server": None,
        "extensions": {},
        "state": {"request_id": request_id, "shown": key.shown},
    }


def _request() -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        return await asyncio.get_running_loop().create_future()  # nobody goes away; the fill's own limit ends it

    return receive
