"""The server waits for open connections without a limit; because streams end themselves, SIGTERM ends the process all the same."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from surehold.platform.http.edge import Drain

ROOT = Path(__file__).resolve().parents[2]
START_TRIES = 200
STOPPED_S = 15.0


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--loop", "uvloop", "--log-level", "error", "tests.edge.streaming_app:app"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as process:
        try:
            wait_for(port)
            yield process, port
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(port: int) -> None:
    for _ in range(START_TRIES):
        try:
            ask(port, "/healthz").close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server did not start")


def ask(port: int, path: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=STOPPED_S)
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: shop.test\r\n\r\n".encode())
    return connection


def read_until(connection: socket.socket, text: bytes) -> bytes:
    """What came until `text`; fails when the connection ends before."""
    received = b""
    while text not in received:
        part = connection.recv(65_536)
        assert part, received
        received += part
    return received


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_open_streams_end_themselves(server: tuple[subprocess.Popen[bytes], int], number: int) -> None:
    process, port = server
    with contextlib.ExitStack() as open_connections:
        streams = [open_connections.enter_context(ask(port, "/v1/events")) for _ in range(6)]
        for stream in streams:
            assert b"200 OK" in read_until(stream, b": hello")
        idle = open_connections.enter_context(ask(port, "/healthz"))
        read_until(idle, b"alive")
        process.send_signal(number)
        for stream in streams:
            read_until(stream, b": goodbye")
        assert process.wait(STOPPED_S) == 0


async def test_the_server_hears_of_the_signal_whatever_fails_before() -> None:
    heard, loop, drain = asyncio.Event(), asyncio.get_running_loop(), Drain()

    def broken() -> int:
        raise KeyError("x")

    loop.add_signal_handler(signal.SIGTERM, heard.set)
    drain.watch_signals()
    drain.wait_for(broken)
    drain.stream_opens()
    try:
        with capture_logs() as lines:
            signal.raise_signal(signal.SIGTERM)
            async with asyncio.timeout(STOPPED_S):
                await heard.wait()
        assert drain.begun
        assert [line["event"] for line in lines] == ["drain_failed"]
    finally:
        drain.release_signals()
        loop.remove_signal_handler(signal.SIGTERM)
