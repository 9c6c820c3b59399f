"""The worker as a process: killed in the middle of an event, stopped with work in hand, started for some parts only."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from surehold.app.work import build_worker
from surehold.app.worker import UnknownPartError, Work, run_worker
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.jobs import Job
from tests.events.conftest import Bench, Recorder, until
from tests.support.api import settings_of

ROOT = Path(__file__).resolve().parents[2]


async def start(url: str, failpoints: str = "") -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "SUREHOLD_DATABASE_URL": url,
        "SUREHOLD_ENV": "test",
        "SUREHOLD_FAILPOINTS": failpoints,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.events.killed_worker", env=environment, stdout=asyncio.subprocess.DEVNULL
    )


@pytest.mark.crash
async def test_killed_in_the_middle_each_event_still_happens_once(bench: Bench, database_urls: PostgresUrls) -> None:
    await bench.subscribe(*Recorder().reactions()[:1])
    things = [uuid4() for _ in range(5)]
    for seq in (1, 2):
        for thing in things:
            await bench.emit(thing, seq)
    for _ in range(2):
        worker = await start(database_urls.owner, "deliveries.before_commit=kill")
        assert await asyncio.wait_for(worker.wait(), 30) == -signal.SIGKILL
        assert await bench.effects() == []
    worker = await start(database_urls.owner)

    async def all_handled() -> bool:
        return await bench.waiting() == []

    await until(all_handled)
    worker.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(worker.wait(), 10) == 0
    assert sorted(await bench.effects()) == sorted((thing, seq) for thing in things for seq in (1, 2))


async def test_some_parts_only(bench: Bench, database_urls: PostgresUrls) -> None:
    """The other parts' subscriptions stay: they belong to the shop, and another process works for them."""
    mine, other, ran = Recorder("mine.recorder"), Recorder("other.recorder"), asyncio.Event()

    async def run() -> int:
        ran.set()
        return 0

    async def never() -> int:
        raise AssertionError("this part is not ours")

    work = Work(
        database_url=database_urls.owner,
        db=Database(database_urls.owner),
        reactions={"mine": mine.reactions(), "other": other.reactions()},
        # What a job is called is not what it belongs to.
        jobs={
            "mine": [Job(name="recovery.job", run=run, every_s=0.01)],
            "other": [Job(name="mine.job", run=never, every_s=0.01)],
        },
        registry=CollectorRegistry(),
    )
    with pytest.raises(UnknownPartError, match="no work for nobody; there is work for mine, other"):
        work.narrowed(["nobody"])
    stop = asyncio.Event()
    running = asyncio.create_task(run_worker(work, stop, ["mine"]))

    async def subscribed() -> bool:
        return await bench.db.fetch_one("select count(*) from platform.subscriptions") == (4,)

    await until(subscribed)
    await bench.emit(uuid4(), 1)
    await until(lambda: mine.seen == [1])
    await ran.wait()
    stop.set()
    await running
    assert [consumer for consumer, *_ in await bench.waiting()] == ["other.recorder"]
    assert await bench.db.fetch_all("select * from platform.job_failures") == []


async def test_every_job_and_reaction_of_the_shop_is_some_parts(tmp_path: Path) -> None:
    """Whoever starts a worker for each part that there is has them all, each once; recovery comes with the checkout."""
    shop = build_worker(settings_of("postgresql://nowhere", "valkey://nowhere", tmp_path))
    alone = {part: shop.narrowed([part]) for part in shop.parts}
    jobs = sorted(job.name for work in alone.values() for job in work.my_jobs())
    consumers = sorted(reaction.consumer for work in alone.values() for reaction in work.my_reactions())
    assert jobs == sorted(job.name for job in shop.my_jobs())
    assert consumers == sorted(reaction.consumer for reaction in shop.my_reactions())
    assert {"place_order.recover", "checkout.expire_abandoned"} <= {job.name for job in alone["checkout"].my_jobs()}
    assert all(work.my_jobs() or work.my_reactions() for work in alone.values())
