"""Everything that is not answered from the cache at once: guards, own endpoints, streams, fills, and the application."""

from collections.abc import Mapping

import structlog

from surehold.kernel.errors import InvalidInputError, ShopError
from surehold.platform.cache import Answer, CacheKey, ReadCache, Served
from surehold.platform.cache.entries import matches
from surehold.platform.http.edge.asgi import ASGIApp, Headers, Receive
from surehold.platform.http.edge.bodies import Bodies, BodyTooLargeError, ClientGoneError
from surehold.platform.http.edge.exchange import TAGS_HEADER, Exchange
from surehold.platform.http.edge.figures import Figures
from surehold.platform.http.edge.health import PATHS, Health
from surehold.platform.http.edge.limits import Refusal
from surehold.platform.http.edge.origin import Origin
from surehold.platform.http.edge.origins import SAFE_METHODS, CsrfRefusedError, Origins
from surehold.platform.http.edge.settings import EdgeSettings
from surehold.platform.http.problems import problem_of

_log = structlog.get_logger(__name__)
READING = frozenset({"GET", "HEAD"})
STALE: Headers = [
    (b"x-surehold-stale", b"1"),
    (b"warning", b'110 - "Response is Stale"'),
    (b"cache-control", b"no-cache"),  # a CDN must not keep it and pass it on as fresh
]
AWAY = 503


class LongWay:
    """Serves one HTTP request."""

    def __init__(
        self,
        inner: ASGIApp,
        settings: EdgeSettings,
        *,
        origins: Origins,
        health: Health,
        figures: Figures,
        reads: ReadCache | None,
        streams: Mapping[str, ASGIApp],
    ) -> None:
        self._inner, self._origins, self._health, self._figures = inner, origins, health, figures
        self._reads, self._streams = reads, streams
        self._bodies = Bodies(settings)
        self._origin = Origin(inner)

    async def serve(self, exchange: Exchange, refusal: Refusal | None, receive: Receive) -> None:
        """Answer it; whatever goes wrong is a problem document."""
        try:
            await self._serve(exchange, refusal, receive)
        except ShopError as error:
            await self._refuse(exchange, error)
        except ClientGoneError:
            exchange.status = 499  # what proxies log when nobody is left to answer
        except TimeoutError:
            await exchange.problem(408, "REQUEST_TIMEOUT", "Request Timeout", "The request's body came too slowly.")
        except Exception:
            _log.exception("unexpected_error", path=exchange.scope["path"])
            if exchange.status:
                raise  # the answer has begun: only the server can still end the connection
            detail = "This is our fault. Tell us the request_id if it happens again."
            await exchange.problem(500, "INTERNAL", "Something went wrong", detail)

    async def _serve(self, exchange: Exchange, refusal: Refusal | None, receive: Receive) -> None:
        path, method = exchange.scope["path"], exchange.method
        if path in PATHS and method in READING:
            exchange.route = path
            await self._health.answer(path, exchange)
        elif refusal is not None:
            await _too_many(exchange, refusal)
        elif method == "OPTIONS" and b"access-control-request-method" in exchange.headers:
            exchange.extra = []
            await exchange.answer(204, self._origins.preflight_headers(exchange.headers.get(b"origin")), b"")
        elif path in self._streams:
            exchange.route, exchange.lasting = path, True
            exchange.put_state()
            await self._streams[path](exchange.scope, receive, exchange.send)
        elif (key := self._key(exchange)) is not None:
            await self._cached(exchange, key)
        else:
            await self._ask_inner(exchange, receive)

    async def _ask_inner(self, exchange: Exchange, receive: Receive) -> None:
        if exchange.method not in SAFE_METHODS:
            if not self._origins.may_write(exchange.headers, exchange.scope.get("scheme", "http")):
                raise CsrfRefusedError("Only our own pages may send this.")
            receive = await self._bodies.read(exchange, receive)
        exchange.put_state()
        with self._figures.trace(exchange):
            await self._inner(exchange.scope, receive, exchange.send)

    def _key(self, exchange: Exchange) -> CacheKey | None:
        if self._reads is None or exchange.method not in READING:
            return None
        try:
            return self._reads.key_of(exchange.scope["path"], exchange.scope["query_string"], exchange.shown)
        except InvalidInputError:
            exchange.route = "cached"
            raise

    async def _cached(self, exchange: Exchange, key: CacheKey) -> None:
        assert self._reads is not None
        exchange.route = key.route.pattern
        request_id = exchange.request_id.decode()

        async def origin(wanted: CacheKey) -> Answer:
            return await self._origin(wanted, request_id)

        found = await self._reads.fetch(key, origin)
        if isinstance(found, Served):
            await _give(exchange, found)
        elif found.status == AWAY and not found.body:
            await exchange.problem(AWAY, "UNAVAILABLE", "Please try again", "It takes too long at the moment.")
        else:
            headers = [header for header in found.headers if header[0] != TAGS_HEADER]
            await exchange.answer(found.status, headers, found.body)

    async def _refuse(self, exchange: Exchange, error: ShopError) -> None:
        status, document = problem_of(error)
        close: Headers = [(b"connection", b"close")] if isinstance(error, BodyTooLargeError) else []
        await exchange.problem(
            status, error.code, document["title"], error.detail, headers=close, extra=dict(error.extra)
        )


async def _give(exchange: Exchange, served: Served) -> None:
    entry = served.entry
    known = exchange.headers.get(b"if-none-match")
    is_known = known is not None and matches(known, entry.etag)
    headers = entry.bare_headers + exchange.security.for_data if is_known else entry.headers
    if served.stale:
        headers = [*(header for header in headers if header[0] != b"cache-control"), *STALE]
    await exchange.answer_as_is(304 if is_known else 200, headers, b"" if is_known else entry.body)


async def _too_many(exchange: Exchange, refusal: Refusal) -> None:
    rule = refusal.rule
    window_s = max(1, round(rule.burst / rule.rate_per_s))
    headers: Headers = [
        (b"retry-after", str(refusal.retry_after_s).encode()),
        (b"ratelimit-policy", f'"{rule.name}";q={rule.burst};w={window_s}'.encode()),
        (b"ratelimit", f'"{rule.name}";r=0;t={refusal.retry_after_s}'.encode()),
    ]
    detail = f"Too many requests of one kind ({rule.name}); try again in {refusal.retry_after_s} s."
    await exchange.problem(429, "RATE_LIMITED", "Too many requests", detail, headers=headers)
