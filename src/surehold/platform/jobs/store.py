"""All SQL of the job clock: failures that staff can see, and the locks that keep a job in one process."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

from surehold.platform.db import Executor
from surehold.platform.jobs.limits import GIVEN_UP_AFTER

Row = tuple[Any, ...]

LOCK_CLASS = 7_305_809
TIDY_MAX = 100

TRY_LOCK: LiteralString = "select pg_try_advisory_lock(%(lock_class)s, hashtext(%(name)s))"

_NOTE_FAILURE: LiteralString = """
insert into platform.job_failures as f (name, failures, last_error) values (%(name)s, 1, %(error)s)
on conflict (name) do update set failures = f.failures + 1, last_failed_at = clock_timestamp(),
  last_error = excluded.last_error, rerun_at = null
"""

_NOTE_SUCCESS: LiteralString = "delete from platform.job_failures where name = %(name)s"

_TAKE_RERUNS: LiteralString = """
update platform.job_failures set rerun_at = null where name in (
  select name from platform.job_failures where rerun_at is not null and name = any(%(names)s)
  order by rerun_at limit %(limit)s for update skip locked)
returning name
"""


async def note_failure(executor: Executor, name: str, error: str) -> None:
    """Count a failed run."""
    await executor.execute(_NOTE_FAILURE, {"name": name, "error": error})


async def note_success(executor: Executor, name: str) -> None:
    """Forget the failures of a job that is well again."""
    await executor.execute(_NOTE_SUCCESS, {"name": name})


async def take_reruns(executor: Executor, names: list[str]) -> list[str]:
    """The jobs that staff asked to run now, asked once."""
    rows = await executor.fetch_all(_TAKE_RERUNS, {"names": names, "limit": TIDY_MAX})
    return [name for (name,) in rows]


_DEAD: LiteralString = "select 'job:' || name, name, failures, last_failed_at, last_error from platform.job_failures "

_LIST_DEAD: LiteralString = (
    _DEAD
    + """
where failures >= %(given_up_after)s and rerun_at is null
  and (%(at)s::timestamptz is null or (last_failed_at, 'job:' || name) < (%(at)s, %(id)s))
order by last_failed_at desc, 1 desc limit %(limit)s
"""
)

_LOCK_DEAD: LiteralString = _DEAD + "where failures >= %(given_up_after)s and name = %(name)s for update"

_REPLAY_DEAD: LiteralString = (
    "update platform.job_failures set failures = 1, rerun_at = clock_timestamp() where name = %(name)s"
)


async def list_dead(executor: Executor, *, at: datetime | None, before_id: str, limit: int) -> Sequence[Row]:
    """Jobs that go on failing, newest failure first, older than a position."""
    facts = {"at": at, "id": before_id, "limit": limit, "given_up_after": GIVEN_UP_AFTER}
    return await executor.fetch_all(_LIST_DEAD, facts)


async def lock_dead(unit: Executor, name: str) -> Row | None:
    """One failing job, held."""
    return await unit.fetch_one(_LOCK_DEAD, {"name": name, "given_up_after": GIVEN_UP_AFTER})


async def replay_dead(unit: Executor, name: str) -> None:
    """Ask for a run now."""
    await unit.execute(_REPLAY_DEAD, {"name": name})
