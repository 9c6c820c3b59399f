"""Webhooks against a real database and real receivers."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from surehold.adapters.webhooks import HttpsWebhooks
from surehold.kernel.clock import SystemClock
from surehold.modules.webhooks import (
    EndpointDraft,
    MessageWriter,
    TargetRules,
    WebhookDesk,
    WebhookLog,
    WebhookSender,
    WebhookSettings,
    WebhookTransport,
)
from surehold.modules.webhooks.reactions import reactions
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.events import Deliveries, DeliveryMetrics, sync_subscriptions
from surehold.platform.http import Actor, ActorKind
from surehold.platform.sealed import SealedCodec
from tests.webhooks.receiver import Receiver, receiving

CODEC = SealedCodec(os.urandom(32))
RULES = TargetRules(development=True)
STAFF = Actor(kind=ActorKind.ACCOUNT, account_id=uuid4(), request_id="r1")
LOW = "inventory.stock_low.v1"


@dataclass(frozen=True)
class Hooks:
    """All of webhooks over one database."""

    db: Database
    settings: WebhookSettings
    desk: WebhookDesk
    log: WebhookLog
    writer: MessageWriter
    sender: WebhookSender

    async def endpoint(self, url: str, **draft: object) -> tuple[UUID, str]:
        """A new endpoint's id and secret."""
        made, secret = await self.desk.add(STAFF, EndpointDraft(url=url, **draft), uuid4())  # type: ignore[arg-type]
        return made.id, secret

    async def happen(self, count: int = 1, name: str = LOW) -> list[int]:
        """Events that are told, as the worker does it; out go their ids."""
        ids = [await self._emit(name) for _ in range(count)]
        await self.react()
        return ids

    async def _emit(self, name: str) -> int:
        variant = uuid4()
        row = await self.db.fetch_one(
            "select platform.emit(%s, 'stock', %s, 1, %s::jsonb)",
            (name, variant, msgspec.json.encode({"variant_id": variant, "available": 2, "threshold": 3}).decode()),
        )
        assert row is not None
        return row[0]

    async def react(self) -> None:
        await Deliveries(self.db, reactions(self.writer), DeliveryMetrics(CollectorRegistry())).drain()

    async def send(self) -> int:
        """One turn of the job, and all that it began."""
        begun = await self.sender.send_due()
        await self.sender.settle()
        return begun

    async def make_due(self) -> None:
        """Let the time of the next try come."""
        await self.db.execute(
            "update webhooks.messages set next_attempt_at = clock_timestamp() where state = 'pending'"
        )
        await self.db.execute("update webhooks.endpoints set resting_until = clock_timestamp() - interval '1 second'")

    async def states(self) -> list[tuple[str, int, int, str | None]]:
        rows = await self.db.fetch_all(
            "select state, attempts, failures, last_error from webhooks.messages order by event_id, id"
        )
        return [(state, attempts, failures, error) for state, attempts, failures, error in rows]


def hooks_over(
    db: Database, settings: WebhookSettings | None = None, transport: WebhookTransport | None = None
) -> Hooks:
    limits = settings or WebhookSettings()
    way = transport or HttpsWebhooks(RULES, timeout_s=limits.call_timeout_s, connect_timeout_s=limits.connect_timeout_s)
    return Hooks(
        db=db,
        settings=limits,
        desk=WebhookDesk(db, CODEC, RULES, limits),
        log=WebhookLog(db, limits),
        writer=MessageWriter(db, SystemClock()),
        sender=WebhookSender(db, way, CODEC, SystemClock(), limits),
    )


@pytest.fixture(scope="module")
async def db(database_urls: PostgresUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.owner)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def hooks(db: Database) -> AsyncIterator[Hooks]:
    await db.execute("truncate webhooks.endpoints, webhooks.messages, webhooks.tries")
    made = hooks_over(db)
    await sync_subscriptions(db, reactions(made.writer))
    yield made
    await made.sender.settle()
    await db.execute("delete from platform.deliveries")
    await db.execute("delete from platform.subscriptions")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as server:
        yield server


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    async with receiving() as server:
        yield server
