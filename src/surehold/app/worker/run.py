"""Running reactions and jobs until told to stop; what is in hand then ends, within ten seconds."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace

import structlog
from prometheus_client import CollectorRegistry

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

DRAIN_S = 9.0  # a little more than its parts take

_log = structlog.get_logger(__name__)


class UnknownPartError(Exception):
    """`--only` names a part that has neither reactions nor jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker does.

    `reactions` and `jobs` are those of the whole shop, for subscriptions belong to the shop and not to a process; `--only`
    narrows down what this process runs. `database_url` leads to PostgreSQL itself (locks of jobs are kept on a connection).
    `around` is entered before the work begins and left after it ended.
    """

    database_url: str
    db: Database
    reactions: Sequence[Reaction]
    jobs: Sequence[Job]
    registry: CollectorRegistry
    listener: WakeListener | None = None
    delivery_limits: DeliveryLimits | None = None
    job_limits: JobLimits | None = None
    around: Callable[[], AbstractAsyncContextManager[None]] = nullcontext

    def only(self, parts: Sequence[str]) -> "Work":
        """The work of some modules; all of it for none named. UnknownPartError says which parts there are."""
        known = {_part(reaction.consumer) for reaction in self.reactions} | {_part(job.name) for job in self.jobs}
        unknown = sorted(set(parts) - known)
        if unknown:
            raise UnknownPartError(f"no work for {', '.join(unknown)}; there is work for {', '.join(sorted(known))}")
        if not parts:
            return self
        return replace(
            self,
            reactions=[reaction for reaction in self.reactions if _part(reaction.consumer) in parts],
            jobs=[job for job in self.jobs if _part(job.name) in parts],
        )


def _part(name: str) -> str:
    return name.partition(".")[0]


async def run_worker(work: Work, stop: asyncio.Event, only: Sequence[str] = ()) -> None:
    """Do the work until `stop` is set. LoopEndedError, or a loop's own error, if one ends before that."""
    mine = work.only(only)
    await work.db.open()
    try:
        async with work.around():
            await sync_subscriptions(work.db, work.reactions)
            _log.info("worker_started", reactions=len(mine.reactions), jobs=len(mine.jobs), only=list(only))
            await _run(mine, stop)
    finally:
        await work.db.close()
    _log.info("worker_stopped")


async def _run(work: Work, stop: asyncio.Event) -> None:
    deliveries = Deliveries(
        work.db, work.reactions, DeliveryMetrics(work.registry), limits=work.delivery_limits, listener=work.listener
    )
    jobs = JobRunner(work.database_url, work.db, work.jobs, JobMetrics(work.registry), limits=work.job_limits)
    await run_until(stop, {"deliveries": deliveries.run(stop), "jobs": jobs.run(stop)}, DRAIN_S)
