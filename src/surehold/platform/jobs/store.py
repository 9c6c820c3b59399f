"""All SQL of the job clock: failures that staff can see, and the locks that keep a job in one process."""

from typing import LiteralString

from surehold.platform.db import Executor

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
