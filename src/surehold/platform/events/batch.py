"""One batch of one consumer: take, handle, remove, all in one unit of work.

What goes wrong undoes the whole batch; its events are then taken one by one, so that only the culprit waits and is retried. A
savepoint each would spare the others that, and cost every event of every day two round trips.
"""

import asyncio
import time
from collections.abc import Sequence

import msgspec
import structlog

from surehold.kernel.errors import UnavailableError
from surehold.platform.db import Database, Unit
from surehold.platform.events import store
from surehold.platform.events.failures import describe_error
from surehold.platform.events.limits import DeliveryLimits, retry_delay_s
from surehold.platform.events.metrics import DeliveryMetrics
from surehold.platform.events.reaction import Consumer
from surehold.platform.events.store import Failure, Taken
from surehold.platform.failpoints import failpoint

_log = structlog.get_logger(__name__)

OUTAGES_PER_EVENT = 3  # then the event is taken for the cause


class NoReactionError(Exception):
    """The consumer does not know this event: an older program meets a newer one's events; a newer worker will do it."""


class _Batch(msgspec.Struct):
    """What became of the events of one batch."""

    done: list[int] = []
    ignored: int = 0


class BatchRunner:
    """Runs batches of one consumer. When a whole batch fails, the next ones are taken singly, so that only the culprit waits."""

    def __init__(self, db: Database, consumer: Consumer, limits: DeliveryLimits, metrics: DeliveryMetrics) -> None:
        self._db, self._consumer, self._limits, self._metrics = db, consumer, limits, metrics
        self._singly_left = 0
        self._lost_with: tuple[int, int] = (
            0,
            0,
        )  # the event in hand when the connection was lost, and how often in a row

    async def run(self, stop: asyncio.Event) -> int:
        """Take and handle one batch; out goes how many deliveries were looked at. Raises when the database is away."""
        single = self._consumer.alone or self._singly_left > 0
        self._singly_left = max(0, self._singly_left - 1)
        taken: list[Taken] = []
        try:
            async with self._db.unit() as unit:
                limit = 1 if single else self._limits.batch
                found, blocked = await store.take(
                    unit, self._consumer.name, ordered=self._consumer.ordered, limit=limit
                )
                taken.extend(found)
                batch = await self._handle_all(unit, taken, stop)
                if batch.done:
                    await store.settle(unit, self._consumer.name, batch.done, ordered=self._consumer.ordered)
                await failpoint("deliveries.before_commit")
        except Exception as error:
            single = single or len(taken) == 1
            if not taken or not self._is_to_blame(taken, error, single=single):
                raise
            await self._blame(taken, error, single=single)
            return len(taken)
        self._count(batch)
        return len(taken) + blocked

    async def _handle_all(self, unit: Unit, taken: Sequence[Taken], stop: asyncio.Event) -> _Batch:
        batch, started = _Batch(), time.monotonic()
        for item in taken:
            if stop.is_set() or time.monotonic() - started > self._limits.batch_s:
                break
            await self._handle(unit, item, batch)
        return batch

    async def _handle(self, unit: Unit, item: Taken, batch: _Batch) -> None:
        envelope = item.envelope
        if self._consumer.ordered and envelope.seq <= item.seen_seq and not item.replayed:
            _log.info("event_ignored", consumer=self._consumer.name, event_id=envelope.event_id, seen=item.seen_seq)
            batch.ignored += 1
        else:
            handle = self._consumer.handlers.get(envelope.name)
            if handle is None:
                raise NoReactionError(envelope.name)
            async with asyncio.timeout(self._limits.handler_timeout_s):
                await handle(unit, envelope)
        batch.done.append(envelope.event_id)

    def _is_to_blame(self, taken: Sequence[Taken], error: Exception, *, single: bool) -> bool:
        """An outage is nobody's fault, unless the connection is lost again and again with the same event in hand."""
        if not isinstance(error, UnavailableError):
            return True
        self._singly_left = len(taken)
        event_id, times = taken[0].envelope.event_id, 1
        if single and self._lost_with[0] == event_id:
            times = self._lost_with[1] + 1
        self._lost_with = (event_id, times)
        return single and times >= OUTAGES_PER_EVENT

    async def _blame(self, taken: Sequence[Taken], error: Exception, *, single: bool) -> None:
        if not single:
            _log.warning("batch_undone", consumer=self._consumer.name, size=len(taken), error=describe_error(error))
            self._singly_left = len(taken)
            return
        await store.fail(self._db, self._consumer.name, self._failure(taken[0], error))
        self._metrics.failed.labels(self._consumer.name).inc()

    def _failure(self, item: Taken, error: Exception) -> Failure:
        attempt, event_id, text = item.envelope.attempts + 1, item.envelope.event_id, describe_error(error)
        dead = attempt >= self._limits.attempts_max
        report = _log.error if dead else _log.warning
        report(
            "delivery_failed", consumer=self._consumer.name, event_id=event_id, attempt=attempt, dead=dead, error=text
        )
        return Failure(event_id=event_id, error=text, delay_s=retry_delay_s(self._limits, attempt), dead=dead)

    def _count(self, batch: _Batch) -> None:
        name = self._consumer.name
        self._metrics.handled.labels(name).inc(len(batch.done) - batch.ignored)
        self._metrics.ignored.labels(name).inc(batch.ignored)
