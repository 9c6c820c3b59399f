"""One client's stream: what it follows, how far it has come, and what waits to be sent to it. Bounded, whatever the client does."""

import asyncio
from collections import deque
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from surehold.platform.realtime.history import Heard

_encode = msgspec.json.Encoder().encode


class End(StrEnum):
    """Why we end a stream."""

    DRAIN = "drain"  # this process ends: connect again
    SESSION = "session"  # the session ended or became another one
    TOPICS = "topics"  # a topic is no longer this actor's
    ABUSE = "abuse"  # too many messages
    UNCHECKED = "unchecked"  # the database was away too long to know whether the session still lives


class Stream:
    """The hub puts in, one writer takes out."""

    def __init__(self, max_waiting: int) -> None:
        self._max_waiting = max_waiting
        self.names: dict[str, str] = {}  # full name → as the client calls it
        self.versions: dict[str, int] = {}  # by the client's name
        self._notes: list[bytes] = []
        self._lost: dict[str, None] = {}
        self._spread_ms = 0
        self._waiting: deque[Heard] = deque()
        self._ended: End | None = None
        self._wake = asyncio.Event()
        self.overflows = 0

    @property
    def ended(self) -> End | None:
        """Why it ends, once it does."""
        return self._ended

    def follow(self, full_name: str, name: str, version: int | None) -> None:
        """From now on hear a topic; `version` is what the client has seen of it."""
        self.names[full_name] = name
        if version is not None:
            self.versions[name] = version

    def unfollow(self, full_name: str) -> None:
        """Hear a topic no longer."""
        name = self.names.pop(full_name, None)
        if name is not None:
            self.versions.pop(name, None)
            self._lost.pop(name, None)

    def offer(self, heard: Heard) -> None:
        """Something to send. A client too slow for it is told to refetch instead."""
        if len(self._waiting) >= self._max_waiting:
            self.overflows += 1
            self.lose(self.names.values())
            return
        self._waiting.append(heard)
        self._wake.set()

    def lose(self, names: Iterable[str], spread_ms: int = 0) -> None:
        """Hints of these topics may be missing: the client is told to refetch, within this time."""
        self._lost.update(dict.fromkeys(names))
        self._spread_ms = max(self._spread_ms, spread_ms)
        self._waiting = deque(heard for heard in self._waiting if self.names.get(heard.hint.topic) not in self._lost)
        self._wake.set()

    def note(self, body: bytes) -> None:
        """An answer to what the client asked; it goes out before hints."""
        if len(self._notes) >= self._max_waiting:
            self.end(End.ABUSE)
            return
        self._notes.append(body)
        self._wake.set()

    def end(self, reason: End) -> None:
        """Send what waits, then this reason, then nothing more."""
        self._ended = self._ended or reason
        self._wake.set()

    async def wait(self, timeout_s: float) -> None:
        """Until there is something to send, or for so long."""
        try:
            async with asyncio.timeout(max(timeout_s, 0.0)):
                await self._wake.wait()
        except TimeoutError:
            return

    def take(self) -> list[bytes]:
        """Everything that waits, as JSON messages."""
        self._wake.clear()
        messages, self._notes = self._notes, []
        if self._lost:
            messages.append(_encode({"kind": "resync", "topics": list(self._lost), "spread_ms": self._spread_ms}))
            self._lost, self._spread_ms = {}, 0
        messages += self._take_hints()
        return messages

    def _take_hints(self) -> list[bytes]:
        bodies: list[bytes] = []
        for heard in self._waiting:
            name = self.names.get(heard.hint.topic)
            if name is not None and heard.hint.version > self.versions.get(name, -1):
                self.versions[name] = heard.hint.version
                bodies.append(heard.body(name))
        self._waiting.clear()
        return bodies
