"""Jobs that go on failing as a source of dead letters."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString
from uuid import NAMESPACE_URL, uuid5

from surehold.platform.db import Executor, Unit
from surehold.platform.events.dead_letters import DeadLetter, Position
from surehold.platform.jobs.limits import GIVEN_UP_AFTER

_COLUMNS: LiteralString = (
    "select 'job:' || name, name, failures, last_failed_at, last_error from platform.job_failures "
)

_LIST: LiteralString = (
    _COLUMNS
    + """
where failures >= %(given_up_after)s and rerun_at is null
  and (%(at)s::timestamptz is null or (last_failed_at, 'job:' || name) < (%(at)s, %(id)s))
order by last_failed_at desc, 1 desc limit %(limit)s
"""
)

_LOCK: LiteralString = _COLUMNS + "where failures >= %(given_up_after)s and name = %(name)s for update"

_REPLAY: LiteralString = (
    "update platform.job_failures set failures = 1, rerun_at = clock_timestamp() where name = %(name)s"
)

_DISCARD: LiteralString = "delete from platform.job_failures where name = %(name)s"


class DeadJobs:
    """Jobs that failed several times in a row. They are tried again at their next turn in any case."""

    kind = "job"

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Failing jobs whose last failure is older than a position, newest first."""
        at, letter_id = before or (None, "")
        given_up = {"given_up_after": GIVEN_UP_AFTER}
        rows = await executor.fetch_all(_LIST, {"at": at, "id": letter_id, "limit": limit, **given_up})
        return [_letter(row) for row in rows]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One failing job, held."""
        row = await unit.fetch_one(_LOCK, {"name": key, "given_up_after": GIVEN_UP_AFTER})
        return _letter(row) if row is not None else None

    async def replay(self, unit: Unit, key: str) -> None:
        """Run it now instead of at its next tick; looping jobs run by themselves within a minute."""
        await unit.execute(_REPLAY, {"name": key})

    async def discard(self, unit: Unit, key: str) -> None:
        """Forget the failures."""
        await unit.execute(_DISCARD, {"name": key})

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
