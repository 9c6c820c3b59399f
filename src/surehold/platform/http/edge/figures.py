"""What the edge notes of each request (figures, access lines, traces), and its part in the life of the process."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Generator, Mapping

import structlog

from surehold.platform.cache import Counts, ReadCache
from surehold.platform.http.edge.asgi import ASGIApp, Message, Receive, Scope, Send
from surehold.platform.http.edge.drain import Drain
from surehold.platform.http.edge.exchange import Exchange
from surehold.platform.http.edge.limits import RateLimiter
from surehold.platform.http.edge.proxies import Proxies
from surehold.platform.http.edge.settings import EdgeSettings
from surehold.platform.telemetry import Metrics, Tracing, request_id_var

_log = structlog.get_logger(__name__)
_CACHE_FIGURES = {
    "hits": "Answers from this process",
    "level2_hits": "Answers from Valkey",
    "fills": "Answers read and kept",
    "raced": "Answers not kept because something changed meanwhile",
    "stale": "Old answers given while the database was away",
    "passed": "Answers that may not be cached",
}


class Figures:
    """Counts, logs and traces; hands the figures over on a clock of its own."""

    def __init__(self, settings: EdgeSettings, drain: Drain, metrics: Metrics, tracing: Tracing | None) -> None:
        self.metrics = metrics
        self._settings, self._drain, self._tracing = settings, drain, tracing
        self._seen = 0
        self._flusher: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def of(self, exchange: Exchange) -> Generator[None]:
        """Around one request beyond the cache."""
        token = request_id_var.set(exchange.request_id.decode())
        self.metrics.in_flight += 1
        try:
            yield
        finally:
            self.metrics.in_flight -= 1
            seconds = time.perf_counter() - exchange.began
            if not exchange.lasting:
                self.metrics.observe(exchange.method, exchange.template, exchange.status, seconds)
                self._note(exchange, seconds)
            request_id_var.reset(token)

    @contextlib.contextmanager
    def trace(self, exchange: Exchange) -> Generator[None]:
        """Around the application, when traces are wanted."""
        if self._tracing is None:
            yield
            return
        carrier = {name.decode("latin-1"): value.decode("latin-1") for name, value in exchange.headers.items()}
        with self._tracing.request(exchange.method, carrier) as span:
            yield
            span.update_name(f"{exchange.method} {exchange.template}")
            span.set_attribute("http.request.method", exchange.method)
            span.set_attribute("http.route", exchange.template)
            span.set_attribute("http.response.status_code", exchange.status)

    async def around(self, inner: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """The lifespan: begin when the application has started, drain before it stops."""

        async def watched_receive() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._drain.begin()
            return message

        async def watched_send(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._begin()
            await send(message)

        try:
            await inner(scope, watched_receive, watched_send)
        finally:
            await self._end()

    def _begin(self) -> None:
        if self._settings.handle_signals:
            self._drain.watch_signals()
        self._flusher = asyncio.create_task(self._flush_forever(), name="edge-figures")

    async def _end(self) -> None:
        self._drain.release_signals()
        if self._flusher is not None:
            self._flusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._flusher
            self.metrics.flush()
            self.metrics.close()
        if self._tracing is not None:
            await asyncio.to_thread(self._tracing.close)

    async def _flush_forever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.flush_metrics_s)
            self.metrics.flush()

    def _note(self, exchange: Exchange, seconds: float) -> None:
        self._seen += 1
        every = self._settings.log_every
        failed = exchange.status >= 500
        slow = seconds >= self._settings.slow_request_s
        if not failed and not slow and (not every or self._seen % every):
            return
        say = _log.warning if failed or slow else _log.info
        say(
            "request",
            method=exchange.method,
            route=exchange.template,
            status=exchange.status,
            ms=round(seconds * 1_000, 2),
        )


def watch(metrics: Metrics, reads: ReadCache | None, limiter: RateLimiter, proxies: Proxies) -> None:
    """Publish what the cache, the limits and the reading of proxies' headers count."""
    metrics.watch_counts(
        "surehold_http_refused", "Requests refused by a rate limit", "limit", lambda: dict(limiter.refused)
    )
    metrics.watch_counts(
        "surehold_proxy_headers_ignored",
        "Requests with headers of proxies that were not believed",
        "reason",
        lambda: dict(proxies.ignored),
    )
    if reads is None:
        return
    for figure, meaning in _CACHE_FIGURES.items():
        metrics.watch_counts(f"surehold_cache_{figure}", meaning, "route", _reader(reads.counts, figure))
    metrics.watch_gauge("surehold_cache_bytes", "Bytes of kept answers", lambda: float(reads.size_bytes))
    metrics.watch_gauge("surehold_cache_entries", "Kept answers", lambda: float(len(reads)))


def _reader(counts: Mapping[str, Counts], figure: str) -> Callable[[], Mapping[str, int]]:
    return lambda: {route: getattr(count, figure) for route, count in counts.items()}
