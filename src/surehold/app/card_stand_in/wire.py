"""HTTP/1.1 over asyncio, small and strict (h11 parses). An application answers a request, or cuts its line without an answer."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import h11
import msgspec

BODY_MAX_BYTES = 64 * 1024
HEAD_MAX_BYTES = 16 * 1024
READ_BYTES = 64 * 1024
IDLE_S = 75.0
CONNECTIONS_MAX = 500
JSON_TYPE = "application/json"


class Request(msgspec.Struct, frozen=True):
    """What was asked. Header names are lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    """What is answered."""

    status: int
    body: bytes = b""
    kind: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()


class LineCutError(Exception):
    """The line is cut: the client gets no answer."""


Application = Callable[[Request], Awaitable[Answer]]


class Server:
    """One listening port; `close` ends its connections at once."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def listen(self, host: str, port: int) -> int:
        """Listen; 0 takes a free port. Out goes the port."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End everything, answered or not."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= CONNECTIONS_MAX:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await _Connection(reader, writer, self._application).run()
        except (LineCutError, OSError, TimeoutError, asyncio.CancelledError):
            writer.transport.abort()  # to the client it looks like a broken line, which is what it is or is meant to be
        finally:
            self._tasks.discard(task)
            writer.close()


class _Connection:
    """One client's line, from its first request to its last."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, application: Application) -> None:
        self._reader, self._writer, self._application = reader, writer, application
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_MAX_BYTES)

    async def run(self) -> None:
        """Answer requests until the client has no more."""
        while True:
            try:
                request = await self._read()
            except h11.RemoteProtocolError as error:
                await self._refuse(error.error_status_hint)
                return
            if request is None:
                return
            await self._write(await self._answer(request))
            if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
                return
            self._h11.start_next_cycle()

    async def _answer(self, request: Request) -> Answer:
        try:
            return await self._application(request)
        except (LineCutError, OSError):
            raise
        except Exception:  # noqa: BLE001  a defect of ours is a 500 with its trace in the log, not the end of the process
            traceback.print_exc()
            return Answer(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                b'{"error":{"type":"api_error","message":"A defect of the stand-in."}}',
            )

    async def _read(self) -> Request | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = await self._event()
            if isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > BODY_MAX_BYTES:
                    raise h11.RemoteProtocolError("too long", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return _request(head, bytes(body))
            else:
                return None

    async def _event(self) -> object:
        while True:
            event = self._h11.next_event()
            if event is not h11.NEED_DATA:
                return event
            if self._h11.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._h11.receive_data(await asyncio.wait_for(self._reader.read(READ_BYTES), IDLE_S))

    async def _write(self, answer: Answer) -> None:
        headers = [
            ("Content-Type", answer.kind),
            ("Content-Length", str(len(answer.body))),
            ("X-Content-Type-Options", "nosniff"),
            ("Cache-Control", "no-store"),
            *answer.headers,
        ]
        self._send(h11.Response(status_code=answer.status, headers=headers))
        self._send(h11.Data(data=answer.body))
        self._send(h11.EndOfMessage())
        await self._writer.drain()

    async def _refuse(self, status: int) -> None:
        if self._h11.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            await self._write(Answer(status, kind="text/plain", headers=(("Connection", "close"),)))

    def _send(self, event: h11.Event) -> None:
        self._writer.write(self._h11.send(event) or b"")


def _request(head: h11.Request, body: bytes) -> Request:
    path, _, query = head.target.decode("ascii").partition("?")
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
    return Request(head.method.decode("ascii"), path, query, headers, body)
