"""The migration runner: one linear history of numbered plain SQL, then every module's functions and views.

Numbered files run once, in order, each in its own transaction, under an advisory lock; a changed file that already ran is
refused. Functions and views (`modules/*/sql/*.sql`, in the given order) are re-applied whenever their text changed or a
numbered file ran.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

import psycopg

_LOCK_KEY = 7_305_808
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")

_BOOKKEEPING: LiteralString = """
create schema if not exists platform;
create table if not exists platform.migrations (
  number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now());
create table if not exists platform.applied_sql (
  name text primary key, checksum text not null, applied_at timestamptz not null default now());
"""


class MigrationError(Exception):
    """The history and the database disagree; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """What the file said when it ran."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path) -> list[Migration]:
    """All numbered files of the folder, in order; a hole or a double number is an error."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.match(path.name)
        if match is None:
            msg = f"{path.name}: a migration is named NNNN_what_it_does.sql"
            raise MigrationError(msg)
        found.append(Migration(int(match[1]), path.name, path.read_text(encoding="utf-8")))
    numbers = [migration.number for migration in found]
    if len(set(numbers)) != len(numbers):
        msg = f"two migrations share a number: {numbers}"
        raise MigrationError(msg)
    return found


def migrate(
    owner_url: str,
    migrations: Sequence[Migration],
    replaceable: Sequence[Path],
    report: Callable[[str], None] = lambda _: None,
) -> int:
    """Bring the database up to date; out goes how many numbered files ran.

    `replaceable` are files of CREATE OR REPLACE statements, in an order in which they may be applied.
    """
    with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as connection:
        connection.execute("select pg_advisory_lock(%s)", (_LOCK_KEY,))
        connection.execute("set client_min_messages = warning")
        connection.execute(_BOOKKEEPING)
        ran = _run_numbered(connection, migrations, report)
        _apply_replaceable(connection, replaceable, report, all_of_them=ran > 0)
        return ran


def _run_numbered(
    connection: psycopg.Connection[tuple[object, ...]], migrations: Sequence[Migration], report: Callable[[str], None]
) -> int:
    applied = {
        cast("int", number): checksum
        for number, checksum in connection.execute("select number, checksum from platform.migrations").fetchall()
    }
    _refuse_foreign_history(applied, migrations)
    pending = [migration for migration in migrations if migration.number not in applied]
    for migration in pending:
        report(migration.name)
        with connection.transaction():
            connection.execute("set local lock_timeout = '5s'")
            connection.execute(cast("LiteralString", migration.sql))
            connection.execute(
                "insert into platform.migrations (number, name, checksum) values (%s, %s, %s)",
                (migration.number, migration.name, migration.checksum),
            )
    return len(pending)


def _refuse_foreign_history(applied: dict[int, object], migrations: Sequence[Migration]) -> None:
    known = {migration.number: migration for migration in migrations}
    for number, checksum in applied.items():
        migration = known.get(number)
        if migration is None:
            msg = (
                f"the database has migration {number:04d}, which this version does not know: run a newer Surehold on it"
            )
            raise MigrationError(msg)
        if migration.checksum != checksum:
            msg = f"{migration.name} was changed after it ran here: restore the file and put the change into a new one"
            raise MigrationError(msg)


def _apply_replaceable(
    connection: psycopg.Connection[tuple[object, ...]],
    files: Sequence[Path],
    report: Callable[[str], None],
    *,
    all_of_them: bool,
) -> None:
    with connection.transaction():
        rows = connection.execute("select name, checksum from platform.applied_sql").fetchall()
        applied = {str(name): str(checksum) for name, checksum in rows}
        changed = all_of_them  # new tables need their grants
        for path in files:
            sql, name = path.read_text(encoding="utf-8"), f"{path.parent.parent.name}/{path.name}"
            checksum = hashlib.sha256(sql.encode()).hexdigest()
            changed = changed or applied.get(name) != checksum  # a later file may rest on an earlier one
            if not changed:
                continue
            report(name)
            connection.execute(cast("LiteralString", sql))
            connection.execute(
                "insert into platform.applied_sql (name, checksum) values (%s, %s)"
                " on conflict (name) do update set checksum = excluded.checksum, applied_at = now()",
                (name, checksum),
            )
