"""Jobs that go on failing as a source of dead letters."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from surehold.platform.db import Executor, Unit
from surehold.platform.events.dead_letters import DeadLetter, Position
from surehold.platform.jobs import store


class DeadJobs:
    """Jobs that failed several times in a row. They are tried again at their next turn in any case."""

    kind = "job"

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Failing jobs whose last failure is older than a position, newest first."""
        at, letter_id = before or (None, "")
        rows = await store.list_dead(executor, at=at, before_id=letter_id, limit=limit)
        return [_letter(row) for row in rows]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One failing job, held."""
        row = await store.lock_dead(unit, key)
        return _letter(row) if row is not None else None

    async def replay(self, unit: Unit, key: str) -> None:
        """Run it now instead of at its next tick; looping jobs run by themselves within a minute."""
        await store.replay_dead(unit, key)

    async def discard(self, unit: Unit, key: str) -> None:
        """Forget the failures."""
        await store.note_success(unit, key)

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """A job has no payload."""
        del unit, key, payload
        return False


def _letter(row: tuple[Any, ...]) -> DeadLetter:
    letter_id, name, failures, failed_at, error = row
    return DeadLetter(
        id=letter_id,
        kind=DeadJobs.kind,
        name=name,
        subject_type="job",
        subject_id=uuid5(NAMESPACE_URL, letter_id),
        attempts=failures,
        failed_at=failed_at,
        error=error,
    )
