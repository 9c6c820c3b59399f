"""Subscriptions follow the registered reactions."""

from uuid import uuid4

from tests.events.conftest import Bench, OtherHappened, Recorder


async def test_a_new_consumer_gets_what_comes_from_now_on(bench: Bench) -> None:
    recorder = Recorder()
    await bench.emit(uuid4(), 1)
    await bench.subscribe(*recorder.reactions())
    await bench.emit(uuid4(), 2)
    assert [row[1] for row in await bench.waiting()] == [2]


async def test_syncing_twice_changes_nothing(bench: Bench) -> None:
    recorder = Recorder()
    for _ in range(2):
        await bench.subscribe(*recorder.reactions())
    rows = await bench.db.fetch_all("select event_name, consumer from platform.subscriptions order by 1")
    assert rows == [("tests.other_happened.v1", "tests.recorder"), ("tests.thing_happened.v1", "tests.recorder")]


async def test_what_waits_for_a_removed_subscription_goes_with_it(bench: Bench) -> None:
    recorder, other = Recorder(), Recorder("tests.other")
    await bench.subscribe(*recorder.reactions(), *other.reactions())
    await bench.emit(uuid4(), 1)
    await bench.emit(uuid4(), 2, name=OtherHappened.wire_name)
    await bench.subscribe(*recorder.reactions()[:1])
    assert [(consumer, seq) for consumer, seq, *_ in await bench.waiting()] == [("tests.recorder", 1)]
