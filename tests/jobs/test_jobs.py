"""The job clock: each job in one process, never dying of an error, and stopped without losing what is in hand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from surehold.platform.db import Database
from surehold.platform.jobs import Job, JobLimits, JobMetrics, JobRunner
from tests.jobs.conftest import QUICK, until


class Counter:
    """A job that counts its runs; `fails` of them fail first, then `full` are full batches."""

    def __init__(self, *, fails: int = 0, full: int = 0) -> None:
        self.runs, self.fails, self.full = 0, fails, full

    async def run(self) -> int:
        self.runs += 1
        if self.runs <= self.fails:
            raise ValueError("jane@example.org")
        return 1 if self.runs <= self.full else 0


@asynccontextmanager
async def running(
    url: str, db: Database, jobs: Sequence[Job], metrics: JobMetrics, limits: JobLimits = QUICK
) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(JobRunner(url, db, jobs, metrics, limits=limits).run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


async def failures(db: Database) -> list[tuple[str, int, str]]:
    rows = await db.fetch_all("select name, failures, last_error from platform.job_failures order by name")
    return [(name, count, error) for name, count, error in rows]


async def test_a_full_batch_runs_again_at_once(url: str, db: Database, metrics: JobMetrics) -> None:
    counter = Counter(full=5)
    async with running(url, db, [Job(name="tests.sweep", run=counter.run, every_s=0.9)], metrics):
        await until(lambda: counter.runs >= 6)


async def test_repeats_have_a_limit(url: str, db: Database, metrics: JobMetrics) -> None:
    counter = Counter(full=10**9)
    limits = JobLimits(repeats_max=7)
    async with running(url, db, [Job(name="tests.greedy", run=counter.run, every_s=600)], metrics, limits):
        await until(lambda: counter.runs >= 7)
    assert counter.runs == 7


async def test_a_job_runs_in_one_process_and_moves_when_that_dies(url: str, db: Database, metrics: JobMetrics) -> None:
    one, two = Counter(), Counter()
    async with running(url, db, [Job(name="tests.single", run=one.run, every_s=0.02)], metrics) as stop_one:
        await until(lambda: one.runs > 3)
        async with running(url, db, [Job(name="tests.single", run=two.run, every_s=0.02)], metrics):
            before = one.runs
            await until(lambda: one.runs > before + 5)
            assert two.runs == 0
            stop_one.set()
            await until(lambda: two.runs > 0)


async def test_losing_the_lock_connection_is_survived(url: str, db: Database, metrics: JobMetrics) -> None:
    counter = Counter()
    async with running(url, db, [Job(name="tests.steady", run=counter.run, every_s=0.02)], metrics):
        await until(lambda: counter.runs > 2)
        await db.fetch_all(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'surehold-job-locks'"
        )
        before = counter.runs
        await until(lambda: counter.runs > before + 2)


async def test_failures_are_written_down_and_taken_back(url: str, db: Database, metrics: JobMetrics) -> None:
    counter = Counter(fails=4)
    job = Job(name="tests.unlucky", run=counter.run, every_s=0.01)
    async with running(url, db, [job], metrics):
        await until(lambda: counter.runs >= 4)
        seen = await failures(db)
        await until(lambda: counter.runs >= 6)
        assert await failures(db) == []
    assert seen[0][0] == "tests.unlucky"
    assert seen[0][2].startswith("ValueError")
    assert "jane" not in seen[0][2]


async def test_a_hanging_job_is_ended(url: str, db: Database, metrics: JobMetrics) -> None:
    async def hang() -> int:
        await asyncio.sleep(3600)
        return 0

    async def noted() -> bool:
        return [row[0] for row in await failures(db)] == ["tests.hang"]

    async with running(
        url, db, [Job(name="tests.hang", run=hang, every_s=0.01)], metrics, JobLimits(run_timeout_s=0.05)
    ):
        await until(noted)


async def test_a_cron_job_that_is_late_is_made_up_for_once(url: str, db: Database, metrics: JobMetrics) -> None:
    """The tick of last midnight was missed (the shop was off): it runs at start, in one of two processes, once."""
    counter = Counter()
    job = Job(name="tests.nightly", run=counter.run, cron="0 0 * * *")
    async with running(url, db, [job], metrics), running(url, db, [job], metrics):
        await until(lambda: counter.runs == 1)

        async def emptied() -> bool:
            return await db.fetch_one("select count(*) from procrastinate.procrastinate_jobs") == (0,)

        await until(emptied)
    assert counter.runs == 1


async def test_a_failing_cron_job_is_tried_again_then_shown(url: str, db: Database, metrics: JobMetrics) -> None:
    counter = Counter(fails=3)
    job = Job(name="tests.nightly", run=counter.run, cron="0 0 * * *")
    async with running(url, db, [job], metrics):
        await until(lambda: counter.runs == 3)

        async def noted() -> bool:
            return [(name, count) for name, count, _ in await failures(db)] == [("tests.nightly", 3)]

        await until(noted)
        await db.execute("update platform.job_failures set rerun_at = clock_timestamp()")
        await until(lambda: counter.runs == 4)

        async def well() -> bool:
            return await failures(db) == []

        await until(well)


async def test_a_stalled_cron_job_is_run_again(url: str, db: Database, metrics: JobMetrics) -> None:
    """Its worker was killed in the middle: the job is `doing` and its worker's heartbeat is old."""
    counter = Counter()
    await db.execute(
        "with dead as (insert into procrastinate.procrastinate_workers (last_heartbeat) values (now() - interval '1 h')"
        " returning id) insert into procrastinate.procrastinate_jobs"
        " (queue_name, task_name, lock, queueing_lock, args, status, worker_id) select 'cron.tests.yearly', 'tests.yearly',"
        " 'tests.yearly', 'tests.yearly', '{\"timestamp\": 0}', 'doing', id from dead"
    )
    job = Job(name="tests.yearly", run=counter.run, cron="0 0 1 1 *")
    async with running(url, db, [job], metrics):
        await until(lambda: counter.runs == 1)


async def test_cron_outlives_a_restart_of_the_database(url: str, db: Database, metrics: JobMetrics) -> None:
    counter = Counter()
    job = Job(name="tests.yearly", run=counter.run, cron="0 0 1 1 *")
    async with running(url, db, [job], metrics):

        async def registered() -> bool:
            return await db.fetch_one("select count(*) > 0 from procrastinate.procrastinate_workers") == (True,)

        await until(registered)
        await db.fetch_all(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'surehold-cron'"
        )
        await db.execute(
            "insert into platform.job_failures (name, failures, last_error, rerun_at)"
            " values ('tests.yearly', 3, 'x', clock_timestamp())"
        )
        await until(lambda: counter.runs == 1)


async def test_stopping_waits_for_the_job_in_hand(url: str, db: Database, metrics: JobMetrics) -> None:
    entered, ended = asyncio.Event(), asyncio.Event()

    async def slow() -> int:
        entered.set()
        await asyncio.sleep(0.2)
        ended.set()
        return 0

    async with running(url, db, [Job(name="tests.slow", run=slow, every_s=0.01)], metrics) as stop:
        await entered.wait()
        stop.set()
    assert ended.is_set()


async def test_stopping_does_not_wait_for_ever(url: str, db: Database, metrics: JobMetrics) -> None:
    entered = asyncio.Event()

    async def endless() -> int:
        entered.set()
        await asyncio.sleep(3600)
        return 0

    limits = JobLimits(drain_s=0.1)
    async with running(url, db, [Job(name="tests.endless", run=endless, every_s=0.01)], metrics, limits):
        await entered.wait()


async def test_a_job_has_one_clock_and_a_name_of_its_own(url: str, db: Database, metrics: JobMetrics) -> None:
    counter = Counter()
    with pytest.raises(ValueError, match="either"):
        Job(name="tests.none", run=counter.run)
    with pytest.raises(ValueError, match="either"):
        Job(name="tests.both", run=counter.run, cron="* * * * *", every_s=1)
    twin = Job(name="tests.twin", run=counter.run, every_s=1)
    with pytest.raises(ValueError, match=r"share a name: tests\.twin"):
        JobRunner(url, db, [twin, twin], metrics)


async def test_no_notify_is_sent_by_the_clock(db: Database) -> None:
    """NOTIFY in a transaction serialises commits of the whole server."""
    rows = await db.fetch_all("select tgname from pg_trigger where tgname like '%notify%'")
    assert rows == []
