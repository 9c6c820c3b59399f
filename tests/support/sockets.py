"""An ASGI application behind a real socket of this process, and requests written byte by byte: no client tidies the headers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from surehold.platform.http.edge.asgi import ASGIApp, Message

MAX_HEAD_BYTES = 256 * 1024
WAIT_S = 10.0


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """The application on a port of the loopback, one request a connection, for the length of the block."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _exchange(app, reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=MAX_HEAD_BYTES)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def answer_of(
    port: int, method: str, path: str, headers: Sequence[tuple[str, str]] = (), host: str = "shop.test"
) -> tuple[int, bytes]:
    """Status and the rest of the answer to a request with exactly these headers, in this order."""
    async with asyncio.timeout(WAIT_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MAX_HEAD_BYTES)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers] + ["Content-Length: 0"] * (method != "GET")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        answer = await reader.read()
        writer.close()
    return int(answer.split(b" ", 2)[1]), answer


async def _exchange(app: ASGIApp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    method, target, _ = head[0].decode().split(" ")
    path, _, query = target.partition("?")
    pairs = [line.partition(b":") for line in head[1:-2]]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower(), value.strip()) for name, _, value in pairs],
        "client": writer.get_extra_info("peername")[:2],
        "server": writer.get_extra_info("sockname")[:2],
        "state": {},
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            writer.write(b"HTTP/1.1 %d Answered\r\n" % message["status"])
            writer.writelines(b"%b: %b\r\n" % header for header in message["headers"])
            writer.write(b"\r\n")
        else:
            writer.write(message.get("body", b""))

    await app(scope, receive, send)
