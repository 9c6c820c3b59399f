"""The job clock against a real database, as the application's role, with limits that make a second long."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from prometheus_client import CollectorRegistry

from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.jobs import JobLimits, JobMetrics

QUICK = JobLimits(
    failure_cap_s=0.05, cron_retry_base_s=0.001, cron_poll_s=0.05, tidy_every_s=0.05, stalled_s=1.0, reconnect_cap_s=0.1
)


@pytest.fixture(scope="module")
def url(database_urls: PostgresUrls) -> str:
    return database_urls.app


@pytest.fixture(scope="module")
async def db(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(autouse=True)
async def _clean(db: Database) -> None:
    await db.execute("delete from platform.job_failures")
    await db.execute("delete from procrastinate.procrastinate_periodic_defers")
    await db.execute(
        "with jobs as (delete from procrastinate.procrastinate_jobs) delete from procrastinate.procrastinate_workers"
    )


@pytest.fixture
def metrics() -> JobMetrics:
    return JobMetrics(CollectorRegistry())


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until something is so, looking often; TimeoutError if it never is."""
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            if answer is True or (not isinstance(answer, bool) and await answer):
                return
            await asyncio.sleep(0.01)
