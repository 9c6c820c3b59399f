"""Dead deliveries as a source of dead letters."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.events import Event
from surehold.platform.db import Executor, Unit
from surehold.platform.events import store
from surehold.platform.events.dead_letters import DeadLetter, Position

_MAX_EVENT_ID = 2**63 - 1


class DeadDeliveries:
    """Deliveries that were given up. Knows the events' types, so that a mended payload fits."""

    kind = "delivery"

    def __init__(self, events: Iterable[type[Event]]) -> None:
        self._types: dict[str, type[Event]] = {event.wire_name: event for event in events}

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Dead deliveries older than a position, newest first, without their payloads."""
        at, letter_id = before or (None, "")
        rows = await store.list_dead(executor, at=at, before_id=letter_id, limit=limit)
        return [msgspec.structs.replace(_letter(row), payload=None) for row in rows]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One dead delivery, held."""
        where = _where(key)
        row = await store.lock_dead(unit, *where) if where is not None else None
        return _letter(row) if row is not None else None

    async def replay(self, unit: Unit, key: str) -> None:
        """Make it due, past the check for newer events."""
        await store.replay_dead(unit, *_held(key))

    async def discard(self, unit: Unit, key: str) -> None:
        """Delete it; the event stays."""
        await store.discard_dead(unit, *_held(key))

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """Set the payload that this consumer gets."""
        text = msgspec.json.encode(payload).decode()
        event_type = self._types.get(await store.mend_dead(unit, *_held(key), text))
        if event_type is not None:
            try:
                msgspec.json.decode(text, type=event_type)
            except msgspec.ValidationError as error:
                raise InvalidInputError(f"The payload does not fit the event: {error}", field="payload") from error
        return True


def _where(key: str) -> tuple[int, str] | None:
    event_id, _, consumer = key.partition(":")
    if not event_id.isascii() or not event_id.isdigit() or int(event_id) > _MAX_EVENT_ID:
        return None
    return int(event_id), consumer


def _held(key: str) -> tuple[int, str]:
    """The key of a letter that `lock` found."""
    event_id, _, consumer = key.partition(":")
    return int(event_id), consumer


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
