"""A real Valkey in a data folder, on a Unix socket with a password."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote

import structlog

from surehold.platform.embedded.binaries import copy_engines, find_postgres, find_valkey
from surehold.platform.embedded.errors import EmbeddedError, explain, tail
from surehold.platform.embedded.locks import FolderLock
from surehold.platform.embedded.place import SYSTEM_ROOT, Place, prepare
from surehold.platform.embedded.process import Child, empty, end, end_all, spawn, tagged, wait_until

START_TIMEOUT_S = 60  # loading the append-only file
STOP_S = 15.0
LEFTOVER_S = 3.0
LAST_WORD_S = 5.0
PING_TIMEOUT_S = 0.5
MAXMEMORY = "256mb"
_BROKEN_FILE = (
    "Bad file format",
    "Unexpected end of file",
    "Unrecoverable error reading the append only file",
    "Fatal error loading",
)

# The cache's entries all carry a time to live, and counters in use are never the coldest keys: `volatile-lru` drops cold
# cache entries first and never a key without an end. `noeviction` would fail every write once the cache is full, and
# `allkeys-lru` could drop what limits bots. The file keeps counters over a restart; correctness never depends on it.
_CONFIG: Final = """
port 0
unixsocketperm 700
requirepass {password}
dir "{folder}"
daemonize no
set-proc-title no
loglevel notice
appendonly yes
appendfsync everysec
save ""
maxmemory {maxmemory}
maxmemory-policy volatile-lru
maxclients 1024
"""

_log = structlog.get_logger("embedded.valkey")


class EmbeddedValkey:
    """Supervises one Valkey server for one data folder; our direct child, as PostgreSQL is."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: FolderLock | None = None
        self._url: str | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id, or None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> str:
        """Blocks until it answers; returns its URL. An unreadable append-only file is set aside, loudly: its content is rebuilt."""
        if self.pid is not None and self._url is not None:
            return self._url
        place = prepare(self.data_dir)
        self._take_lock(place)
        try:
            end_leftovers(place)
            self._start(place)
        except BaseException:
            self.kill()
            raise
        self._url = f"unix://:{place.passwords['valkey']}@{quote(str(_socket(place)))}?db=0"
        return self._url

    def stop(self) -> None:
        """Stops it cleanly: what it holds is in its file."""
        if self._process is not None:
            end(self._process, [(signal.SIGTERM, STOP_S), (signal.SIGKILL, LAST_WORD_S)])
        self._release()

    def kill(self) -> None:
        """Kills it as `kill -9` does."""
        if self._process is not None:
            end(self._process, [(signal.SIGKILL, LAST_WORD_S)])
        self._release()

    def end_leftovers(self) -> None:
        """Ends a server that an earlier launcher left behind on this folder."""
        place = prepare(self.data_dir)
        self._take_lock(place)
        try:
            end_leftovers(place)
        finally:
            self._release()

    def _start(self, place: Place) -> None:
        program = find_valkey()
        if place.account is not None:
            program = copy_engines(find_postgres(), program, SYSTEM_ROOT / "engines")[1]
        folder = place.make(place.home / "valkey")
        place.require_space(new=False)
        if self._run(place, program, folder):
            return
        said = tail(place.log("valkey"))
        if not any(mark in said for mark in _BROKEN_FILE):
            raise explain(said, place=folder, what="Valkey")
        aside = folder.with_name(f"valkey.broken-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}")
        shutil.move(folder, aside)
        _log.warning(
            "valkey_file_unreadable",
            set_aside=str(aside),
            consequence="starting empty; content is rebuilt from PostgreSQL",
        )
        if not self._run(place, program, place.make(folder)):
            raise explain(tail(place.log("valkey")), place=folder, what="Valkey")

    def _run(self, place: Place, program: Path, folder: Path) -> bool:
        """Starts the server; False when it ended instead of answering. The configuration goes by stdin: it holds the password."""
        config = _CONFIG.format(password=place.passwords["valkey"], folder=folder, maxmemory=MAXMEMORY)
        empty(place.log("valkey"))
        command = [program, "--unixsocket", _socket(place), "-"]
        process = spawn(Child(command, place.log("valkey"), place.account, env={"LC_ALL": "C"}), stdin=subprocess.PIPE)
        self._process = process
        assert process.stdin is not None
        process.stdin.write(config.encode())
        process.stdin.close()
        wait_until(lambda: process.poll() is not None or _answers(place), START_TIMEOUT_S)
        if process.poll() is None and not _answers(place):
            raise EmbeddedError(f"Valkey does not answer after {START_TIMEOUT_S} s; see {place.log('valkey')}.")
        return process.poll() is None

    def _take_lock(self, place: Place) -> None:
        self._release()
        lock = FolderLock(place.home / "valkey.lock", what="Valkey")
        lock.acquire()
        self._lock = lock

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def end_leftovers(place: Place) -> None:
    """Ends a server that an earlier launcher left behind; its command line shows its socket. Call it under the lock."""
    steps = [(signal.SIGTERM, LEFTOVER_S), (signal.SIGKILL, LAST_WORD_S)]
    if not end_all(lambda: tagged(f"--unixsocket {_socket(place)}"), steps):
        raise EmbeddedError(f"An earlier Valkey of {place.home} does not end. Kill it, then start again.")


def _socket(place: Place) -> Path:
    return place.sockets / "valkey.sock"


def _answers(place: Place) -> bool:
    """Whether it serves commands, which it does not while it loads its file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PING_TIMEOUT_S)
        try:
            connection.connect(str(_socket(place)))
            connection.sendall(f"AUTH {place.passwords['valkey']}\r\nPING\r\n".encode())
            return b"+PONG" in _receive(connection)
        except OSError:
            return False


def _receive(connection: socket.socket) -> bytes:
    said = b""
    while said.count(b"\r\n") < 2:  # one line for AUTH, one for PING
        part = connection.recv(256)
        if not part:
            break
        said += part
    return said
