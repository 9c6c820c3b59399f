"""Jobs of minutes and longer: procrastinate keeps the clock and sees to it that each tick runs once in the whole shop.

It polls with a pool of its own. A job that fails is tried again here (procrastinate's own retry collides with its queueing
lock), then written down for staff; the next tick runs it in any case.
"""

import asyncio
import random
from collections.abc import Sequence

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job as StoredJob
from procrastinate.jobs import Status

from surehold.platform.db import Database
from surehold.platform.events.failures import describe_error
from surehold.platform.jobs import store
from surehold.platform.jobs.job import Job
from surehold.platform.jobs.limits import JobLimits
from surehold.platform.jobs.loops import pause
from surehold.platform.jobs.work import JobWork
from surehold.platform.supervise import END_TIMEOUT_S, end_tasks

TIDY_NAME = "jobs.tidy_cron"
_POOL_MAX = 4

_log = structlog.get_logger(__name__)


def _queue(job: str) -> str:
    """A queue of its own for each job: a worker that runs only some parts must not fetch what it does not know."""
    return f"cron.{job}"


class Cron:
    """Runs the jobs that have `cron`."""

    def __init__(self, url: str, db: Database, jobs: Sequence[Job], work: JobWork, limits: JobLimits) -> None:
        self._url, self._db, self._work, self._limits = url, db, work, limits
        self._jobs = [job for job in jobs if job.cron is not None]
        self._app: App | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; begins anew whenever the clock dies (it does when PostgreSQL restarts)."""
        if not self._jobs:
            await stop.wait()
        failures = 0
        while not stop.is_set():
            try:
                await self._run_once(stop)
                failures = 0
            except Exception as error:  # noqa: BLE001  whatever ended it, the clock must go on
                failures += 1
                _log.warning("cron_interrupted", error=describe_error(error))
            ceiling = min(self._limits.reconnect_cap_s, 2.0**failures)
            await pause(stop, random.uniform(0.1, ceiling + 0.1))  # noqa: S311  jitter, no secret

    def tidy_job(self) -> Job:
        """The job that starts stalled jobs again and runs what staff asked for."""
        parts = sorted({job.name.partition(".")[0] for job in self._jobs})
        return Job(
            name=".".join([TIDY_NAME, *parts]), run=self._tidy, every_s=self._limits.tidy_every_s, batch=store.TIDY_MAX
        )

    async def defer(self, name: str) -> bool:
        """Run a job now, besides its ticks; False if it waits to run already. The clock must be running."""
        if self._app is None:
            msg = "the cron clock is not running"
            raise RuntimeError(msg)
        try:
            await self._app.configure_task(name, queue=_queue(name), lock=name, queueing_lock=name).defer_async(
                timestamp=0
            )
        except AlreadyEnqueued:
            return False
        return True

    async def _run_once(self, stop: asyncio.Event) -> None:
        app = self._build(stop)
        async with app.open_async():
            self._app = app
            try:
                await self._work_until(stop, app)
            finally:
                self._app = None

    async def _work_until(self, stop: asyncio.Event, app: App) -> None:
        worker = asyncio.create_task(
            app.run_worker_async(
                queues=[_queue(job.name) for job in self._jobs],
                concurrency=self._limits.cron_concurrency,
                fetch_job_polling_interval=self._limits.cron_poll_s,
                shutdown_graceful_timeout=self._limits.drain_s,
                listen_notify=False,
                delete_jobs="always",
                install_signal_handlers=False,
                stalled_worker_timeout=self._limits.stalled_s,
            )
        )
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if worker.done():
                worker.result()
        finally:
            worker.cancel()  # once asks it to end its jobs first; again, not to wait for them
            await asyncio.wait({worker}, timeout=self._limits.drain_s + END_TIMEOUT_S)
            await end_tasks([worker, stopping])

    def _build(self, stop: asyncio.Event) -> App:
        connector = PsycopgConnector(
            conninfo=self._url,
            min_size=1,
            max_size=_POOL_MAX,
            kwargs={
                "options": "-c search_path=procrastinate",
                "application_name": "surehold-cron",
                "connect_timeout": 3,
            },
        )
        app = App(connector=connector, periodic_defaults={"max_delay": self._limits.cron_late_s})
        for job in self._jobs:
            self._register(app, job, stop)
        return app

    def _register(self, app: App, job: Job, stop: asyncio.Event) -> None:
        async def run(timestamp: int) -> None:
            await self._try(job, timestamp, stop)

        task = app.task(name=job.name, queue=_queue(job.name), lock=job.name, queueing_lock=job.name)(run)
        app.periodic(cron=job.cron or "")(task)

    async def _try(self, job: Job, timestamp: int, stop: asyncio.Event) -> None:
        _log.debug("cron_tick", job=job.name, tick=timestamp)
        for attempt in range(1, self._limits.cron_tries + 1):
            if await self._work.run(job, stop) or stop.is_set():
                return
            if attempt < self._limits.cron_tries:
                ceiling = self._limits.cron_retry_base_s * 2.0**attempt
                await pause(stop, random.uniform(0, ceiling))  # noqa: S311  jitter, no secret

    async def _tidy(self) -> int:
        if self._app is None:
            return 0
        manager = self._app.job_manager
        stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=self._limits.stalled_s)
        done = 0
        for job in list(stalled)[: store.TIDY_MAX]:
            await self._retry_stalled(self._app, job)
            done += 1
        for name in await store.take_reruns(self._db, [job.name for job in self._jobs]):
            await self.defer(name)
            done += 1
        return done

    async def _retry_stalled(self, app: App, job: StoredJob) -> None:
        _log.warning("cron_job_stalled", job=job.task_name)
        try:
            await app.job_manager.retry_job(job)
        except ConnectorException:
            # The next tick waits in the queue already, under the same queueing lock; it does this one's work.
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
