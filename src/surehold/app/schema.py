"""Bringing a database up to date: the numbered migrations, then every module's functions and views in their order."""

from collections.abc import Callable
from pathlib import Path

import psycopg

from surehold.platform.db.migrations import MigrationError, migrate, read_migrations

OTHER_VERSION = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
)
"""What a statement fails with in a database that another version left behind, or none."""

_PACKAGE = Path(__file__).resolve().parents[1]

MODULE_ORDER = (
    "audit",
    "identity",
    "pricing",
    "inventory",
    "catalog",
    "cart",
    "payments",
    "orders",
    "checkout",
    "notifications",
    "webhooks",
)
"""Modules in the order in which their SQL may rest on each other: only on earlier ones."""


def migrations_folder() -> Path:
    """Where the numbered files are: beside the package in a checkout, inside of it in an installed wheel."""
    for folder in (_PACKAGE / "migrations", _PACKAGE.parents[1] / "migrations"):
        if folder.is_dir():
            return folder
    msg = "the folder `migrations` is missing from this installation; install Surehold again"
    raise MigrationError(msg)


def replaceable_sql() -> list[Path]:
    """Files of functions and views, in the order of application; grants come last."""
    platform = sorted((_PACKAGE / "platform" / "sql").glob("*.sql"))
    first = [path for path in platform if not path.name.startswith("zz_")]
    modules = [path for name in MODULE_ORDER for path in sorted((_PACKAGE / "modules" / name / "sql").glob("*.sql"))]
    return [*first, *modules, *(path for path in platform if path.name.startswith("zz_"))]


def bring_up_to_date(owner_url: str, report: Callable[[str], None] = lambda _: None) -> int:
    """Migrate a database; out goes how many numbered files ran. MigrationError says what to do."""
    return migrate(owner_url, read_migrations(migrations_folder()), replaceable_sql(), report)
