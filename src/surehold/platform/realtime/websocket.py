"""`/v1/ws`: the same hints over a WebSocket, with topics that come and go, a plain ASGI app."""

import asyncio
import contextlib
import time
from typing import Annotated, Any

import msgspec

from surehold.kernel.errors import Kind, ShopError
from surehold.platform.http import ActorFinder
from surehold.platform.http.asking import request_id_of
from surehold.platform.http.edge.answers import PROBLEM_TYPE, problem_bytes, send_whole
from surehold.platform.http.edge.asgi import ASGIApp, Receive, Scope, Send
from surehold.platform.http.edge.drain import Drain
from surehold.platform.http.edge.origins import Origins
from surehold.platform.realtime.errors import MessageInvalidError, TooManyMessagesError
from surehold.platform.realtime.hub import Hub
from surehold.platform.realtime.lobby import Lobby, problem_message, until_first_ends
from surehold.platform.realtime.pump import Pump
from surehold.platform.realtime.settings import RealtimeSettings
from surehold.platform.realtime.stream import End
from surehold.platform.realtime.topics import MAX_TOPIC_CHARS, Since, TopicAuthorizer, check_topics

GOING_AWAY, POLICY_VIOLATION, TRY_AGAIN = 1001, 1008, 1013  # RFC 6455 section 7.4.1 and the IANA registry
SESSION_ENDED, TOPIC_REFUSED = 4401, 4403
_CLOSE_CODES = {
    End.DRAIN: GOING_AWAY,
    End.SESSION: SESSION_ENDED,
    End.TOPICS: TOPIC_REFUSED,
    End.ABUSE: POLICY_VIOLATION,
    End.UNCHECKED: TRY_AGAIN,
}
_MINUTE_S = 60.0
_CLOSE_TIMEOUT_S = 1.0
_MAX_LISTED = 1_000

_Name = Annotated[str, msgspec.Meta(max_length=MAX_TOPIC_CHARS)]
_Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Subscribe(msgspec.Struct, tag_field="op", tag="subscribe", forbid_unknown_fields=True):
    """Follow topics; `since` are the versions the client has, `at_ms` that of the last heartbeat it got."""

    topics: Annotated[tuple[_Name, ...], msgspec.Meta(min_length=1, max_length=_MAX_LISTED)]
    since: Annotated[dict[_Name, _Version], msgspec.Meta(max_length=_MAX_LISTED)] = {}
    at_ms: _Version | None = None


class Unsubscribe(msgspec.Struct, tag_field="op", tag="unsubscribe", forbid_unknown_fields=True):
    """Follow topics no longer."""

    topics: Annotated[tuple[_Name, ...], msgspec.Meta(min_length=1, max_length=_MAX_LISTED)]


_decoder = msgspec.json.Decoder(Subscribe | Unsubscribe)
_encode = msgspec.json.Encoder().encode


def websocket_app(
    hub: Hub,
    actors: ActorFinder,
    authorizer: TopicAuthorizer,
    drain: Drain,
    settings: RealtimeSettings,
    origins: Origins,
) -> ASGIApp:
    """The endpoint. A handshake from another site's page is refused; every other error is told in a message."""
    return _Sockets(Lobby(hub, actors, authorizer, drain), hub, settings, origins).answer


class _Sockets:
    def __init__(self, lobby: Lobby, hub: Hub, settings: RealtimeSettings, origins: Origins) -> None:
        self._lobby, self._hub, self._settings, self._origins = lobby, hub, settings, origins

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})
        if scope["type"] != "websocket":
            await _ask_for_upgrade(scope, send)
            return
        await receive()  # websocket.connect
        if not self._origins.may_write(dict(scope["headers"]), scope.get("scheme", "ws")):
            self._hub.counts["refused"] += 1
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        await send({"type": "websocket.accept"})
        await self._converse(scope, receive, send)

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._lobby.enter(scope) as pump:
                reader = _Reader(scope, pump, self._hub, self._settings)
                # Granian sends no close frame while somebody receives, so that comes after both have ended.
                await until_first_ends(pump.run(_SocketWire(send)), reader.read(receive))
                if pump.stream.ended and not reader.gone:
                    await _close(send, _CLOSE_CODES[pump.stream.ended])
        except ShopError as error:
            self._hub.counts["refused"] += 1
            await send({"type": "websocket.send", "text": problem_message(scope, error)[1].decode()})
            code = SESSION_ENDED if error.kind is Kind.UNAUTHENTICATED else TRY_AGAIN
            await send({"type": "websocket.close", "code": code})


class _Reader:
    """Does what the client says."""

    def __init__(self, scope: Scope, pump: Pump, hub: Hub, settings: RealtimeSettings) -> None:
        self._scope, self._pump, self._hub, self._settings = scope, pump, hub, settings
        self._minute_began = time.monotonic()
        self._messages = 0
        self.gone = False

    async def read(self, receive: Receive) -> None:
        """Until the client goes. After too many messages it is heard no longer, only told so."""
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                self.gone = True
                return
            if self._pump.stream.ended:
                continue
            try:
                self._count()
                await self._obey(message)
            except ShopError as error:
                self._hub.counts["refused"] += 1
                self._pump.stream.note(problem_message(self._scope, error)[1])

    async def _obey(self, message: Any) -> None:
        order = _decode(message.get("text"), self._settings.max_message_chars)
        if isinstance(order, Unsubscribe):
            self._pump.unfollow(order.topics)
            return
        names = check_topics(order.topics, self._settings.max_topics)
        followed = self._pump.stream.names.values()
        check_topics([*followed, *names], self._settings.max_topics)
        await self._pump.follow(names, Since(versions=order.since, at_ms=order.at_ms))

    def _count(self) -> None:
        now = time.monotonic()
        if now - self._minute_began > _MINUTE_S:
            self._minute_began, self._messages = now, 0
        self._messages += 1
        if self._messages > self._settings.max_messages_per_minute:
            self._pump.stream.end(End.ABUSE)
            raise TooManyMessagesError("Ask for several topics in one message.")


class _SocketWire:
    """One text frame per message."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def send(self, messages: list[bytes], at_ms: int) -> None:
        for message in messages or [_encode({"kind": "beat", "at_ms": at_ms})]:
            await self._send({"type": "websocket.send", "text": message.decode()})


async def _close(send: Send, code: int) -> None:
    with contextlib.suppress(TimeoutError):  # the client was told why; the connection ends with this coroutine
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await send({"type": "websocket.close", "code": code})


def _decode(text: str | None, max_chars: int) -> Subscribe | Unsubscribe:
    if text is None or len(text) > max_chars:
        raise MessageInvalidError(f"Send text of at most {max_chars} characters.")
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise MessageInvalidError(f"{error}.") from error


async def _ask_for_upgrade(scope: Scope, send: Send) -> None:
    body = problem_bytes(426, "UPGRADE_REQUIRED", "", "This is a WebSocket.", request_id_of(scope))
    await send_whole(send, 426, [PROBLEM_TYPE, (b"upgrade", b"websocket")], body, head=scope["method"] == "HEAD")
