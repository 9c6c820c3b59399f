"""Sending messages: claim, call outside of any transaction, record. Delivered at least once, always under one id.

Calls outlive the batch that began them: a batch that waited for its slowest call would let one slow endpoint hold up all others.
Each call is a lane, which goes on with the next message of its endpoint until there is none. How many an endpoint has is counted in
the database, by one claim of this process after the other: two at once would both take what is free.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from uuid import UUID

import structlog

from surehold.kernel.clock import Clock
from surehold.modules.webhooks.errors import CallFailedError
from surehold.modules.webhooks.model import (
    Answer,
    ClaimedMessage,
    TryResult,
    WebhookSettings,
    rest_s,
    retry_delay_s,
    signatures,
    webhook_id,
)
from surehold.modules.webhooks.ports import WebhookTransport
from surehold.modules.webhooks.service.endpoints import secret_context
from surehold.modules.webhooks.store import endpoints as endpoint_store
from surehold.modules.webhooks.store import sending as store
from surehold.platform.db import Database, Unit
from surehold.platform.events import describe_error
from surehold.platform.failpoints import failpoint
from surehold.platform.http import SYSTEM
from surehold.platform.sealed import SealedCodec

ABANDONED_BATCH = 100  # of each endpoint
GRACE_S = 2.0  # for a transport that does not keep its own time
_RESTS = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE})

_log = structlog.get_logger(__name__)


class WebhookSender:
    """Sends due messages through a transport."""

    def __init__(
        self, db: Database, transport: WebhookTransport, codec: SealedCodec, clock: Clock, settings: WebhookSettings
    ) -> None:
        self._db, self._transport, self._codec, self._clock = db, transport, codec, clock
        self.settings = settings
        self._lanes: set[asyncio.Task[None]] = set()
        self._claiming = asyncio.Lock()
        self._closing = False

    async def send_due(self) -> int:
        """Begin sending what is due, as far as each endpoint has calls free; out goes how many were begun."""
        settings = self.settings
        await store.free_abandoned(
            self._db, lease_s=settings.lease_s, tries_max=settings.tries_max, limit=ABANDONED_BATCH
        )
        claimed = await self._claim(settings.calls_per_endpoint)
        if claimed:
            await failpoint("webhooks.after_claim")
        for message in claimed:
            lane = asyncio.create_task(self._lane(message), name=f"webhook.{message.endpoint_id}")
            self._lanes.add(lane)
            lane.add_done_callback(self._lanes.discard)
        return len(claimed)

    async def settle(self) -> None:
        """Wait until no call is on its way."""
        while self._lanes:
            await asyncio.wait(self._lanes)

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """At the end no call is begun, those in hand end soon, and what is cut off is sent again by whoever comes next."""
        self._closing = False
        try:
            yield
        finally:
            self._closing = True
            if self._lanes:
                _, cut_off = await asyncio.wait(self._lanes, timeout=self.settings.drain_s)
                for lane in cut_off:
                    lane.cancel()
                await asyncio.gather(*cut_off, return_exceptions=True)

    async def forget_old(self) -> int:
        """Remove one batch of what is older than it is kept; out goes how many."""
        gone = await store.forget(self._db, days=self.settings.kept_days, limit=self.settings.forget_batch)
        await endpoint_store.forget(self._db)
        return gone

    async def _lane(self, first: ClaimedMessage) -> None:
        message: ClaimedMessage | None = first
        try:
            while message is not None:
                await self._send(message)
                message = None if self._closing else await self._next(message)
        except Exception as error:  # noqa: BLE001  most likely PostgreSQL is away; the lease gives the message back
            _log.warning("webhook_lane_ended", error=describe_error(error))

    async def _next(self, done: ClaimedMessage) -> ClaimedMessage | None:
        claimed = await self._claim(1, only=done.endpoint_id)
        return claimed[0] if claimed else None

    async def _claim(self, at_most: int, only: UUID | None = None) -> Sequence[ClaimedMessage]:
        calls = self.settings.calls_per_endpoint
        async with self._claiming:
            return await store.claim_due(self._db, per_endpoint=calls, at_most=at_most, only=only)

    async def _send(self, message: ClaimedMessage) -> None:
        started_at, began = self._clock.now(), time.monotonic()
        answer: Answer | None = None
        error: str | None = None
        try:
            async with asyncio.timeout(self.settings.call_timeout_s + GRACE_S):
                answer = await self._call(message, int(started_at.timestamp()))
            await failpoint("webhooks.after_call")
        except CallFailedError as failed:
            error = failed.reason
        except TimeoutError:
            error = "timeout"
        except Exception as failed:  # noqa: BLE001  one broken message must not stop the others; it is retried and shown
            error = describe_error(failed)
        spent_ms = int((time.monotonic() - began) * 1000)
        await self._record(message, TryResult(started_at=started_at, duration_ms=spent_ms, answer=answer, error=error))

    async def _call(self, message: ClaimedMessage, timestamp_s: int) -> Answer:
        sealed = [secret for secret in (message.secret, message.old_secret) if secret is not None]
        context = secret_context(message.endpoint_id)
        keys = [self._codec.open(secret, context=context).decode() for secret in sealed]
        body, name = message.payload.encode(), webhook_id(message.id)
        headers = {
            "content-type": "application/json",
            "user-agent": "Surehold-Webhooks/1",
            "webhook-id": name,
            "webhook-timestamp": str(timestamp_s),
            "webhook-signature": signatures(keys, name, timestamp_s, body),
        }
        return await self._transport.post(message.url, headers, body)

    async def _record(self, message: ClaimedMessage, result: TryResult) -> None:
        async with self._db.unit() as unit:
            await self._heed(unit, message, result.answer)
            kept = await self._record_outcome(unit, message, result)
            await store.record_try(unit, message, result)
        if not kept:
            _log.warning("webhook_claim_lost", message=str(message.id), attempt=message.attempt)

    async def _record_outcome(self, unit: Unit, message: ClaimedMessage, result: TryResult) -> bool:
        failure = result.failure
        if failure is None:
            return await store.record_delivered(unit, message)
        answer = result.answer
        gone = answer is not None and answer.status == HTTPStatus.GONE
        asked_s = None if answer is None else answer.retry_after_s
        delay_s = None if gone else retry_delay_s(self.settings, message.failures + 1, asked_s)
        report = _log.error if delay_s is None else _log.warning
        report("webhook_not_delivered", message=str(message.id), attempt=message.attempt, reason=failure)
        return await store.record_failed(unit, message, error=failure, delay_s=delay_s)

    async def _heed(self, unit: Unit, message: ClaimedMessage, answer: Answer | None) -> None:
        """What an endpoint says about itself: that it is gone for good, or that it wants to be left alone for a while.

        The endpoint's row comes before its message's, as everywhere.
        """
        if answer is None:
            return
        wanted_s = rest_s(self.settings, answer.retry_after_s) if answer.status in _RESTS else None
        if answer.status == HTTPStatus.GONE:
            if await endpoint_store.disable_gone(unit, message.endpoint_id, message.url):
                facts = {"message_id": str(message.id)}
                await endpoint_store.record_audit(unit, SYSTEM, "webhooks.endpoint_gone", message.endpoint_id, facts)
        elif wanted_s:
            await endpoint_store.rest(unit, message.endpoint_id, wanted_s)
