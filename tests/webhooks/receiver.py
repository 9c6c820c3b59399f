"""A receiver of webhooks for tests: a real server on loopback that answers as told and remembers every byte."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

PHRASE = "Whatever"


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What is answered: at once, or when `gate` opens; `hang_up` says nothing at all, `drip` a byte now and then."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b"thank you"
    gate: asyncio.Event | None = None
    hang_up: bool = False
    endless: bool = False


@dataclass
class Receiver:
    """`replies` are given in turn; then `usual`."""

    replies: list[Reply] = field(default_factory=list)
    usual: Reply = field(default_factory=Reply)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    bytes_seen: int = 0
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?shop=1"

    async def until(self, count: int) -> None:
        """Wait until so many requests came."""
        async with asyncio.timeout(20):
            while len(self.received) < count:
                self.came.clear()
                await self.came.wait()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the sender went away, or the test is over
        finally:
            self.at_once -= 1
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(1)
        self.bytes_seen += len(first)
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.received.append(Received(line.split(" ")[1], headers, body))
        self.came.set()
        reply = self.replies.pop(0) if self.replies else self.usual
        if reply.gate is not None:
            await reply.gate.wait()
        if reply.hang_up:
            return
        extra = "".join(f"{name}: {value}\r\n" for name, value in reply.headers)
        length = "" if reply.endless else f"content-length: {len(reply.body)}\r\n"
        writer.write(f"HTTP/1.1 {reply.status} {PHRASE}\r\n{extra}{length}\r\n".encode() + reply.body)
        await writer.drain()
        while reply.endless:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver for the length of the block."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await receiver.stop()
