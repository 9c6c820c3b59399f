"""The job clock of a process: loops of seconds and cron together."""

import asyncio
from collections.abc import Sequence

from surehold.platform.db import Database
from surehold.platform.jobs.cron import Cron
from surehold.platform.jobs.job import Job
from surehold.platform.jobs.limits import JobLimits
from surehold.platform.jobs.locks import JobLocks
from surehold.platform.jobs.loops import JobLoops
from surehold.platform.jobs.metrics import JobMetrics
from surehold.platform.jobs.work import JobWork
from surehold.platform.supervise import END_TIMEOUT_S, run_until

CLOCK_END_S = 2 * END_TIMEOUT_S  # cron aborts what did not end in time, and gives its connections back


class JobRunner:
    """Runs the jobs it is given. `url` is for the connections of its own: the job locks and cron's pool."""

    def __init__(
        self, url: str, db: Database, jobs: Sequence[Job], metrics: JobMetrics, *, limits: JobLimits | None = None
    ) -> None:
        self._limits = limits or JobLimits()
        _refuse_double_names(jobs)
        work = JobWork(db, self._limits, metrics)
        self._locks = JobLocks(url)
        self._cron = Cron(url, db, jobs, work, self._limits)
        loops = [*jobs, self._cron.tidy_job()] if any(job.cron is not None for job in jobs) else list(jobs)
        self._loops = JobLoops(loops, self._locks, work, self._limits)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; the jobs in hand end, at most `drain_s` long, then they are cancelled."""
        loops = {"jobs.loops": self._loops.run(stop), "jobs.cron": self._cron.run(stop)}
        try:
            await run_until(stop, loops, self._limits.drain_s + CLOCK_END_S)
        finally:
            await self._locks.close()


def _refuse_double_names(jobs: Sequence[Job]) -> None:
    names = [job.name for job in jobs]
    double = {name for name in names if names.count(name) > 1}
    if double:
        msg = f"jobs share a name: {', '.join(sorted(double))}"
        raise ValueError(msg)
