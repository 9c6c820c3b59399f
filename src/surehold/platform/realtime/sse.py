"""`GET /v1/events?topics=…`: hints as server-sent events (HTML standard, section 9.2), a plain ASGI app."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from surehold.kernel.errors import InvalidInputError, ShopError
from surehold.platform.http import ActorFinder
from surehold.platform.http.asking import request_id_of
from surehold.platform.http.edge.answers import PROBLEM_TYPE, problem_bytes, send_whole
from surehold.platform.http.edge.asgi import ASGIApp, Receive, Scope, Send
from surehold.platform.http.edge.drain import Drain
from surehold.platform.realtime.hub import Hub
from surehold.platform.realtime.lobby import Lobby, send_problem, until_first_ends
from surehold.platform.realtime.pump import Pump
from surehold.platform.realtime.settings import RealtimeSettings
from surehold.platform.realtime.topics import (
    Since,
    TopicAuthorizer,
    check_topics,
    event_id,
    read_event_id,
    read_since,
)

_PARAMETERS = frozenset({"topics", "since"})
_MAX_PARAMETERS = 10
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
]


def sse_app(
    hub: Hub, actors: ActorFinder, authorizer: TopicAuthorizer, drain: Drain, settings: RealtimeSettings
) -> ASGIApp:
    """The endpoint. Errors are problem documents, before the first event."""
    return _Events(Lobby(hub, actors, authorizer, drain), hub, settings).answer


class _Events:
    def __init__(self, lobby: Lobby, hub: Hub, settings: RealtimeSettings) -> None:
        self._lobby, self._hub, self._settings = lobby, hub, settings

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["method"] != "GET":
            await _refuse_method(scope, send)
        else:
            await self._answer_get(scope, receive, send)

    async def _answer_get(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            names, since = self._asked(scope)
            async with self._lobby.enter(scope) as pump:
                await pump.follow(names, since)
                await self._stream(pump, receive, send)
        except ShopError as error:
            self._hub.counts["refused"] += 1
            await send_problem(scope, send, error)

    def _asked(self, scope: Scope) -> tuple[tuple[str, ...], Since]:
        given = _parameters(scope["query_string"])
        names = check_topics(given.get("topics", "").split(","), self._settings.max_topics)
        last_id = next((value for name, value in scope["headers"] if name == b"last-event-id"), None)
        if last_id:
            return names, read_event_id(last_id.decode("latin-1"), names)
        return names, read_since(given["since"]) if "since" in given else Since()

    async def _stream(self, pump: Pump, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        wire = _EventWire(pump, send, self._settings.retry_ms)

        async def write() -> None:
            if await pump.run(wire):
                await send({"type": "http.response.body", "body": b""})

        await until_first_ends(write(), _until_gone(receive))


class _EventWire:
    """Events in chunks; the last of a chunk carries the id, so that a chunk cut short is sent again."""

    def __init__(self, pump: Pump, send: Send, retry_ms: int) -> None:
        self._stream, self._send = pump.stream, send
        self._prefix = f"retry: {retry_ms}\n".encode()

    async def send(self, messages: list[bytes], at_ms: int) -> None:
        position = event_id(at_ms, self._stream.names.values(), self._stream.versions).encode()
        events = [b"data: %b\n" % message for message in messages] or [b": still here\n"]
        events[-1] = b"id: %b\n%b" % (position, events[-1])
        chunk = self._prefix + b"".join(event + b"\n" for event in events)
        self._prefix = b""
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})


def _parameters(query: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_PARAMETERS)
    except ValueError as error:
        raise InvalidInputError("The query string cannot be read.") from error
    given = dict(pairs)
    if len(given) < len(pairs) or given.keys() - _PARAMETERS:
        raise InvalidInputError("The parameters are `topics` and `since`, each at most once.")
    return given


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse_method(scope: Scope, send: Send) -> None:
    body = problem_bytes(405, "METHOD_NOT_ALLOWED", "", "Events are read with GET.", request_id_of(scope))
    await send_whole(send, 405, [PROBLEM_TYPE, (b"allow", b"GET")], body, head=scope["method"] == "HEAD")
