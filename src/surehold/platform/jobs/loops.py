"""Jobs of seconds: one supervised loop each, in one process of all, which never ends by an error."""

import asyncio
import random
from collections.abc import Sequence

import psycopg
import structlog

from surehold.platform.events.failures import describe_error
from surehold.platform.jobs.job import Job
from surehold.platform.jobs.limits import JobLimits
from surehold.platform.jobs.locks import JobLocks
from surehold.platform.jobs.work import JobWork

_log = structlog.get_logger(__name__)


class JobLoops:
    """Runs the jobs that have `every_s`."""

    def __init__(self, jobs: Sequence[Job], locks: JobLocks, work: JobWork, limits: JobLimits) -> None:
        self._jobs = [job for job in jobs if job.every_s is not None]
        self._locks, self._work, self._limits = locks, work, limits

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set and every job in hand has ended."""
        async with asyncio.TaskGroup() as loops:
            loops.create_task(_wait(stop))
            for job in self._jobs:
                loops.create_task(self._loop(job, stop), name=f"job.{job.name}")

    async def _loop(self, job: Job, stop: asyncio.Event) -> None:
        every_s, failures = job.every_s or 1.0, 0
        await pause(stop, random.uniform(0, min(every_s, 1.0)))  # noqa: S311  jitter, no secret
        while not stop.is_set():
            failures = 0 if await self._turn(job, stop) else failures + 1
            await pause(stop, self._pause_s(every_s, failures))

    async def _turn(self, job: Job, stop: asyncio.Event) -> bool:
        try:
            if not await self._locks.hold(job.name):
                return True  # another process runs it
        except (psycopg.Error, OSError, TimeoutError) as error:
            _log.warning("job_lock_not_asked", job=job.name, error=describe_error(error))
            return False
        return await self._work.run(job, stop)

    def _pause_s(self, every_s: float, failures: int) -> float:
        if failures:
            ceiling = min(self._limits.failure_cap_s, max(every_s, 1.0) * 2.0 ** min(failures, 16))
            return max(every_s, random.uniform(0, ceiling))  # noqa: S311  jitter, no secret
        return every_s * random.uniform(1 - self._limits.jitter, 1 + self._limits.jitter)  # noqa: S311  jitter


async def _wait(stop: asyncio.Event) -> None:
    """Keeps the group running where there is no job at all."""
    await stop.wait()


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but not past `stop`."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
