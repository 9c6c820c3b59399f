"""The ASGI application in front of the framework. A cached answer takes the short way: a look-up and two sends."""

import itertools
import re
import secrets
from collections.abc import Mapping

from surehold.platform.cache import ReadCache
from surehold.platform.cache.entries import Entry, matches
from surehold.platform.http.edge.asgi import ASGIApp, Headers, Message, Receive, Scope, Send
from surehold.platform.http.edge.drain import Drain
from surehold.platform.http.edge.exchange import Exchange
from surehold.platform.http.edge.figures import Figures, watch
from surehold.platform.http.edge.headers import SecurityHeaders
from surehold.platform.http.edge.health import Health, Readiness
from surehold.platform.http.edge.limits import RateLimiter, Refusal
from surehold.platform.http.edge.long_way import LongWay
from surehold.platform.http.edge.networks import UNKNOWN_ADDRESS, ClientNetworks, Networks
from surehold.platform.http.edge.origins import Origins
from surehold.platform.http.edge.proxies import Proxies, Seen
from surehold.platform.http.edge.settings import EdgeSettings
from surehold.platform.http.edge.terms import TermsReader
from surehold.platform.telemetry import Metrics, Tracing

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}").fullmatch
READING = frozenset({"GET", "HEAD"})
GOING_AWAY, TRY_LATER = 1012, 1013  # WebSocket close codes (RFC 6455, registry of IANA)


class Edge:
    """Wraps the application.

    `streams` are long-lived endpoints by exact path (SSE, WebSocket). `readiness` tells which engines answer. Lifespan events go
    through to `inner`; between startup and shutdown figures are handed over and SIGTERM begins the drain.
    """

    def __init__(
        self,
        inner: ASGIApp,
        settings: EdgeSettings,
        *,
        drain: Drain,
        metrics: Metrics,
        readiness: Readiness,
        reads: ReadCache | None = None,
        streams: Mapping[str, ASGIApp] | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        self._inner, self._settings, self._drain, self._reads = inner, settings, drain, reads
        self._streams = streams or {}
        self._security = SecurityHeaders(settings)
        self._origins = Origins(settings.allowed_origins, cors_max_age_s=settings.cors_max_age_s)
        self._cors_on = bool(settings.allowed_origins)
        self._proxies = Proxies(
            settings.trusted_proxies, max_hops=settings.max_proxy_hops, max_known=settings.max_known_addresses
        )
        self._networks = ClientNetworks(settings.max_known_addresses)
        self._unlimited = Networks(settings.unlimited_networks)
        self._limiter = RateLimiter(settings.limits, max_entries=settings.max_limit_entries)
        if reads is not None:
            reads.finish_with(self._security.add_missing)
        self._terms = TermsReader(settings)
        self._figures = Figures(settings, drain, metrics, tracing)
        watch(metrics, reads, self._limiter, self._proxies)
        self._long_way = LongWay(
            inner,
            settings,
            origins=self._origins,
            health=Health(settings, drain, metrics, readiness),
            figures=self._figures,
            reads=reads,
            streams=self._streams,
        )
        self._id_prefix = secrets.token_hex(6).encode()
        self._id_numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, WebSocket or lifespan."""
        if scope["type"] == "lifespan":
            await self._figures.around(self._inner, scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        client = scope.get("client")
        seen = self._proxies.seen(client[0] if client else UNKNOWN_ADDRESS, headers, scope["headers"])
        if seen.scheme is not None or seen.host is not None:
            _take_over(scope, headers, seen)
        refusal = self._refusal(scope, seen) if self._settings.limits_on else None
        shown = self._terms.of(headers, scope["headers"])
        if scope["type"] == "http" and scope["method"] in READING and self._reads is not None and refusal is None:
            entry = self._reads.hit(scope["path"], scope["query_string"], shown)
            if entry is not None:
                await self._give(entry, scope, headers, send)
                return
        exchange = Exchange(
            scope=scope,
            raw_send=send,
            security=self._security,
            headers=headers,
            request_id=self._request_id(headers),
            address=seen.address,
            network=self._networks.of(seen.address),
            is_sure=seen.is_sure,
            shown=shown,
            extra=self._cors(headers),
        )
        if scope["type"] == "websocket":
            await self._websocket(exchange, refusal, receive)
            return
        with self._figures.of(exchange):
            await self._long_way.serve(exchange, refusal, receive)

    async def _give(self, entry: Entry, scope: Scope, headers: Mapping[bytes, bytes], send: Send) -> None:
        known = headers.get(b"if-none-match")
        own = [(b"x-request-id", self._request_id(headers)), *self._cors(headers)]
        if known is not None and matches(known, entry.etag):
            unchanged = entry.bare_headers + self._security.for_data + own
            await send({"type": "http.response.start", "status": 304, "headers": unchanged})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": entry.headers + own})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else entry.body})

    async def _websocket(self, exchange: Exchange, refusal: Refusal | None, receive: Receive) -> None:
        stream = self._streams.get(exchange.scope["path"], self._inner)
        if refusal is not None or self._drain.begun:
            await receive()
            code = TRY_LATER if refusal is not None else GOING_AWAY
            await exchange.raw_send({"type": "websocket.close", "code": code, "reason": "try again later"})
            return
        exchange.put_state()
        await stream(exchange.scope, receive, _with_id(exchange))

    def _refusal(self, scope: Scope, seen: Seen) -> Refusal | None:
        if seen.is_sure and seen.address in self._unlimited:
            return None
        rule = self._limiter.rule_for(scope.get("method", "GET"), scope["path"])
        return None if rule is None else self._limiter.take(rule, self._networks.of(seen.address))

    def _request_id(self, headers: Mapping[bytes, bytes]) -> bytes:
        given = headers.get(b"x-request-id")
        if given is not None and _SANE_ID(given):
            return given
        return b"%b%010x" % (self._id_prefix, next(self._id_numbers))

    def _cors(self, headers: Mapping[bytes, bytes]) -> Headers:
        return self._origins.cors_headers(headers.get(b"origin")) if self._cors_on else []


def _take_over(scope: Scope, headers: dict[bytes, bytes], seen: Seen) -> None:
    """Let the request look as the client sent it to the proxy: what checks origins and makes addresses need not know of proxies."""
    if seen.scheme is not None:
        is_socket = scope["type"] == "websocket"
        scope["scheme"] = {"http": "ws", "https": "wss"}[seen.scheme] if is_socket else seen.scheme
    if seen.host is not None:
        headers[b"host"] = seen.host
        scope["headers"] = [*(header for header in scope["headers"] if header[0] != b"host"), (b"host", seen.host)]


def _with_id(exchange: Exchange) -> Send:
    async def send(message: Message) -> None:
        if message["type"] == "websocket.accept":
            headers = [*message.get("headers", []), (b"x-request-id", exchange.request_id)]
            message = {**message, "headers": headers}
        await exchange.raw_send(message)

    return send
