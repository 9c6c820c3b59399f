"""Processes of an earlier `up` that was killed: found by a mark in their environment, which workers inherit."""

import os
import signal
import subprocess
from pathlib import Path

from surehold.platform.embedded.process import PS_TIMEOUT_S, end_all

MARK = "SUREHOLD_SHOP"
ASK_S = 3.0  # those that heard of our death are stopping already
KILL_S = 5.0
_PROC = Path("/proc")


def end_leftovers(shop: str) -> None:
    """Ends them. Call it while holding the shop's lock: nothing marked can then belong to a living `up`."""
    end_all(lambda: marked(f"{MARK}={shop}"), [(signal.SIGTERM, ASK_S), (signal.SIGKILL, KILL_S)])


def marked(mark: str) -> list[int]:
    """Our user's processes that carry the mark, ourselves excepted."""
    if _PROC.joinpath("self", "environ").exists():
        return [pid for pid in _pids() if mark.encode() in _environment(pid).split(b"\0") and pid != os.getpid()]
    command = ["/bin/ps", "-axwwEo", "pid=,command="]
    said = subprocess.run(command, capture_output=True, text=True, timeout=PS_TIMEOUT_S, check=True)  # noqa: S603
    rows = (line.strip().partition(" ") for line in said.stdout.splitlines())
    return [int(pid) for pid, _, text in rows if mark in text.split() and int(pid) != os.getpid()]


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _environment(pid: int) -> bytes:
    try:
        return _PROC.joinpath(str(pid), "environ").read_bytes()
    except OSError:  # ended, or not ours
        return b""
