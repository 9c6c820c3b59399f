"""Running a job once: batches until a batch is not full, with what came of it counted and, when it failed, kept for staff."""

import asyncio
import time

import structlog

from surehold.platform.db import Database
from surehold.platform.events.failures import describe_error
from surehold.platform.jobs import store
from surehold.platform.jobs.job import Job
from surehold.platform.jobs.limits import JobLimits
from surehold.platform.jobs.metrics import JobMetrics

CLEAN_FOR_S = 60.0  # another process may have written a failure down since

_log = structlog.get_logger(__name__)


class JobWork:
    """Runs jobs and notes how they fared."""

    def __init__(self, db: Database, limits: JobLimits, metrics: JobMetrics) -> None:
        self._db, self._limits, self._metrics = db, limits, metrics
        self._clean_until: dict[str, float] = {}  # jobs of which no failure is written down, as far as we know

    async def run(self, job: Job, stop: asyncio.Event) -> bool:
        """Run a job until it is tidy; out goes whether it went well. Errors end here: logged, counted, written down."""
        try:
            async with asyncio.timeout(self._limits.run_timeout_s):
                did = await self._batches(job, stop)
            await self._note_success(job)
        except Exception as error:  # noqa: BLE001  a job may fail in any way, and its clock must go on
            await self._note_failure(job, error)
            return False
        self._metrics.runs.labels(job.name).inc()
        self._metrics.things.labels(job.name).inc(did)
        self._metrics.last_success.labels(job.name).set(time.time())
        return True

    async def _batches(self, job: Job, stop: asyncio.Event) -> int:
        total = 0
        for _ in range(self._limits.repeats_max):
            did = await job.run()
            total += did
            if stop.is_set() or not job.is_full(did):
                break
        return total

    async def _note_success(self, job: Job) -> None:
        if self._clean_until.get(job.name, 0.0) < time.monotonic():
            await store.note_success(self._db, job.name)
            self._clean_until[job.name] = time.monotonic() + CLEAN_FOR_S

    async def _note_failure(self, job: Job, error: Exception) -> None:
        text = describe_error(error)
        _log.error("job_failed", job=job.name, error=text, exc_info=error)
        self._metrics.failures.labels(job.name).inc()
        self._clean_until.pop(job.name, None)
        try:
            await store.note_failure(self._db, job.name, text)
        except Exception as second:  # noqa: BLE001  PostgreSQL is away: that is probably why the job failed as well
            _log.warning("job_failure_not_noted", job=job.name, error=describe_error(second))
