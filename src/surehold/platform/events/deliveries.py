"""The delivery loops of a process: one per consumer, and one that looks for all of them what is due."""

import asyncio
import random
import time
from collections.abc import Sequence

import structlog

from surehold.platform.db import Database
from surehold.platform.events import store
from surehold.platform.events.batch import BatchRunner
from surehold.platform.events.failures import describe_error
from surehold.platform.events.limits import DeliveryLimits
from surehold.platform.events.metrics import DeliveryMetrics
from surehold.platform.events.reaction import Consumer, Reaction, consumers_of
from surehold.platform.events.waker import WakeListener
from surehold.platform.supervise import run_until

_log = structlog.get_logger(__name__)


class Deliveries:
    """Runs the reactions it is given. Without a listener it polls only."""

    def __init__(
        self,
        db: Database,
        reactions: Sequence[Reaction],
        metrics: DeliveryMetrics,
        *,
        limits: DeliveryLimits | None = None,
        listener: WakeListener | None = None,
    ) -> None:
        self._db, self._metrics, self._limits, self._listener = db, metrics, limits or DeliveryLimits(), listener
        self._consumers = consumers_of(reactions)
        self._names = [consumer.name for consumer in self._consumers]
        self._due = {name: asyncio.Event() for name in self._names}
        self._look = asyncio.Event()
        self._dead_counted_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; then each loop ends its event in hand, at most `drain_s` long."""
        loops = {f"deliveries.{one.name}": self._consume(one, stop) for one in self._consumers}
        loops["deliveries.poll"] = self._poll(stop)
        if self._listener is not None:
            loops["deliveries.listen"] = self._listener.run(self._look.set, stop)
        loops["deliveries.rouse"] = self._rouse(stop)
        await run_until(stop, loops, self._limits.drain_s)

    async def _rouse(self, stop: asyncio.Event) -> None:
        """Wake whoever sleeps when it is time to stop."""
        await stop.wait()
        self._look.set()
        for due in self._due.values():
            due.set()

    async def drain(self, rounds_max: int = 1_000) -> int:
        """Handle what is due now, in this task, until nothing is (for commands and tests); out goes how many were taken."""
        never, total = asyncio.Event(), 0
        runners = [BatchRunner(self._db, consumer, self._limits, self._metrics) for consumer in self._consumers]
        for _ in range(rounds_max):
            taken = sum([await runner.run(never) for runner in runners])
            total += taken
            if not taken:
                break
        return total

    async def _poll(self, stop: asyncio.Event) -> None:
        """One statement for all consumers of the process, every 200 ms or when woken."""
        while not stop.is_set():
            try:
                await self._look_once()
                wait_s = self._limits.poll_s
            except Exception as error:  # noqa: BLE001  the loop must outlive every outage; it is logged and counted
                _log.warning("poll_failed", error=describe_error(error))
                wait_s = random.uniform(0, self._limits.outage_backoff_s)  # noqa: S311  jitter, no secret
            await self._wait_for_look(wait_s)

    async def _wait_for_look(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._look.wait()
        except TimeoutError:
            pass
        self._look.clear()

    async def _look_once(self) -> None:
        for consumer, age_s in await store.list_due(self._db, self._names):
            self._metrics.lag_s.labels(consumer).set(max(0.0, age_s))
            if age_s >= 0:
                self._due[consumer].set()
        if time.monotonic() - self._dead_counted_at > self._limits.dead_count_every_s:
            self._dead_counted_at = time.monotonic()
            dead = await store.count_dead(self._db, self._names)
            for consumer in self._names:
                self._metrics.dead.labels(consumer).set(dead.get(consumer, 0))

    async def _consume(self, consumer: Consumer, stop: asyncio.Event) -> None:
        """Batches until nothing is due, then sleep until the poll finds something."""
        runner, due = BatchRunner(self._db, consumer, self._limits, self._metrics), self._due[consumer.name]
        while not stop.is_set():
            await due.wait()
            due.clear()
            try:
                while not stop.is_set() and await runner.run(stop):
                    pass
            except Exception as error:  # noqa: BLE001  the loop must outlive every outage; it is logged and counted
                _log.warning("consumer_interrupted", consumer=consumer.name, error=describe_error(error))
                self._metrics.outages.labels(consumer.name).inc()
                await _pause(stop, random.uniform(0, self._limits.outage_backoff_s))  # noqa: S311  jitter


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
