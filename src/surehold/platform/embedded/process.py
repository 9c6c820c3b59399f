"""Starting, finding and ending processes, on Linux by /proc and elsewhere by ps."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

EXEC_CHILD = Path(__file__).with_name("_exec_child.py")
LOG_BYTES_MAX = 5_000_000
POLL_S = 0.02
PS_TIMEOUT_S = 10
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Account:
    """A system user that engines run as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """What to start: the command, as whom, where its output goes, what it hears when we die, and how far it gives way to others."""

    command: Sequence[str | Path]
    log: Path
    account: Account | None = None
    death_signal: signal.Signals = signal.SIGTERM
    env: Mapping[str, str] | None = None
    cwd: Path = Path("/")
    niceness: int = 0


def spawn(child: Child, *, stdin: IO[bytes] | int | None = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Starts a direct child in a session of its own, so that Ctrl-C reaches only us and we decide the order of stopping.

    On Linux the child gets `death_signal` when the calling *thread* ends, so call it from one that lives long enough.
    """
    uid, gid = (child.account.uid, child.account.gid) if child.account else (-1, -1)
    wrapper = [
        sys.executable,
        "-I",
        "-S",
        str(EXEC_CHILD),
        str(os.getpid()),
        str(int(child.death_signal)),
        str(uid),
        str(gid),
        str(child.niceness),
    ]
    with open_log(child.log) as log:
        return subprocess.Popen(  # noqa: S603
            [*wrapper, *(str(word) for word in child.command)],
            stdin=stdin,
            stdout=log,
            stderr=log,
            cwd=child.cwd,
            env=child.env,
            start_new_session=True,
        )


def open_log(log: Path) -> IO[bytes]:
    """Opens a log for appending, readable by its owner only; one old log is kept when it has grown past its limit."""
    if log.exists() and log.stat().st_size > LOG_BYTES_MAX:
        log.replace(log.with_suffix(".old.log"))
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")


def empty(log: Path) -> None:
    """Forgets what an earlier run said: it is no reason for this one's failure."""
    with open_log(log) as file:
        file.truncate(0)


def commands() -> list[tuple[int, str]]:
    """Every process of the machine that we may see: its id and command line."""
    if _PROC.joinpath("self", "cmdline").exists():
        return [(int(entry.name), _cmdline(entry)) for entry in _PROC.iterdir() if entry.name.isdigit()]
    said = subprocess.run(
        ["/bin/ps", "-axo", "pid=,command="], capture_output=True, text=True, timeout=PS_TIMEOUT_S, check=True
    )
    rows = (line.strip().partition(" ") for line in said.stdout.splitlines())
    return [(int(pid), command) for pid, _, command in rows]


def _cmdline(entry: Path) -> str:
    try:
        return entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:  # it ended while we looked
        return ""


def tagged(tag: str) -> list[int]:
    """The processes whose command line carries a tag, other than ourselves."""
    return [pid for pid, command in commands() if tag in command and pid != os.getpid()]


def alive(pid: int) -> bool:
    """Whether a process exists and has not ended (a zombie has)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        return _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not _PROC.joinpath("self").exists()


def wait_until(done: Callable[[], bool], timeout_s: float) -> bool:
    """Polls until something holds; False when it does not within the time."""
    deadline = time.monotonic() + timeout_s
    while not done():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True


def send(pid: int, number: signal.Signals) -> None:
    """Signals a process that may have ended already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def end_all(find: Callable[[], list[int]], steps: Sequence[tuple[signal.Signals, float]]) -> bool:
    """Ends what `find` finds, with ever sterner signals, each given its seconds. True when nothing is left."""
    for number, patience_s in steps:
        for pid in find():
            send(pid, number)
        if wait_until(lambda: not any(alive(pid) for pid in find()), patience_s):
            return True
    return False


def end(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Ends our own child with ever sterner signals, each given its seconds."""
    for number, patience_s in steps:
        if process.poll() is not None:
            return
        send(process.pid, number)
        try:
            process.wait(patience_s)
        except subprocess.TimeoutExpired:
            continue
    process.poll()
