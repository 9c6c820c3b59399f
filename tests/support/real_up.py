"""The command `up` as a person runs it: a process of its own, known by what it prints."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from surehold.app.up.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
UP_TIMEOUT_S = 100.0
STOP_TIMEOUT_S = 40.0
ASK_EVERY_S = 0.1
LAST_WORDS = "Ctrl-C stops everything."


@dataclass(frozen=True, slots=True)
class RealUp:
    """An `up` that runs. `seconds` is how long it took until all stood."""

    folder: Path
    port: int
    seconds: float
    process: subprocess.Popen[bytes]
    out: Path

    @property
    def said(self) -> str:
        """Everything it printed so far."""
        return self.out.read_text(encoding="utf-8")

    @property
    def rows(self) -> dict[str, str]:
        """What it printed at its end: where everything is."""
        found = re.findall(r"^(Shop|API docs|Mail|Cards|Staff|Data) {2,}(.+?)\s*$", self.said, re.MULTILINE)
        return dict(found)

    def interrupt(self) -> int:
        """Ctrl-C; out goes the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_TIMEOUT_S)


@contextmanager
def real_up(folder: Path, *options: str, port: int | None = None, **variables: str) -> Iterator[RealUp]:
    """Runs `up` on a folder for the length of the block, with no settings of this machine but these variables."""
    port = free_port() if port is None else port
    out, began = folder.with_name(f"{folder.name}.{port}.out"), time.monotonic()
    with out.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "surehold.app.cli", "up", "--port", str(port), *options],
            stdout=file, stderr=file, env=environment_for(folder, **variables), cwd=ROOT, start_new_session=True,
        )  # fmt: skip
    try:
        _await(process, out)
        yield RealUp(folder, port, time.monotonic() - began, process, out)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_TIMEOUT_S)


def environment_for(folder: Path, **variables: str) -> dict[str, str]:
    """A person's environment: no setting of this machine, the folder, and what else is given."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("SUREHOLD_")}
    place = {"PYTHONPATH": str(ROOT / "src"), "SUREHOLD_DATA_DIR": str(folder), "COLUMNS": "200"}
    return {**mine, **place, **variables}


def run_command(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Another command of the shop in a folder, as a person runs it."""
    return subprocess.run(
        [sys.executable, "-m", "surehold.app.cli", *words],
        capture_output=True, text=True, timeout=UP_TIMEOUT_S, env=environment_for(folder, **variables), cwd=ROOT,
        check=False,
    )  # fmt: skip


def _await(process: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + UP_TIMEOUT_S
    while LAST_WORDS not in out.read_text(encoding="utf-8"):
        assert process.poll() is None, out.read_text(encoding="utf-8")
        assert time.monotonic() < deadline, out.read_text(encoding="utf-8")
        time.sleep(ASK_EVERY_S)  # another process gets ready: there is no clock of ours to move
