"""Messages that were given up, among the dead letters that staff see."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from surehold.modules.webhooks.store import log as store
from surehold.platform.db import Executor, Unit
from surehold.platform.events.dead_letters import DeadLetter, Position


class DeadWebhooks:
    """A source of dead letters. The endpoint's log shows each try."""

    kind = "webhook"

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Dead messages older than a position, newest first."""
        at, before_id = before or (None, "")
        rows = await store.list_dead(executor, at=at, before_id=before_id, limit=limit)
        return [_letter(row) for row in rows]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One dead message, held."""
        try:
            message_id = UUID(key)
        except ValueError:
            return None
        row = await store.lock_dead(unit, message_id)
        return _letter(row) if row is not None else None

    async def replay(self, unit: Unit, key: str) -> None:
        """Send it again, with all its tries; if its endpoint is disabled, once it is enabled."""
        await store.redeliver(unit, UUID(key))

    async def discard(self, unit: Unit, key: str) -> None:
        """Never send it."""
        await store.discard(unit, UUID(key))

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """A message says what happened; it is not edited."""
        del unit, key, payload
        return False


def _letter(row: store.Row) -> DeadLetter:
    letter_id, name, subject_type, subject_id, attempts, failed_at, error = row
    return DeadLetter(
        id=letter_id,
        kind=DeadWebhooks.kind,
        name=name,
        subject_type=subject_type,
        subject_id=subject_id,
        attempts=attempts,
        failed_at=failed_at,
        error=error,
    )
