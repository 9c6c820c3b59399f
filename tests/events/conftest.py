"""Deliveries against a real database: a publisher, a consumer that writes down what it handled, and quick limits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
from prometheus_client import CollectorRegistry

from surehold.kernel.events import Envelope, Event, decode
from surehold.platform.db import Database, Unit
from surehold.platform.embedded import PostgresUrls
from surehold.platform.events import Deliveries, DeliveryLimits, DeliveryMetrics, Reaction, sync_subscriptions


class ThingHappened(Event, frozen=True, kw_only=True):
    wire_name = "tests.thing_happened.v1"
    note: str = ""


class OtherHappened(Event, frozen=True, kw_only=True):
    wire_name = "tests.other_happened.v1"
    note: str = ""


QUICK = DeliveryLimits(retry_base_s=0.001, retry_cap_s=0.001, attempts_max=3, poll_s=0.02, outage_backoff_s=0.05)


@pytest.fixture(scope="module")
async def db(database_urls: PostgresUrls) -> AsyncIterator[Database]:
    """As owner: the tests look into and rearrange the platform's tables."""
    database = Database(database_urls.owner)
    await database.open()
    await database.execute(
        "create table platform.test_effects (id bigint generated always as identity, consumer text, aggregate uuid,"
        " seq bigint, note text)"
    )
    await database.execute("create table platform.test_deferred (n integer unique deferrable initially deferred)")
    yield database
    await database.close()


@pytest.fixture(autouse=True)
async def _clean(db: Database) -> None:
    await db.execute("truncate platform.events, platform.deliveries, platform.consumed, platform.subscriptions")
    await db.execute("truncate platform.test_effects, platform.test_deferred")


class Recorder:
    """Writes each event down as its effect; `fail_on` decides which attempts fail."""

    def __init__(self, consumer: str = "tests.recorder") -> None:
        self.consumer = consumer
        self.fail_on: Callable[[Envelope], bool] = lambda _: False
        self.seen: list[int] = []

    async def handle(self, unit: Unit, envelope: Envelope) -> None:
        self.seen.append(envelope.seq)
        await unit.execute(
            "insert into platform.test_effects (consumer, aggregate, seq, note) values (%s, %s, %s, %s)",
            (self.consumer, envelope.aggregate_id, envelope.seq, decode(envelope, ThingHappened).note),
        )
        if self.fail_on(envelope):
            raise ValueError("jane@example.org is unlucky")

    def reactions(self, *, ordered: bool = True, alone: bool = False) -> list[Reaction]:
        return [
            Reaction(event=event, consumer=self.consumer, handle=self.handle, ordered=ordered, alone=alone)
            for event in (ThingHappened, OtherHappened)
        ]


class Bench:
    """A publisher and a look into the tables."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.registry = CollectorRegistry()
        self.metrics = DeliveryMetrics(self.registry)

    def deliveries(self, reactions: list[Reaction], limits: DeliveryLimits = QUICK, **options: object) -> Deliveries:
        return Deliveries(self.db, reactions, self.metrics, limits=limits, **options)  # type: ignore[arg-type]

    async def subscribe(self, *reactions: Reaction) -> None:
        await sync_subscriptions(self.db, reactions)

    async def emit(self, aggregate: UUID, seq: int, note: str = "", name: str = ThingHappened.wire_name) -> int:
        row = await self.db.fetch_one(
            "select platform.emit(%s, 'thing', %s, %s, jsonb_build_object('note', %s::text))",
            (name, aggregate, seq, note),
        )
        assert row is not None
        return row[0]

    async def effects(self) -> list[tuple[UUID, int]]:
        return [
            (aggregate, seq)
            for aggregate, seq in await self.db.fetch_all(
                "select aggregate, seq from platform.test_effects order by id"
            )
        ]

    async def waiting(self) -> list[tuple[str, int, int, bool, str | None]]:
        rows = await self.db.fetch_all(
            "select consumer, seq, attempts, dead_at is not null, last_error from platform.deliveries order by event_id"
        )
        return [(consumer, seq, attempts, dead, error) for consumer, seq, attempts, dead, error in rows]

    async def make_due(self) -> None:
        await self.db.execute(
            "update platform.deliveries set next_attempt_at = clock_timestamp() where dead_at is null"
        )

    async def settle(self, deliveries: Deliveries, rounds: int = 12) -> None:
        """Drain again and again with every retry made due, as if time had passed."""
        for _ in range(rounds):
            await self.make_due()
            await deliveries.drain()

    def metric(self, name: str, consumer: str = "tests.recorder") -> float:
        return self.registry.get_sample_value(name, {"consumer": consumer}) or 0.0


@pytest.fixture
def bench(db: Database) -> Bench:
    return Bench(db)


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until something is so, looking often; TimeoutError if it never is."""
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            if answer is True or (not isinstance(answer, bool) and await answer):
                return
            await asyncio.sleep(0.01)
