"""Carries a stream to its client: hints, heartbeats, and from time to time the question whether the client may still listen."""

import asyncio
import time
from collections.abc import Awaitable, Mapping
from typing import Any, Protocol

import msgspec
import structlog

from surehold.kernel.errors import ShopError, UnauthenticatedError, UnavailableError
from surehold.platform.http import Actor, ActorFinder
from surehold.platform.realtime.hub import Hub
from surehold.platform.realtime.stream import End, Stream
from surehold.platform.realtime.topics import Since, TopicAuthorizer, authorize

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


class Wire(Protocol):
    """How messages look on a transport."""

    async def send(self, messages: list[bytes], at_ms: int) -> None:
        """Send JSON messages; none is a heartbeat. After them the client has everything up to `at_ms`."""
        ...


class Pump:
    """One client's stream, from its opening to its end."""

    def __init__(
        self, scope: Mapping[str, Any], actor: Actor, actors: ActorFinder, authorizer: TopicAuthorizer, hub: Hub
    ) -> None:
        self._scope, self._actors, self._authorizer, self._hub = scope, actors, authorizer, hub
        self._settings = hub.settings
        self._headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.actor = actor
        self.stream: Stream = hub.open()
        self._checked_at = self._next_check = self._sent_at = time.monotonic()
        self._next_check += self._settings.recheck_s

    async def follow(self, names: tuple[str, ...], since: Since) -> None:
        """Follow topics, if all of them may be followed."""
        full_names = await authorize(self._authorizer, self.actor, names, self._headers)
        self._hub.follow(self.stream, full_names, since)

    def unfollow(self, names: tuple[str, ...]) -> None:
        """Follow topics no longer."""
        self._hub.unfollow(self.stream, [full for full, name in self.stream.names.items() if name in names])
        self.stream.note(_encode({"kind": "unsubscribed", "topics": names}))

    async def run(self, wire: Wire) -> bool:
        """Send until the stream ends; False if the client takes nothing any more."""
        try:
            while not self.stream.ended:
                await self.stream.wait(min(self._heartbeat_at, self._next_check) - time.monotonic())
                await self._send(wire)
                await self._recheck()
            await self._send(wire)
            await self._say_goodbye(wire, self.stream.ended)
        except TimeoutError:
            self._hub.counts["slow"] += 1
            _log.info("stream_client_too_slow", actor=self.actor.key)
            return False
        return True

    def close(self) -> None:
        """The client is gone."""
        self._hub.close(self.stream)

    @property
    def _heartbeat_at(self) -> float:
        return self._sent_at + self._settings.heartbeat_s

    async def _send(self, wire: Wire) -> None:
        at_ms = self._hub.heard_until_ms  # before taking: what is heard later is not among what we send
        messages = self.stream.take()
        if messages or time.monotonic() >= self._heartbeat_at:
            await self._within(wire.send(messages, at_ms))

    async def _say_goodbye(self, wire: Wire, reason: End) -> None:
        end = {"kind": "end", "reason": reason.value, "retry_ms": self._settings.retry_ms}
        await self._within(wire.send([_encode(end)], self._hub.heard_until_ms))

    async def _within(self, sending: Awaitable[None]) -> None:
        async with asyncio.timeout(self._settings.send_timeout_s):
            await sending
        self._sent_at = time.monotonic()

    async def _recheck(self) -> None:
        now = time.monotonic()
        if now < self._next_check or self.stream.ended:
            return
        self._next_check = now + self._settings.recheck_s
        try:
            async with asyncio.timeout(self._settings.check_timeout_s):
                await self._check_actor()
            self._checked_at = now
        except (TimeoutError, UnavailableError):
            if now - self._checked_at > self._settings.max_unchecked_s:
                self.stream.end(End.UNCHECKED)
        except UnauthenticatedError:
            self.stream.end(End.SESSION)
        except ShopError:
            self.stream.end(End.TOPICS)

    async def _check_actor(self) -> None:
        found = await self._actors.find(self._scope)
        if (found.kind, found.key, found.session_id) != (self.actor.kind, self.actor.key, self.actor.session_id):
            self.stream.end(End.SESSION)
            return
        self.actor = found
        before = dict(self.stream.names)
        now_named = await authorize(self._authorizer, found, before.values(), self._headers)
        moved = {full: name for full, name in now_named.items() if full not in before}
        if moved:  # such as the actor's cart, which is another one now
            self._hub.unfollow(self.stream, before.keys() - now_named.keys())
            self._hub.follow(self.stream, moved, Since(at_ms=0))
