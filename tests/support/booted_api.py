"""The real API in processes of its own, over a test's database, as `up` starts it."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from surehold.app.up.ports import free_port
from surehold.app.up.services import serve_command

READY_TRIES = 400
READY_PAUSE_S = 0.1
STOP_TIMEOUT_S = 20.0


@contextmanager
def booted_api(environment: Mapping[str, str], log: Path, workers: int = 1) -> Iterator[int]:
    """Runs the API for the length of a block; out goes its port."""
    port = free_port()
    command = [sys.executable, "-m", *serve_command("127.0.0.1", port, workers)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment, "PYTHONPATH": "src"}, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _await_ready(port, process, log)
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_TIMEOUT_S)


def _await_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(READY_TRIES):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            if process.poll() is not None:
                break
        finally:
            connection.close()
        time.sleep(READY_PAUSE_S)  # another process gets ready: there is no clock of ours to move
    raise AssertionError(f"the API did not get ready: {log.read_text(errors='replace')[-2000:]}")
