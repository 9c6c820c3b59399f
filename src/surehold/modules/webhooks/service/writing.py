"""Writing messages: the intent to tell an endpoint, stored with what made it necessary."""

from uuid import UUID

from surehold.kernel.clock import Clock
from surehold.kernel.events import Envelope, Event
from surehold.kernel.ids import uuid7
from surehold.modules.webhooks.errors import EndpointDisabledError
from surehold.modules.webhooks.model import PING, Message, payload_of
from surehold.modules.webhooks.store import endpoints as endpoint_store
from surehold.modules.webhooks.store import log
from surehold.modules.webhooks.store import sending as store
from surehold.platform.db import Database, Unit
from surehold.platform.http import Actor


class MessageWriter:
    """Writes one message for each endpoint that listens."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock

    async def tell(self, unit: Unit, envelope: Envelope, fact: Event) -> None:
        """Store the messages about an event in the unit of its delivery; those that exist are left as they are."""
        listening, at = await store.list_listening(unit, envelope.event_id, envelope.name)
        if at is None:
            return
        await store.write(
            unit,
            {uuid7(): endpoint_id for endpoint_id in listening},
            event_id=envelope.event_id,
            event_name=envelope.name,
            payload=payload_of(envelope.name, at, fact),
        )

    async def ping(self, actor: Actor, endpoint_id: UUID) -> Message:
        """A message that says nothing, to see whether the endpoint listens. EndpointNotFoundError, EndpointDisabledError."""
        message_id = uuid7()
        data: dict[str, object] = {"endpoint_id": endpoint_id}
        async with self._db.unit() as unit:
            endpoint = await endpoint_store.lock_endpoint(unit, endpoint_id)
            if not endpoint.enabled:
                raise EndpointDisabledError("Enable it first.")
            payload = payload_of(PING, self._clock.now(), data)
            await store.write(unit, {message_id: endpoint_id}, event_id=None, event_name=PING, payload=payload)
            await endpoint_store.record_audit(
                unit, actor, "webhooks.endpoint_pinged", endpoint_id, {"message_id": str(message_id)}
            )
            message, _, _ = await log.get_message(unit, message_id)
            return message
