"""What processes cost, read from /proc: memory shared fairly (PSS) and CPU time."""

import os
import platform
from collections import defaultdict
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


def family(root: int) -> list[int]:
    """A process and everything below it."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def memory_mb(root: int) -> float:
    """Proportional set size of a family, in MB (10^6 bytes)."""
    total_kib = 0
    for pid in family(root):
        try:
            text = _PROC.joinpath(str(pid), "smaps_rollup").read_text()
        except OSError:  # it ended meanwhile
            continue
        total_kib += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return round(total_kib * 1024 / 1e6, 1)


def cpu_s(root: int) -> dict[str, float]:
    """CPU seconds that a family has used so far, by part."""
    used: dict[str, float] = defaultdict(float)
    for pid in family(root):
        fields = _stat(pid)
        if fields:
            own_and_ended = sum(int(fields[index]) for index in (11, 12, 13, 14))
            used[_part(pid)] += own_and_ended / _TICKS
    return used


def about() -> dict[str, str | int]:
    """The machine, for the report."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in _read(_PROC / "cpuinfo").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {"cpus": os.cpu_count() or 1, "cpu": model, "system": platform.system(), "python": platform.python_version()}


def _part(pid: int) -> str:
    command = _read(_PROC / str(pid) / "cmdline").replace("\0", " ")
    for mark, name in (("postgres", "postgres"), ("valkey", "valkey"), ("granian", "api"), ("app.worker", "worker")):
        if mark in command:
            return name
    return "other"


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat after the name: state, parent, …"""
    return _read(_PROC / str(pid) / "stat").rpartition(")")[2].split()


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
