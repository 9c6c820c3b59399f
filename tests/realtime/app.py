"""A server with nothing but realtime in it: who asks is what the `x-who` header or the guest cookie says."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

import msgspec

from surehold.kernel.errors import UnavailableError
from surehold.platform.http import Actor, ActorFinder, ActorKind, Cookies
from surehold.platform.http.edge import Drain
from surehold.platform.http.edge.origins import Origins
from surehold.platform.realtime import Hint, Hub, RealtimeSettings, sse_app, websocket_app
from surehold.platform.valkey import ValkeyLink
from tests.realtime.people import SESSIONS, Everyone

SETTINGS = msgspec.json.decode(os.environ.get("REALTIME_SETTINGS", "{}"), type=RealtimeSettings)


class Resolver:
    """Sessions by token; `state` is what a test changes while streams are open."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.away = False

    async def resolve(self, session_token: str) -> Actor | None:
        if self.away:
            raise UnavailableError
        account = SESSIONS.get(session_token)
        if account is None or session_token in self.ended:
            return None
        return Actor(kind=ActorKind.ACCOUNT, account_id=account, session_id=account)

    async def resolve_api_key(self, api_key: str) -> Actor | None:
        return None


class Parts:
    """Made when the server starts, for it must be on the server's event loop."""

    def __init__(self) -> None:
        self.drain = Drain()
        self.link = ValkeyLink(os.environ["VALKEY_URL"])
        self.hub = Hub(self.link, self.drain, SETTINGS)
        self.resolver = Resolver()
        self.everyone = Everyone()
        actors = ActorFinder(self.resolver, Cookies(secure=False))
        origins = Origins(frozenset({"https://shop.example"}), cors_max_age_s=600)
        self.streams = {
            "/v1/events": sse_app(self.hub, actors, self.everyone, self.drain, SETTINGS),
            "/v1/ws": websocket_app(self.hub, actors, self.everyone, self.drain, SETTINGS, origins),
        }

    async def start(self) -> None:
        self.drain.watch_signals()
        await self.hub.start()
        await self.link.start()

    async def stop(self) -> None:
        await self.hub.stop()
        await self.link.stop()


parts: Parts | None = None


async def app(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    assert parts is not None
    stream = parts.streams.get(scope["path"])
    if stream is not None:
        await stream(scope, receive, send)
        return
    body = msgspec.json.encode(await _control(scope["path"], await _body(receive)))
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


async def _control(path: str, body: bytes) -> object:
    assert parts is not None
    match path:
        case "/hint":
            parts.hub.hint(*msgspec.json.decode(body, type=list[Hint]))
        case "/end-session":
            parts.resolver.ended.add(body.decode())
        case "/move-carts":
            parts.everyone.moved = True
        case "/away":
            parts.resolver.away = True
    return {
        "pid": os.getpid(),
        "up": parts.link.is_up,
        "streams": parts.hub.places.total,
        "counts": parts.hub.counts,
        "tasks": len(asyncio.all_tasks()),
    }


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _live(receive: Any, send: Any) -> None:
    global parts  # noqa: PLW0603
    await receive()
    parts = Parts()
    await parts.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await parts.stop()
    await send({"type": "lifespan.shutdown.complete"})
