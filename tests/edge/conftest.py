import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from surehold.platform.cache import CachedRoute, CacheSettings, ReadCache, shown_of
from surehold.platform.http.edge import Drain, Edge, EdgeSettings
from surehold.platform.http.edge.asgi import ASGIApp, Receive, Scope, Send
from surehold.platform.telemetry import Metrics

ROUTES = (
    CachedRoute(pattern="/v1/products/{id_or_slug}", params=frozenset({"currency"})),
    CachedRoute(pattern="/v1/products", params=frozenset({"cursor", "limit", "currency"})),
)


@dataclass
class Inner:
    """An application that says what it was asked, and fails on command."""

    answers: int = 0
    status: int = 200
    tags: str = "product:1 listing"
    cookie: bool = False
    error: Exception | None = None
    seen: list[Scope] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    gate: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.answers += 1
        number = self.answers
        self.seen.append(scope)
        self.asked.set()
        if scope["method"] == "POST":
            self.bodies.append((await receive())["body"])
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        scope["path_template"] = "/template"
        headers = [(b"content-type", b"application/json"), (b"x-surehold-tags", self.tags.encode())]
        if self.cookie:
            headers.append((b"set-cookie", b"a=b"))
        shown = shown_of(scope)
        body = f'{{"number":{number},"list":"{shown.price_list}"}}'.encode()
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Site:
    """An edge and what is around it; requests go straight into the ASGI callable."""

    edge: Edge
    inner: Inner
    reads: ReadCache
    drain: Drain
    metrics: Metrics
    ready: dict[str, bool]

    async def ask(self, method: str, path: str, *, peer: str = "203.0.113.9", **given: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.edge, client=(peer, 1234), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
            return await client.request(method, path, **given)

    async def get(self, path: str, **given: Any) -> httpx.Response:
        return await self.ask("GET", path, **given)


MakeSite = Callable[..., Site]


@pytest.fixture
def make_site() -> MakeSite:
    def make(
        inner: Inner | None = None,
        *,
        streams: Mapping[str, ASGIApp] | None = None,
        cache: CacheSettings | None = None,
        **settings: Any,
    ) -> Site:
        inner = inner or Inner()
        reads = ReadCache(ROUTES, cache or CacheSettings())
        drain, metrics, ready = Drain(), Metrics(), {"database": True, "valkey": True}

        async def readiness() -> Mapping[str, bool]:
            return ready

        settings = {"handle_signals": False, "terms_secret": b"s" * 32, "ready_keep_s": 0.0, **settings}
        edge = Edge(
            inner,
            EdgeSettings(**settings),
            drain=drain,
            metrics=metrics,
            readiness=readiness,
            reads=reads,
            streams=streams,
        )
        return Site(edge, inner, reads, drain, metrics, ready)

    return make
