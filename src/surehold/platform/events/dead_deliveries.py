"""Dead deliveries as a source of dead letters."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString

import msgspec

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.events import Event
from surehold.platform.db import Executor, Unit
from surehold.platform.events.dead_letters import DeadLetter, Position
from surehold.platform.events.reaction import Reaction

_COLUMNS: LiteralString = """
select 'delivery:' || d.event_id || ':' || d.consumer, e.name || ' → ' || d.consumer, d.aggregate_type, d.aggregate_id,
  d.attempts, d.dead_at, coalesce(d.last_error, ''), coalesce(d.mended_payload, e.payload)::text
from platform.deliveries d join platform.events e on e.id = d.event_id
"""

_LIST: LiteralString = (
    _COLUMNS
    + """
where d.dead_at is not null and (%(at)s::timestamptz is null
  or (d.dead_at, 'delivery:' || d.event_id || ':' || d.consumer) < (%(at)s, %(id)s))
order by d.dead_at desc, 1 desc limit %(limit)s
"""
)

_LOCK: LiteralString = (
    _COLUMNS
    + """
where d.dead_at is not null and d.event_id = %(event_id)s and d.consumer = %(consumer)s for update of d
"""
)

_REPLAY: LiteralString = """
update platform.deliveries
set dead_at = null, attempts = 0, replayed = true, next_attempt_at = clock_timestamp()
where event_id = %(event_id)s and consumer = %(consumer)s
"""

_DISCARD: LiteralString = "delete from platform.deliveries where event_id = %(event_id)s and consumer = %(consumer)s"

_MEND: LiteralString = """
update platform.deliveries set mended_payload = %(payload)s::jsonb
where event_id = %(event_id)s and consumer = %(consumer)s
returning (select e.name from platform.events e where e.id = event_id)
"""

_MAX_EVENT_ID = 2**63 - 1


class DeadDeliveries:
    """Deliveries that were given up. Knows the events' types from the reactions, so that a mended payload fits."""

    kind = "delivery"

    def __init__(self, reactions: Iterable[Reaction]) -> None:
        self._types: dict[str, type[Event]] = {reaction.event.wire_name: reaction.event for reaction in reactions}

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Dead deliveries older than a position, newest first, without their payloads."""
        at, letter_id = before or (None, "")
        rows = await executor.fetch_all(_LIST, {"at": at, "id": letter_id, "limit": limit})
        return [msgspec.structs.replace(_letter(row), payload=None) for row in rows]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One dead delivery, held."""
        where = _where(key)
        row = await unit.fetch_one(_LOCK, where) if where is not None else None
        return _letter(row) if row is not None else None

    async def replay(self, unit: Unit, key: str) -> None:
        """Make it due, past the check for newer events."""
        await unit.execute(_REPLAY, _where(key))

    async def discard(self, unit: Unit, key: str) -> None:
        """Delete it; the event stays."""
        await unit.execute(_DISCARD, _where(key))

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """Set the payload that this consumer gets."""
        text = msgspec.json.encode(payload).decode()
        row = await unit.fetch_one(_MEND, {**(_where(key) or {}), "payload": text})
        event_type = self._types.get(row[0]) if row is not None else None
        if event_type is not None:
            try:
                msgspec.json.decode(text, type=event_type)
            except msgspec.ValidationError as error:
                raise InvalidInputError(f"The payload does not fit the event: {error}", field="payload") from error
        return True


def _where(key: str) -> dict[str, object] | None:
    event_id, _, consumer = key.partition(":")
    if not event_id.isascii() or not event_id.isdigit() or int(event_id) > _MAX_EVENT_ID:
        return None
    return {"event_id": int(event_id), "consumer": consumer}


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    letter_id, name, subject_type, subject_id, attempts, failed_at, error, payload = row
    return DeadLetter(
        id=letter_id,
        kind=DeadDeliveries.kind,
        name=name,
        subject_type=subject_type,
        subject_id=subject_id,
        attempts=attempts,
        failed_at=failed_at,
        error=error,
        payload=msgspec.json.decode(payload),
    )
