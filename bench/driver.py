"""The harness's end of the driver process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STOP_S = 5.0


class DriverError(Exception):
    """The driver could not do what it was told."""


class Driver:
    """Starts the driver and talks to it; commands are methods of `bench.load.__main__.Driver`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )

    def do(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Run one command; blocks until it is answered."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise DriverError(f"the driver ended at {command} {arguments.get('name', '')}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise DriverError(f"{command} {arguments.get('name', '')}: {answer['error']}")
        return answer

    def stop(self) -> None:
        """Hang up; it ends by itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
