"""A real PostgreSQL in a data folder: made on first use, found again after any death, stopped in order."""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from surehold.platform.embedded.binaries import PostgresBinaries, copy_engines, find_postgres, find_valkey
from surehold.platform.embedded.cluster import DATABASE, Cluster
from surehold.platform.embedded.errors import EmbeddedError, explain, tail
from surehold.platform.embedded.locks import FolderLock
from surehold.platform.embedded.place import SYSTEM_ROOT, Place, prepare
from surehold.platform.embedded.process import Child, empty, end, end_all, spawn, tagged, wait_until

PORT = 5432  # only names the socket file; nothing listens on the network
START_TIMEOUT_S = 300  # recovery after a power cut replays up to max_wal_size
STOP_FAST_S = 60.0
STOP_IMMEDIATE_S = 10.0
ORPHAN_S = 1.0
LAST_WORD_S = 10.0

StopMode = Literal["fast", "immediate"]


@dataclass(frozen=True, slots=True)
class PostgresUrls:
    """libpq URIs over the Unix socket, one per role: `owner` migrates, `app` serves, `audit` may only insert what it is granted."""

    owner: str
    app: str
    audit: str


class EmbeddedPostgres:
    """Supervises one PostgreSQL server for one data folder.

    A second one on the same folder is refused while the first holds its lock. The server is our direct child and stops when
    the thread that started it ends.
    """

    def __init__(self, data_dir: Path, *, binaries: PostgresBinaries | None = None) -> None:
        self.data_dir = data_dir
        self._binaries = binaries
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: FolderLock | None = None
        self._urls: PostgresUrls | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id, or None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> PostgresUrls:
        """Blocks until connections are accepted. Makes the database on first use; ends what a killed launcher left behind.

        Raises EmbeddedError with one line that says what to do.
        """
        if self.pid is not None and self._urls is not None:
            return self._urls
        place = prepare(self.data_dir)
        binaries = self._runnable(place)
        self._take_lock(place)
        try:
            end_leftovers(place)
            cluster = Cluster(place, binaries)
            cluster.ensure()
            self._process = self._spawn(place, cluster)
            self._await_ready(place, cluster)
        except BaseException:
            self._abandon()
            raise
        self._urls = _urls(place)
        return self._urls

    def stop(self, mode: StopMode = "fast") -> None:
        """Stops the server: `fast` ends sessions and writes a checkpoint, `immediate` leaves recovery to the next start."""
        fast = [(signal.SIGINT, STOP_FAST_S)] if mode == "fast" else []
        if self._process is not None:
            end(self._process, [*fast, (signal.SIGQUIT, STOP_IMMEDIATE_S), (signal.SIGKILL, LAST_WORD_S)])
        self._release()

    def kill(self) -> None:
        """Kills the server as `kill -9` does, for crash tests."""
        if self._process is not None:
            end(self._process, [(signal.SIGKILL, LAST_WORD_S)])
        self._release()

    def restart(self, mode: StopMode = "fast") -> PostgresUrls:
        """Stops and starts; the URLs stay the same."""
        self.stop(mode)
        return self.start()

    def end_leftovers(self) -> None:
        """Ends a server that an earlier launcher left behind on this folder."""
        place = prepare(self.data_dir)
        self._take_lock(place)
        try:
            end_leftovers(place)
        finally:
            self._release()

    def tool(self, name: str) -> Path:
        """The path of a program of this PostgreSQL, such as `pgbench`."""
        return (self._binaries or find_postgres()).tool(name)

    def _runnable(self, place: Place) -> PostgresBinaries:
        binaries = self._binaries or find_postgres()
        if place.account is None:
            return binaries
        return copy_engines(binaries, find_valkey(), SYSTEM_ROOT / "engines")[0]

    def _take_lock(self, place: Place) -> None:
        self._release()
        lock = FolderLock(place.home / "postgres.lock", what="PostgreSQL")
        lock.acquire()
        self._lock = lock

    def _spawn(self, place: Place, cluster: Cluster) -> subprocess.Popen[bytes]:
        command = [
            cluster.binaries.tool("postgres"),
            *("-D", cluster.folder, "-k", place.sockets, "-p", str(PORT)),
            *("-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-c", f"cluster_name={tag_of(place)}"),
        ]
        empty(place.log("postgres"))
        return spawn(Child(command, place.log("postgres"), place.account, signal.SIGINT, cluster.env))

    def _await_ready(self, place: Place, cluster: Cluster) -> None:
        process = self._process
        assert process is not None
        wait_until(lambda: process.poll() is not None or cluster.is_ready(process.pid), START_TIMEOUT_S)
        if process.poll() is not None:
            raise explain(tail(place.log("postgres")), place=cluster.folder, what="PostgreSQL")
        if not cluster.is_ready(process.pid):
            raise EmbeddedError(
                f"PostgreSQL is still recovering after {START_TIMEOUT_S} s; see {place.log('postgres')}."
            )

    def _abandon(self) -> None:
        if self._process is not None:
            end(self._process, [(signal.SIGQUIT, STOP_IMMEDIATE_S), (signal.SIGKILL, LAST_WORD_S)])
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def tag_of(place: Place) -> str:
    """The cluster name, which PostgreSQL shows in the command line of each of its processes."""
    return f"surehold-pg-{place.key}"


def end_leftovers(place: Place) -> None:
    """Ends a server, or the sessions of a killed one, that an earlier launcher left behind. Call it under the lock."""
    # Only the server's own command line carries its arguments; sessions without it have nothing left to save.
    serving = tagged(f"cluster_name={tag_of(place)}")
    orderly = (
        [(signal.SIGINT, STOP_FAST_S), (signal.SIGQUIT, STOP_IMMEDIATE_S)] if serving else [(signal.SIGQUIT, ORPHAN_S)]
    )
    if not end_all(lambda: tagged(tag_of(place)), [*orderly, (signal.SIGKILL, LAST_WORD_S)]):
        raise EmbeddedError(
            f"An earlier PostgreSQL of {place.home} does not end (processes {tagged(tag_of(place))}). Kill it, then start again."
        )


def _urls(place: Place) -> PostgresUrls:
    def url(role: str) -> str:
        host = quote(str(place.sockets), safe="")
        return f"postgresql://surehold_{role}:{place.passwords[role]}@/{DATABASE}?host={host}&port={PORT}"

    return PostgresUrls(owner=url("owner"), app=url("app"), audit=url("audit"))
