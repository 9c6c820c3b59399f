"""A worker process for tests: one reaction that writes down what it handled. Killed by a failpoint when so armed."""

import asyncio
import os
import signal

from prometheus_client import CollectorRegistry

from surehold.app.worker import Work, run_worker
from surehold.kernel.events import Envelope, Event
from surehold.platform.db import Database, Unit
from surehold.platform.events import Reaction
from surehold.platform.jobs import Job


class ThingHappened(Event, frozen=True, kw_only=True):
    wire_name = "tests.thing_happened.v1"
    note: str = ""


async def handle(unit: Unit, envelope: Envelope) -> None:
    await unit.execute(
        "insert into platform.test_effects (consumer, aggregate, seq, note) values ('tests.recorder', %s, %s, '')",
        (envelope.aggregate_id, envelope.seq),
    )


async def nothing() -> int:
    return 0


async def main() -> None:
    url, stop = os.environ["SUREHOLD_DATABASE_URL"], asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    work = Work(
        database_url=url,
        db=Database(url),
        reactions={"tests": [Reaction(event=ThingHappened, consumer="tests.recorder", handle=handle)]},
        jobs={
            "tests": [
                Job(name="tests.nothing", run=nothing, every_s=0.1),
                Job(name="tests.daily", run=nothing, cron="0 0 * * *"),
            ]
        },
        registry=CollectorRegistry(),
    )
    await run_worker(work, stop)


if __name__ == "__main__":
    asyncio.run(main())
