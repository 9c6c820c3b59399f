"""Runs the checks in one snapshot: read-only, so that it changes nothing, and whole, so that no half of a change looks wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from surehold.app.doctor.checks import Check, DoctorError
from surehold.app.schema import OTHER_VERSION

MAX_ROWS = 100
CHECK_TIMEOUT_S = 300
CONNECT_TIMEOUT_S = 10

_WRAPPED: tuple[LiteralString, LiteralString] = ("select * from (\n", "\n) as wrong limit %s")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What one check found: a sentence per broken row, at most MAX_ROWS; `has_more` if there are more.

    Not judged is what only a worker at work keeps right, where none runs.
    """

    check: Check
    sentences: Sequence[str]
    rows: Sequence[dict[str, Any]]
    has_more: bool
    is_judged: bool = True

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.sentences


def examine(
    database_url: str, checks: Sequence[Check], max_rows: int = MAX_ROWS, *, worker_runs: bool = True
) -> list[Diagnosis]:
    """Run the checks; out comes one diagnosis each. DoctorError when the database cannot be asked."""
    try:
        with psycopg.Connection[dict[str, Any]].connect(
            database_url, connect_timeout=CONNECT_TIMEOUT_S, row_factory=dict_row
        ) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            with connection.transaction():
                connection.execute("select set_config('statement_timeout', %s, true)", (f"{CHECK_TIMEOUT_S}s",))
                connection.execute("set local timezone = 'UTC'")
                return [
                    _run(connection, check, max_rows)
                    if worker_runs or not check.needs_worker
                    else Diagnosis(check, (), (), has_more=False, is_judged=False)
                    for check in checks
                ]
    except OTHER_VERSION as error:
        raise DoctorError(f"The database is not that of this version ({error.diag.message_primary}).") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise DoctorError(f"This role may not look everywhere ({error.diag.message_primary}).") from error
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:  # the latter also for what is no URL at all
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DoctorError(f"The database cannot be asked: {said}") from error


def _run(connection: psycopg.Connection[dict[str, Any]], check: Check, max_rows: int) -> Diagnosis:
    before, after = _WRAPPED
    found = connection.execute(before + check.sql + after, (max_rows + 1,)).fetchall()
    rows = found[:max_rows]
    return Diagnosis(check, [check.says.format(**row) for row in rows], rows, has_more=len(found) > max_rows)
