"""A real server in a process of its own, and clients that read its streams raw."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from tests.realtime.people import ALICE_TOKEN

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100,PTH120
WAIT_S = 40.0
PAUSE_S = 0.02


class Server:
    """One process of the shop that serves streams."""

    def __init__(self, valkey_url: str, settings: Mapping[str, Any] | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        environment = {
            **os.environ,
            "VALKEY_URL": valkey_url,
            "REALTIME_SETTINGS": msgspec.json.encode(settings or {}).decode(),
            "PYTHONPATH": f"{ROOT}/src{os.pathsep}{ROOT}",
        }
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(self.port), "--loop", "uvloop"]
        command += ["--no-respawn-failed-workers", "tests.realtime.app:app"]
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT)

    async def ready(self) -> None:
        await until(self._is_up)

    async def tell(self, path: str, body: object = "") -> dict[str, Any]:
        content = body if isinstance(body, str) else msgspec.json.encode(body)
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://127.0.0.1:{self.port}{path}", content=content)
            return answer.json()

    async def hint(self, topic: str, version: int, kind: str = "changed", **data: Any) -> None:
        await self.tell("/hint", [{"topic": topic, "version": version, "kind": kind, "data": data}])

    def terminate(self) -> float:
        """Seconds until the process has ended after SIGTERM."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(WAIT_S)
        return time.monotonic() - began

    def stop(self) -> None:
        if self.process.poll() is None:
            try:
                self.terminate()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    async def _is_up(self) -> bool:
        try:
            return bool((await self.tell("/status"))["up"])
        except httpx.TransportError:
            return False


class Events:
    """Reads server-sent events from a socket, byte by byte as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.status, self.headers, self.last_id = 0, dict[str, str](), ""
        self._left = b""
        self._ended = False

    async def read(self) -> dict[str, Any] | None:
        """The next event's JSON; {} for a heartbeat, None when the stream has ended."""
        async with asyncio.timeout(WAIT_S):
            while b"\n\n" not in self._left:
                if not await self._more():
                    return None
        event, _, self._left = self._left.partition(b"\n\n")
        fields = dict(line.split(b": ", 1) for line in event.split(b"\n"))
        self.last_id = fields.get(b"id", self.last_id.encode()).decode()
        return msgspec.json.decode(fields[b"data"]) if b"data" in fields else {}

    async def expect(self, kind: str) -> dict[str, Any]:
        event = await self.read()
        assert event is not None
        assert event.get("kind") == kind, event
        return event

    async def body(self) -> dict[str, Any]:
        return msgspec.json.decode(await self._reader.readexactly(int(self.headers["content-length"])))

    async def head(self) -> None:
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)

    def close(self) -> None:
        self._writer.close()

    async def _more(self) -> bool:
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        self._left += (await self._reader.readexactly(size + 2))[:size]
        return size > 0


async def events(
    server: Server,
    topics: Sequence[str],
    *,
    token: str = ALICE_TOKEN,
    since: str = "",
    last_id: str = "",
    query: str = "",
) -> Events:
    """Opens `GET /v1/events`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    query = query or f"topics={','.join(topics)}" + (f"&since={quote(since)}" if since else "")
    lines = [f"GET /v1/events?{query} HTTP/1.1", "host: shop", f"cookie: surehold_session={token}"]
    lines += [f"last-event-id: {last_id}"] if last_id else []
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    stream = Events(reader, writer)
    async with asyncio.timeout(WAIT_S):
        await stream.head()
    return stream


async def until(condition: Any) -> None:
    """Waits for something that a server process does in its own time."""
    async with asyncio.timeout(WAIT_S):
        while not await condition():  # noqa: ASYNC110  the event is in another process
            await asyncio.sleep(PAUSE_S)
