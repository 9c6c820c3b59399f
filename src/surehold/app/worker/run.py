"""Running reactions and jobs until told to stop; what is in hand then ends, within eleven seconds."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain

import structlog
from prometheus_client import CollectorRegistry

from surehold.app.worker.tracing import traced_job, traced_reaction
from surehold.platform.db import Database
from surehold.platform.events import (
    Deliveries,
    DeliveryLimits,
    DeliveryMetrics,
    Reaction,
    WakeListener,
    sync_subscriptions,
)
from surehold.platform.jobs import Job, JobLimits, JobMetrics, JobRunner
from surehold.platform.supervise import run_until
from surehold.platform.telemetry import Tracing

DRAIN_S = 10.0  # a little more than its parts take, their last second of cancelling too

_log = structlog.get_logger(__name__)


class UnknownPartError(Exception):
    """`--only` names a part that has neither reactions nor jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker does.

    `reactions` and `jobs` are those of the whole shop by part, for subscriptions belong to the shop and not to a process; `only`
    are the parts that this process works for, all for none. `database_url` leads to PostgreSQL itself (locks of jobs are kept on
    a connection).
    `around` is entered before the work begins and left after it ended.
    """

    database_url: str
    db: Database
    reactions: Mapping[str, Sequence[Reaction]]
    jobs: Mapping[str, Sequence[Job]]
    registry: CollectorRegistry
    only: Sequence[str] = ()
    listener: WakeListener | None = None
    delivery_limits: DeliveryLimits | None = None
    job_limits: JobLimits | None = None
    around: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    tracing: Tracing | None = None

    @property
    def parts(self) -> set[str]:
        """All that there is work for."""
        return self.reactions.keys() | self.jobs.keys()

    def narrowed(self, parts: Sequence[str]) -> "Work":
        """The work of some parts; all of it for none named. UnknownPartError says which parts there are."""
        unknown = sorted(set(parts) - self.parts)
        if unknown:
            known = ", ".join(sorted(self.parts))
            raise UnknownPartError(f"no work for {', '.join(unknown)}; there is work for {known}")
        return replace(self, only=parts)

    def my_reactions(self) -> list[Reaction]:
        """Those of this process."""
        mine = [one for part, reactions in self.reactions.items() if self._is_mine(part) for one in reactions]
        return mine if self.tracing is None else [traced_reaction(self.tracing, reaction) for reaction in mine]

    def my_jobs(self) -> list[Job]:
        """Those of this process."""
        mine = [job for part, jobs in self.jobs.items() if self._is_mine(part) for job in jobs]
        return mine if self.tracing is None else [traced_job(self.tracing, job) for job in mine]

    def _is_mine(self, part: str) -> bool:
        return not self.only or part in self.only


async def run_worker(work: Work, stop: asyncio.Event, only: Sequence[str] = ()) -> None:
    """Do the work until `stop` is set. LoopEndedError, or a loop's own error, if one ends before that."""
    mine = work.narrowed(only)
    await work.db.open()
    try:
        async with work.around():
            await sync_subscriptions(work.db, list(chain(*work.reactions.values())))
            _log.info("worker_started", reactions=len(mine.my_reactions()), jobs=len(mine.my_jobs()), only=list(only))
            await _run(mine, stop)
    finally:
        await work.db.close()
        if work.tracing is not None:
            await asyncio.to_thread(work.tracing.close)
    _log.info("worker_stopped")


async def _run(work: Work, stop: asyncio.Event) -> None:
    deliveries = Deliveries(
        work.db,
        work.my_reactions(),
        DeliveryMetrics(work.registry),
        limits=work.delivery_limits,
        listener=work.listener,
    )
    jobs = JobRunner(work.database_url, work.db, work.my_jobs(), JobMetrics(work.registry), limits=work.job_limits)
    await run_until(stop, {"deliveries": deliveries.run(stop), "jobs": jobs.run(stop)}, DRAIN_S)
