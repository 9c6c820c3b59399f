"""The log of messages, and sending them again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from surehold.modules.webhooks.errors import EndpointDisabledError
from surehold.modules.webhooks.model import Message, MessageState, Try, WebhookSettings
from surehold.modules.webhooks.store import endpoints as endpoint_store
from surehold.modules.webhooks.store import log as store
from surehold.platform.db import Database
from surehold.platform.http import Actor

_MILLISECONDS_SHIFT = 80  # a UUIDv7 begins with its moment


class WebhookLog:
    """What was sent to whom, and how that went."""

    def __init__(self, db: Database, settings: WebhookSettings) -> None:
        self._db, self._settings = db, settings

    async def list_messages(
        self, endpoint_id: UUID, *, state: MessageState | None, before: UUID | None, limit: int
    ) -> Sequence[Message]:
        """A page of an endpoint's messages, newest first. EndpointNotFoundError."""
        await endpoint_store.get_endpoint(self._db, endpoint_id)
        return await store.list_messages(self._db, endpoint_id, state=state, before=before, limit=limit)

    async def show(self, message_id: UUID) -> tuple[Message, str, Sequence[Try]]:
        """A message, its payload and its tries, newest first. MessageNotFoundError."""
        message, payload, _ = await store.get_message(self._db, message_id)
        return message, payload, await store.list_tries(self._db, message_id)

    async def redeliver(self, actor: Actor, message_id: UUID) -> Message:
        """Send a message again, under its own id. MessageNotFoundError, EndpointDisabledError."""
        async with self._db.unit() as unit:
            message, _, enabled = await store.get_message(unit, message_id)
            _refuse_disabled(enabled=enabled)
            await store.redeliver(unit, message_id)
            facts = {"message_id": str(message_id)}
            await endpoint_store.record_audit(unit, actor, "webhooks.redelivered", message.endpoint_id, facts)
            return (await store.get_message(unit, message_id))[0]

    async def redeliver_since(
        self, actor: Actor, endpoint_id: UUID, since: datetime, after: UUID | None
    ) -> tuple[int, UUID | None]:
        """Send again what was written since a moment and has ended, one batch, oldest first.

        Out go how many, and the id to go on after (None when that was all). EndpointNotFoundError, EndpointDisabledError.
        """
        start, limit = after or _first_id(since), self._settings.redeliver_batch
        async with self._db.unit() as unit:
            endpoint = await endpoint_store.lock_endpoint(unit, endpoint_id)
            _refuse_disabled(enabled=endpoint.enabled)
            count, last = await store.redeliver_since(unit, endpoint_id, start, limit)
            facts = {"messages": count, "since": since.isoformat()}
            await endpoint_store.record_audit(unit, actor, "webhooks.redelivered_since", endpoint_id, facts)
        return count, last if count == limit else None


def _refuse_disabled(*, enabled: bool) -> None:
    if not enabled:
        raise EndpointDisabledError("Enable it first; what waits for it is sent then.")


def _first_id(since: datetime) -> UUID:
    milliseconds = max(0, int(since.timestamp() * 1000))
    return UUID(int=milliseconds << _MILLISECONDS_SHIFT)
