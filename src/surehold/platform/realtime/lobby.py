"""The way in, the same for SSE and WebSocket: who asks, whether there is a place, and the way out."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from surehold.kernel.errors import Kind, ShopError
from surehold.platform.http import ActorFinder, problem_of
from surehold.platform.http.asking import request_id_of
from surehold.platform.http.edge.answers import PROBLEM_TYPE, send_whole
from surehold.platform.http.edge.asgi import Headers, Scope, Send
from surehold.platform.http.edge.drain import Drain
from surehold.platform.realtime.errors import DrainingError
from surehold.platform.realtime.hub import Hub
from surehold.platform.realtime.pump import Pump
from surehold.platform.realtime.topics import TopicAuthorizer
from surehold.platform.supervise import END_TIMEOUT_S, cancel_until_done

_encode = msgspec.json.Encoder().encode
_RETRY_AFTER_S = 1


class Lobby:
    """Lets clients in."""

    def __init__(self, hub: Hub, actors: ActorFinder, authorizer: TopicAuthorizer, drain: Drain) -> None:
        self._hub, self._actors, self._authorizer, self._drain = hub, actors, authorizer, drain

    @asynccontextmanager
    async def enter(self, scope: Scope) -> AsyncGenerator[Pump]:
        """A stream for as long as the block lasts. ShopError if the client is not let in."""
        self._refuse_if_draining()
        actor = await self._actors.find(scope)
        place = self._hub.places.take(actor)
        try:
            self._refuse_if_draining()
            pump = Pump(scope, actor, self._actors, self._authorizer, self._hub)
            try:
                yield pump
            finally:
                pump.close()
        finally:
            self._hub.places.give_back(place)

    def _refuse_if_draining(self) -> None:
        if self._drain.begun:
            raise DrainingError(retry_after_s=_RETRY_AFTER_S)


def problem_message(scope: Scope, error: ShopError) -> tuple[int, bytes]:
    """Status and body of the problem document; over a WebSocket it is a message of the kind `error`."""
    status, members = problem_of(error, request_id_of(scope))
    return status, _encode({"kind": "error", **members} if scope["type"] == "websocket" else members)


async def send_problem(scope: Scope, send: Send, error: ShopError, extra: Headers | None = None) -> None:
    """The problem as a whole HTTP answer."""
    status, body = problem_message(scope, error)
    headers: Headers = [PROBLEM_TYPE, (b"cache-control", b"no-store"), *(extra or [])]
    if error.kind is Kind.UNAUTHENTICATED:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.retry_after_s is not None:
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    await send_whole(send, status, headers, body, head=scope["method"] == "HEAD")


async def until_first_ends(*coroutines: Coroutine[Any, Any, object]) -> None:
    """Run them side by side until one ends; the others are cancelled. What it raised is raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await cancel_until_done(tasks, END_TIMEOUT_S)
