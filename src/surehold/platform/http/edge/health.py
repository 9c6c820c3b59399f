"""What a balancer and Prometheus ask: does the process live, can it serve, and its figures."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog

from surehold.platform.http.edge.drain import Drain
from surehold.platform.http.edge.exchange import Exchange
from surehold.platform.http.edge.networks import Networks
from surehold.platform.http.edge.settings import EdgeSettings
from surehold.platform.telemetry import Metrics
from surehold.platform.telemetry.metrics import CONTENT_TYPE

Readiness = Callable[[], Awaitable[Mapping[str, bool]]]
JSON_TYPE = (b"content-type", b"application/json")
PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_encode = msgspec.json.Encoder().encode
_log = structlog.get_logger(__name__)


class Health:
    """Answers `/healthz`, `/readyz` and `/metrics`; the last only to `metrics_networks`, as if it were not there to others."""

    def __init__(self, settings: EdgeSettings, drain: Drain, metrics: Metrics, readiness: Readiness) -> None:
        self._settings, self._drain, self._metrics, self._readiness = settings, drain, metrics, readiness
        self._may_read_metrics = Networks(settings.metrics_networks)
        self._asked: tuple[float, dict[str, str], int] | None = None
        self._asking = asyncio.Lock()

    async def answer(self, path: str, exchange: Exchange) -> None:
        """Answer one of `PATHS`."""
        if path == "/healthz":
            await exchange.answer(200, [JSON_TYPE], b'{"status":"alive"}')
        elif path == "/readyz":
            await self._ready(exchange)
        elif self._is_inside(exchange):
            page = self._metrics.page()
            await exchange.answer(200, [(b"content-type", CONTENT_TYPE.encode())], page)
        else:
            await exchange.problem(404, "NOT_FOUND", "Not Found", "Not Found")

    def _is_inside(self, exchange: Exchange) -> bool:
        # A proxy that nobody named as trusted sits inside itself; what it passes on comes from anywhere.
        passed_on = b"x-forwarded-for" in exchange.headers or b"forwarded" in exchange.headers
        is_told = not passed_on or bool(self._settings.trusted_proxies)
        return is_told and exchange.is_sure and exchange.address in self._may_read_metrics

    async def _ready(self, exchange: Exchange) -> None:
        if self._drain.begun:
            await exchange.answer(503, [JSON_TYPE], b'{"status":"draining","checks":{}}')
            return
        checks, status = await self._check()
        word = "not_ready" if status != 200 else "ready" if set(checks.values()) == {"ok"} else "degraded"
        await exchange.answer(status, [JSON_TYPE], _encode({"status": word, "checks": checks}))

    async def _check(self) -> tuple[dict[str, str], int]:
        # Asked by anybody as often as they like: one look serves all who ask within a moment.
        async with self._asking:
            if self._asked is None or time.monotonic() - self._asked[0] > self._settings.ready_keep_s:
                checks = await self._look()
                missing = {name for name in self._settings.required_checks if checks.get(name) != "ok"}
                self._asked = (time.monotonic(), checks, 503 if missing else 200)
            return self._asked[1], self._asked[2]

    async def _look(self) -> dict[str, str]:
        try:
            async with asyncio.timeout(self._settings.ready_timeout_s):
                found = await self._readiness()
        except TimeoutError:
            _log.warning("readiness_timed_out")
            return dict.fromkeys(self._settings.required_checks, "no answer")
        return {name: "ok" if is_there else "away" for name, is_there in found.items()}
