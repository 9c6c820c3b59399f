"""The worker as a process: killed in the middle of an event, stopped with work in hand, started for some parts only."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
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


class Spans:
    """Keeps the names and facts of spans."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, dict[str, Any]]] = []
        self.closed = False

    @contextmanager
    def work(self, name: str, facts: Mapping[str, str | int]) -> Iterator["Spans"]:
        self.spans.append((name, dict(facts)))
        yield self

    def request(self, name: str, headers: Mapping[str, str]) -> AbstractContextManager["Spans"]:
        raise NotImplementedError

    def set_attribute(self, key: str, value: Any) -> None:
        self.spans[-1][1][key] = value

    def update_name(self, name: str) -> None:
        raise NotImplementedError

    def close(self) -> None:
        self.closed = True


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
    mine, other, ran, tracing = Recorder("mine.recorder"), Recorder("other.recorder"), asyncio.Event(), Spans()

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
        tracing=tracing,
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
    assert {name for name, _ in tracing.spans} == {"mine.recorder", "recovery.job"}
    [facts] = [facts for name, facts in tracing.spans if name == "mine.recorder"]
    assert facts["surehold.event"] == "tests.thing_happened.v1"
    assert tracing.closed
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
