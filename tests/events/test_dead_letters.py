"""Dead letters: seen, mended, replayed and discarded, each with its audit row."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from surehold.kernel.errors import InvalidInputError, NotFoundError
from surehold.platform.db import Database, Unit
from surehold.platform.events import SilentWaker, store
from surehold.platform.events.dead_deliveries import DeadDeliveries
from surehold.platform.events.dead_letters import DeadLetters, NotMendableError
from surehold.platform.http import Actor, ActorKind
from surehold.platform.jobs.dead_jobs import DeadJobs
from tests.events.conftest import Bench, OtherHappened, Recorder, ThingHappened

CLERK = Actor(kind=ActorKind.ACCOUNT, account_id=uuid4())


class AuditLog:
    """Keeps audit rows in memory."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, UUID, dict[str, object]]] = []

    async def __call__(
        self, unit: Unit, *, actor: Actor, action: str, subject_type: str, subject_id: UUID, facts: Mapping[str, object]
    ) -> None:
        assert actor is CLERK
        assert subject_type
        self.rows.append((action, subject_id, dict(facts)))


@pytest.fixture
def audit() -> AuditLog:
    return AuditLog()


@pytest.fixture
def letters(db: Database, audit: AuditLog) -> DeadLetters:
    return DeadLetters(db, [DeadDeliveries([ThingHappened, OtherHappened]), DeadJobs()], audit, SilentWaker())


async def bury(bench: Bench, recorder: Recorder, *aggregates: UUID, note: str = "") -> None:
    """Make a delivery of each aggregate's first event a dead letter."""
    await bench.subscribe(*recorder.reactions())
    recorder.fail_on = lambda envelope: envelope.seq == 1
    for aggregate in aggregates:
        await bench.emit(aggregate, 1, note)
        await bench.settle(bench.deliveries(recorder.reactions()), rounds=4)


async def test_listed_newest_first_by_pages(bench: Bench, letters: DeadLetters) -> None:
    things = [uuid4() for _ in range(3)]
    await bury(bench, Recorder(), *things)
    first = await letters.list(limit=2)
    second = await letters.list(limit=2, before=first[-1].position)
    assert [letter.subject_id for letter in [*first, *second]] == things[::-1]
    assert first[0].name == "tests.thing_happened.v1 → tests.recorder"
    assert first[0].attempts == 3
    assert first[0].error.startswith("ValueError")
    assert await letters.list(kind="job") == []


async def test_replayed_even_after_newer_events(bench: Bench, letters: DeadLetters, audit: AuditLog) -> None:
    recorder, thing = Recorder(), uuid4()
    await bury(bench, recorder, thing)
    await bench.emit(thing, 2)
    deliveries = bench.deliveries(recorder.reactions())
    await deliveries.drain()
    assert await bench.effects() == [(thing, 2)]
    [letter] = await letters.list()
    await letters.replay(letter.id, CLERK)
    await deliveries.drain(rounds_max=1)
    assert [attempts for _, _, attempts, _, _ in await bench.waiting()] == [1], "a replay that fails is tried again"
    recorder.fail_on = lambda _: False
    await bench.settle(deliveries, rounds=1)
    assert await bench.effects() == [(thing, 2), (thing, 1)]
    assert await letters.list() == []
    assert audit.rows == [("dead_letters.replayed", thing, {"dead_letter": letter.id, "attempts": 3})]
    with pytest.raises(NotFoundError):
        await letters.replay(letter.id, CLERK)


async def test_mended_for_this_consumer_only(bench: Bench, letters: DeadLetters, audit: AuditLog) -> None:
    recorder, thing = Recorder(), uuid4()
    await bury(bench, recorder, thing, note="wrong")
    [listed] = await letters.list()
    assert (await letters.get(listed.id)).payload == {"note": "wrong"}
    mended = await letters.mend(listed.id, {"note": "right"}, CLERK)
    assert mended.payload == {"note": "right"}
    recorder.fail_on = lambda _: False
    await letters.replay(listed.id, CLERK)
    await bench.deliveries(recorder.reactions()).drain()
    assert await bench.db.fetch_all("select note from platform.test_effects") == [("right",)]
    assert await bench.db.fetch_all("select payload ->> 'note' from platform.events") == [("wrong",)]
    assert audit.rows[0][2]["changed"] == ["note"]


async def test_a_payload_that_does_not_fit_changes_nothing(bench: Bench, letters: DeadLetters, audit: AuditLog) -> None:
    await bury(bench, Recorder(), uuid4(), note="wrong")
    [letter] = await letters.list()
    too_long: dict[str, Any] = {"note": "x" * 70_000}
    for payload in ({"note": 5}, too_long, {"note": "a\x00b"}):
        with pytest.raises(InvalidInputError):
            await letters.mend(letter.id, payload, CLERK)
    assert (await letters.get(letter.id)).payload == {"note": "wrong"}
    assert audit.rows == []


async def test_discarded(bench: Bench, letters: DeadLetters, audit: AuditLog) -> None:
    await bury(bench, Recorder(), uuid4())
    [letter] = await letters.list()
    await letters.discard(letter.id, CLERK)
    assert await bench.waiting() == []
    assert [row[0] for row in audit.rows] == ["dead_letters.discarded"]


async def test_a_living_delivery_is_no_dead_letter(bench: Bench, letters: DeadLetters) -> None:
    recorder = Recorder()
    await bench.subscribe(*recorder.reactions())
    event_id = await bench.emit(uuid4(), 1)
    for wrong in (
        f"delivery:{event_id}:tests.recorder",
        "delivery:x:y",
        "delivery:²:y",
        "job:none",
        "nothing",
        "a:b:c",
    ):
        with pytest.raises(NotFoundError):
            await letters.discard(wrong, CLERK)
    assert len(await bench.waiting()) == 1


async def test_failing_jobs_are_in_the_same_list(bench: Bench, letters: DeadLetters, audit: AuditLog) -> None:
    await bury(bench, Recorder(), uuid4())
    await bench.db.execute("truncate platform.job_failures")
    await bench.db.execute(
        "insert into platform.job_failures (name, failures, last_error) values"
        " ('cart.sweep', 3, 'KeyError at x.py:1'), ('cart.once', 1, 'KeyError at x.py:1')"
    )
    listed = await letters.list()
    assert [letter.id.partition(":")[0] for letter in listed] == ["job", "delivery"]
    with pytest.raises(NotMendableError):
        await letters.mend("job:cart.sweep", {}, CLERK)
    await letters.replay("job:cart.sweep", CLERK)
    assert await bench.db.fetch_one(
        "select rerun_at is not null from platform.job_failures where failures = 1 and name = 'cart.sweep'"
    ) == (True,)
    assert [letter.kind for letter in await letters.list()] == ["delivery"]
    assert audit.rows[0][0] == "dead_letters.replayed"


async def test_purge_keeps_what_is_young_or_waited_for(bench: Bench) -> None:
    recorder = Recorder()
    old, young, dead = uuid4(), uuid4(), uuid4()
    await bury(bench, recorder, dead)
    recorder.fail_on = lambda _: False
    await bench.emit(old, 1)
    await bench.emit(young, 1)
    await bench.deliveries(recorder.reactions()).drain()
    ancient = datetime(2020, 1, 1, tzinfo=UTC)
    await bench.db.execute(
        "update platform.events set occurred_at = %s where aggregate_id = any(%s)", (ancient, [old, dead])
    )
    await bench.db.execute("update platform.consumed set consumed_at = %s where aggregate_id = %s", (ancient, old))
    assert await store.purge_events(bench.db, days=30, limit=10) == 1
    assert await store.purge_consumed(bench.db, days=30, limit=10) == 1
    left = await bench.db.fetch_all("select aggregate_id from platform.events")
    assert {thing for (thing,) in left} == {young, dead}
