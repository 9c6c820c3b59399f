"""Deliveries: exactly once in effect, in order per aggregate, retried, given up, and never lost by a death in between."""

import asyncio
from uuid import uuid4

import pytest

from surehold.kernel.events import Envelope
from surehold.platform.db import Database, PoolSettings, Unit
from surehold.platform.embedded import PostgresUrls
from surehold.platform.events import DeliveryLimits, Reaction, consumers_of
from tests.events.conftest import QUICK, Bench, OtherHappened, Recorder, ThingHappened, until


async def test_effect_and_removal_are_one(bench: Bench) -> None:
    recorder, thing = Recorder(), uuid4()
    await bench.subscribe(*recorder.reactions())
    await bench.emit(thing, 1)
    await bench.emit(thing, 2)
    assert await bench.deliveries(recorder.reactions()).drain() == 2
    assert await bench.effects() == [(thing, 1), (thing, 2)]
    assert await bench.waiting() == []


async def test_every_consumer_gets_its_own_delivery(bench: Bench) -> None:
    one, two = Recorder("tests.one"), Recorder("tests.two")
    await bench.subscribe(*one.reactions(), *two.reactions())
    await bench.emit(uuid4(), 1)
    two.fail_on = lambda _: True
    await bench.deliveries(one.reactions() + two.reactions()).drain()
    assert [row[0] for row in await bench.waiting()] == ["tests.two"]
    assert len(await bench.effects()) == 1


async def test_a_failed_handler_leaves_nothing_and_says_nothing_personal(bench: Bench) -> None:
    recorder, thing = Recorder(), uuid4()
    recorder.fail_on = lambda _: True
    await bench.subscribe(*recorder.reactions())
    await bench.emit(thing, 1)
    await bench.deliveries(recorder.reactions()).drain(rounds_max=1)
    assert await bench.effects() == []
    [(_, _, attempts, dead, error)] = await bench.waiting()
    assert (attempts, dead) == (1, False)
    assert error is not None
    assert error.startswith("ValueError")
    assert "jane" not in error


async def test_poison_blocks_only_its_aggregate_and_dies(bench: Bench) -> None:
    recorder, poison, healthy = Recorder(), uuid4(), uuid4()
    recorder.fail_on = lambda envelope: envelope.aggregate_id == poison and envelope.seq == 1
    await bench.subscribe(*recorder.reactions())
    deliveries = bench.deliveries(recorder.reactions())
    for seq in (1, 2):
        await bench.emit(poison, seq)
        await bench.emit(healthy, seq)
    await deliveries.drain(rounds_max=5)  # all four at once, then each by itself
    assert await bench.effects() == [(healthy, 1), (healthy, 2)]
    await bench.settle(deliveries)
    assert (await bench.effects())[2:] == [(poison, 2)], "what follows goes on once the poison is a dead letter"
    assert [(seq, attempts, dead) for _, seq, attempts, dead, _ in await bench.waiting()] == [(1, 3, True)]
    assert bench.metric("surehold_deliveries_failed_total") == 3


async def test_an_event_waits_while_an_older_one_is_retried(bench: Bench) -> None:
    recorder, thing = Recorder(), uuid4()
    recorder.fail_on = lambda envelope: envelope.seq == 1
    slow = DeliveryLimits(retry_base_s=1000, retry_cap_s=1000)
    await bench.subscribe(*recorder.reactions())
    deliveries = bench.deliveries(recorder.reactions(), slow)
    await bench.emit(thing, 1)
    await deliveries.drain(rounds_max=1)
    await bench.db.execute("update platform.deliveries set next_attempt_at = clock_timestamp() + interval '1 hour'")
    await bench.emit(thing, 2, name=OtherHappened.wire_name)
    await deliveries.drain()
    assert recorder.seen == [1]
    row = await bench.db.fetch_one(
        "select count(*) from platform.deliveries where next_attempt_at > clock_timestamp() + interval '50 minutes'"
    )
    assert row == (2,), "the blocked one is put off with its blocker, not looked at in every round"
    recorder.fail_on = lambda _: False
    await bench.settle(deliveries)
    assert await bench.effects() == [(thing, 1), (thing, 2)]


async def test_a_long_queue_behind_a_poison_holds_up_nobody_else(bench: Bench) -> None:
    recorder, poison, healthy = Recorder(), uuid4(), uuid4()
    recorder.fail_on = lambda envelope: envelope.aggregate_id == poison
    await bench.subscribe(*recorder.reactions())
    for seq in range(1, 31):
        await bench.emit(poison, seq)
    await bench.emit(healthy, 1)
    slow = DeliveryLimits(retry_base_s=1000, retry_cap_s=1000, batch=5)
    deliveries = bench.deliveries(recorder.reactions(), slow)
    await deliveries.drain(rounds_max=1)
    await bench.db.execute(
        "update platform.deliveries set next_attempt_at = clock_timestamp() + interval '1 hour' where attempts > 0"
    )
    await deliveries.drain()
    assert await bench.effects() == [(healthy, 1)]


async def test_without_order_nothing_waits(bench: Bench) -> None:
    recorder, thing = Recorder(), uuid4()
    recorder.fail_on = lambda envelope: envelope.seq == 1
    await bench.subscribe(*recorder.reactions(ordered=False))
    await bench.emit(thing, 1)
    await bench.emit(thing, 2)
    await bench.deliveries(recorder.reactions(ordered=False)).drain(rounds_max=3)
    assert await bench.effects() == [(thing, 2)]
    assert await bench.db.fetch_all("select * from platform.consumed") == []


async def test_an_older_event_that_comes_late_is_ignored(bench: Bench) -> None:
    recorder, thing = Recorder(), uuid4()
    await bench.subscribe(*recorder.reactions())
    deliveries = bench.deliveries(recorder.reactions())
    await bench.emit(thing, 5)
    await deliveries.drain()
    await bench.emit(thing, 4)
    await deliveries.drain()
    assert await bench.effects() == [(thing, 5)]
    assert await bench.waiting() == []
    assert bench.metric("surehold_deliveries_ignored_total") == 1


async def test_an_unknown_event_is_a_failure_not_a_loss(bench: Bench) -> None:
    recorder = Recorder()
    await bench.subscribe(*recorder.reactions())
    await bench.emit(uuid4(), 1, name=OtherHappened.wire_name)
    await bench.deliveries(recorder.reactions()[:1]).drain(rounds_max=1)
    [(_, _, attempts, _, error)] = await bench.waiting()
    assert (attempts, error) == (1, "NoReactionError at platform/events/batch.py:" + (error or "").rpartition(":")[2])


async def test_what_only_the_commit_refuses_is_blamed_on_its_event(bench: Bench) -> None:
    recorder, culprit = Recorder(), uuid4()
    await bench.db.execute("insert into platform.test_deferred values (1)")

    async def handle(unit: Unit, envelope: Envelope) -> None:
        await recorder.handle(unit, envelope)
        if envelope.aggregate_id == culprit:
            await unit.execute("insert into platform.test_deferred values (1)")

    reactions = [Reaction(event=ThingHappened, consumer="tests.recorder", handle=handle)]
    await bench.subscribe(*reactions)
    healthy = [uuid4() for _ in range(3)]
    for thing in (healthy[0], culprit, *healthy[1:]):
        await bench.emit(thing, 1)
    deliveries = bench.deliveries(reactions)
    await deliveries.drain()
    await bench.settle(deliveries)
    assert {thing for thing, _ in await bench.effects()} == set(healthy)
    assert len(await bench.effects()) == 3
    [(_, _, attempts, dead, error)] = await bench.waiting()
    assert (attempts, dead) == (3, True)
    assert error is not None
    assert "23505 test_deferred_n_key" in error


async def test_a_handler_that_loses_its_connection_every_time_is_given_up(bench: Bench) -> None:
    recorder, culprit, healthy = Recorder(), uuid4(), uuid4()

    async def handle(unit: Unit, envelope: Envelope) -> None:
        if envelope.aggregate_id == culprit:
            await unit.execute("select pg_terminate_backend(pg_backend_pid())")
        await recorder.handle(unit, envelope)

    reactions = [Reaction(event=ThingHappened, consumer="tests.recorder", handle=handle)]
    await bench.subscribe(*reactions)
    await bench.emit(culprit, 1)
    await bench.emit(healthy, 1)
    stop = asyncio.Event()
    running = asyncio.create_task(bench.deliveries(reactions).run(stop))

    async def given_up() -> bool:
        return [(attempts, dead) for _, _, attempts, dead, _ in await bench.waiting()] == [(3, True)]

    await until(given_up)
    stop.set()
    await running
    assert await bench.effects() == [(healthy, 1)]


async def test_a_handler_that_hangs_is_ended(bench: Bench) -> None:
    async def handle(unit: Unit, _: Envelope) -> None:
        await unit.execute("select pg_sleep(60)")

    reactions = [Reaction(event=ThingHappened, consumer="tests.recorder", handle=handle)]
    await bench.subscribe(*reactions)
    await bench.emit(uuid4(), 1)
    await bench.deliveries(reactions, DeliveryLimits(handler_timeout_s=0.1)).drain(rounds_max=1)
    [(_, _, attempts, _, error)] = await bench.waiting()
    assert attempts == 1
    assert error is not None
    assert error.startswith("TimeoutError")


async def test_callbacks_run_after_commit_and_only_for_what_happened(bench: Bench) -> None:
    told: list[int] = []

    async def handle(unit: Unit, envelope: Envelope) -> None:
        unit.after_commit(lambda: told.append(envelope.seq))
        if envelope.seq == 2:
            raise ValueError

    reactions = [Reaction(event=ThingHappened, consumer="tests.recorder", handle=handle)]
    await bench.subscribe(*reactions)
    for seq in (1, 2):
        await bench.emit(uuid4(), seq)
    await bench.deliveries(reactions).drain(rounds_max=3)
    assert told == [1]


async def test_workers_share_the_work_and_keep_the_order(bench: Bench) -> None:
    """Four workers on one queue: each event once, each aggregate in order, though the pauses invite overtaking."""
    recorder, things = Recorder(), [uuid4() for _ in range(8)]
    await bench.subscribe(*recorder.reactions())
    for seq in range(1, 21):
        for thing in things:
            await bench.emit(thing, seq)
    stop = asyncio.Event()
    small = DeliveryLimits(batch=3, poll_s=0.01)
    workers = [asyncio.create_task(bench.deliveries(recorder.reactions(), small).run(stop)) for _ in range(4)]
    await until(lambda: len(recorder.seen) >= 160)
    await until(lambda: bench.metric("surehold_deliveries_handled_total") == 160)
    stop.set()
    await asyncio.gather(*workers)
    effects = await bench.effects()
    assert len(effects) == 160
    for thing in things:
        assert [seq for aggregate, seq in effects if aggregate == thing] == list(range(1, 21))


async def test_the_loop_outlives_an_outage(bench: Bench, database_urls: PostgresUrls) -> None:
    """The worker's connections are cut again and again while it runs: nothing is lost, nothing happens twice."""
    recorder, thing = Recorder(), uuid4()
    await bench.subscribe(*recorder.reactions())
    worker = Database(database_urls.owner, PoolSettings(application_name="worker_under_test"))
    await worker.open()
    stop = asyncio.Event()
    running = asyncio.create_task(Bench(worker).deliveries(recorder.reactions()).run(stop))
    for seq in range(1, 31):
        await bench.emit(thing, seq)
        if seq % 10 == 0:
            await bench.db.fetch_all(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'worker_under_test'"
            )

    async def all_handled() -> bool:
        return len(await bench.effects()) >= 30

    await until(all_handled)
    stop.set()
    await running
    await worker.close()
    assert await bench.effects() == [(thing, seq) for seq in range(1, 31)]


async def test_lag_is_the_age_of_the_oldest_due_delivery(bench: Bench) -> None:
    recorder = Recorder()
    recorder.fail_on = lambda _: True
    await bench.subscribe(*recorder.reactions())
    await bench.emit(uuid4(), 1)
    await bench.db.execute("update platform.deliveries set next_attempt_at = clock_timestamp() - interval '90 s'")
    deliveries = bench.deliveries(recorder.reactions(), QUICK)
    await deliveries._look_once()
    assert 90 <= bench.metric("surehold_delivery_lag_seconds") < 100


async def test_stopping_ends_soon_and_keeps_the_rest(bench: Bench) -> None:
    recorder, thing = Recorder(), uuid4()
    await bench.subscribe(*recorder.reactions())
    for seq in range(1, 41):
        await bench.emit(thing, seq)
    stop = asyncio.Event()

    async def handle(unit: Unit, envelope: Envelope) -> None:
        await recorder.handle(unit, envelope)
        if envelope.seq == 3:
            stop.set()

    await bench.deliveries([Reaction(event=ThingHappened, consumer="tests.recorder", handle=handle)]).run(stop)
    assert len(await bench.effects()) == 3
    assert len(await bench.waiting()) == 37


def test_reactions_of_a_consumer_must_agree() -> None:
    recorder = Recorder()
    with pytest.raises(ValueError, match="disagree"):
        consumers_of([*recorder.reactions()[:1], *recorder.reactions(ordered=False)[1:]])
    with pytest.raises(ValueError, match="two reactions"):
        consumers_of([*recorder.reactions(), *recorder.reactions()])
