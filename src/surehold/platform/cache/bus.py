"""How processes tell each other what changed: numbered messages, heartbeats, and "everything" whenever something may be missing.

Each publisher numbers its messages and repeats the number in a heartbeat every 0.4 s. A listener forgets everything it holds when
a number is missing, when its subscription broke, and when a publisher falls silent without a goodbye: it may have died between a
commit and telling of it. For the second level the dead are found by Lua, from a table of publishers, by whoever beats next.
"""

import asyncio
import secrets
import time
from collections.abc import Iterable
from typing import Protocol

import msgspec
import structlog

from surehold.platform.cache.level2 import CLOCK, slots_of
from surehold.platform.cache.settings import CacheSettings
from surehold.platform.cache.unsent import Unsent
from surehold.platform.supervise import Background
from surehold.platform.valkey import VALKEY_ERRORS, ValkeyLink

_log = structlog.get_logger(__name__)

_PUBLISH = (
    CLOCK
    + """
local now = string.format('%.0f', tonumber(clock(KEYS[1])) + 1)
redis.call('HSET', KEYS[1], 'clock', now)
if ARGV[3] == 'all' then
  redis.call('HSET', KEYS[1], 'floor', now)
else
  for _, slot in ipairs(split(ARGV[3])) do redis.call('HSET', KEYS[1], slot, now) end
end
redis.call('PUBLISH', ARGV[1], ARGV[2])
return now
"""
)
_BEAT = (
    CLOCK
    + """
local t = redis.call('TIME')
local micros = t[1] * 1000000 + t[2]
local missing = 0
for i, value in ipairs(redis.call('HGETALL', KEYS[2])) do
  if i % 2 == 1 then
    local seen = tonumber(redis.call('HGET', KEYS[2], value))
    if value ~= ARGV[3] and micros - seen > tonumber(ARGV[4]) then
      redis.call('HDEL', KEYS[2], value)
      missing = missing + 1
    end
  end
end
local before = clock(KEYS[1])
if redis.call('HGET', KEYS[1], 'run') ~= ARGV[5] then
  redis.call('HSET', KEYS[1], 'run', ARGV[5])
  missing = missing + 1
end
if missing > 0 then
  local now = string.format('%.0f', tonumber(before) + 1)
  redis.call('HSET', KEYS[1], 'clock', now, 'floor', now)
  redis.call('PUBLISH', ARGV[1], ARGV[6])
end
redis.call('HSET', KEYS[2], ARGV[3], string.format('%.0f', micros))
redis.call('PUBLISH', ARGV[1], ARGV[2])
return missing
"""
)
_BYE = "redis.call('HDEL', KEYS[1], ARGV[3]) redis.call('PUBLISH', ARGV[1], ARGV[2]) return 1"
GOODBYE_TIMEOUT_S = 1.0


class Message(msgspec.Struct, array_like=True, frozen=True):
    """One message between processes. `seq` is the publisher's number; a beat and a goodbye repeat the last one."""

    publisher: str
    seq: int
    kind: str  # tags | all | beat | bye
    tags: list[str] = []


_decoder = msgspec.msgpack.Decoder(Message)
_encode = msgspec.msgpack.Encoder().encode
REGISTRY = "registry"
_FOUND_DEAD = _encode(Message(REGISTRY, 0, "all"))


class EpochSink(Protocol):
    """What a process holds that invalidations make old."""

    def apply(self, tags: Iterable[str]) -> None:
        """These things changed."""
        ...

    def apply_all(self) -> None:
        """Anything may have changed."""
        ...

    def trust(self, until: float) -> None:
        """Invalidations are heard; on this process's monotonic clock, until then."""
        ...


class _Peer(msgspec.Struct):
    seq: int
    heard_at: float
    silent: bool = False


class CacheBus:
    """The Invalidator of a process, and the ears of its cache (`sink`; None in processes that cache nothing, like the worker)."""

    def __init__(
        self, link: ValkeyLink, settings: CacheSettings, unsent: Unsent | None = None, sink: EpochSink | None = None
    ) -> None:
        self._settings = settings
        self._link, self._sink = link, sink
        self._unsent = Unsent() if unsent is None else unsent  # an empty one is falsy, and must be the shared one
        self.channel = f"{self._settings.prefix}:invalidations"
        self._keys = [f"{self._settings.prefix}:epochs", f"{self._settings.prefix}:publishers"]
        self._publish = link.client.register_script(_PUBLISH)
        self._beat = link.client.register_script(_BEAT)
        self._bye = link.client.register_script(_BYE)
        self.publisher = secrets.token_hex(8)
        self._seq = 0
        self._wake = asyncio.Event()
        self._peers: dict[str, _Peer] = {}
        self._run_id = ""
        self._background = Background()
        if sink is not None:
            link.listen(self)

    def invalidate(self, tags: Iterable[str]) -> None:
        """Drop what was made from these: here at once, elsewhere within milliseconds."""
        tags = list(tags)
        if self._sink is not None:
            self._sink.apply(tags)
        self._unsent.add(tags)
        if len(self._unsent) > self._settings.max_pending_tags:
            self.invalidate_all()
        self._wake.set()

    def invalidate_all(self) -> None:
        """Drop everything, everywhere."""
        if self._sink is not None:
            self._sink.apply_all()
        self._unsent.add_all()
        self._wake.set()

    async def start(self) -> None:
        """Register as a publisher if Valkey is there, then send, beat and watch. Start the link after this."""
        await self._try_beat()
        self._background.start("cache-bus-send", self._send_forever())
        self._background.start("cache-bus-beat", self._beat_forever())
        if self._sink is not None:
            self._background.start("cache-bus-watch", self._watch_forever())

    async def stop(self) -> None:
        """Send what is left, say goodbye, end. Stop the link after this."""
        await self._background.end()
        try:
            async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                await self._send_pending()
                await self._bye(keys=[self._keys[1]], args=self._args("bye"))
        except VALKEY_ERRORS:
            _log.warning("cache_bus_no_goodbye")  # the others take silence for death and forget what they hold

    def on_up(self) -> None:
        """The subscription stands: what was sent before is lost, so what we hold may be old."""
        self._peers.clear()
        self._forget_all()
        self._trust()

    def on_down(self) -> None:
        """The subscription broke: nothing is heard until it stands again."""
        if self._sink is not None:
            self._sink.trust(0.0)
        self._forget_all()

    def on_message(self, payload: bytes) -> None:
        """A message of some process, this one included."""
        message = _decoder.decode(payload)
        self._trust()
        if message.publisher == self.publisher:
            return
        if message.publisher == REGISTRY:
            self._forget_all()
            return
        if message.kind == "bye":
            self._peers.pop(message.publisher, None)
            return
        self._hear(message)

    def _hear(self, message: Message) -> None:
        peer = self._peers.get(message.publisher)
        says_something = message.kind in {"tags", "all"}
        if message.kind == "all" or self._missed(peer, message.seq, says_something=says_something):
            self._forget_all()
        elif says_something and self._sink is not None:
            self._sink.apply(message.tags)
        seq = message.seq if peer is None else max(peer.seq, message.seq)
        self._peers[message.publisher] = _Peer(seq, time.monotonic())
        if len(self._peers) > self._settings.max_publishers:
            del self._peers[min(self._peers, key=lambda name: self._peers[name].heard_at)]

    def _missed(self, peer: _Peer | None, seq: int, *, says_something: bool) -> bool:
        expected = seq - 1 if says_something else seq
        return expected > (0 if peer is None else peer.seq)  # a newcomer starts at zero

    def _trust(self) -> None:
        if self._sink is not None:
            self._sink.trust(time.monotonic() + self._settings.silence_s)

    def _forget_all(self) -> None:
        if self._sink is not None:
            self._sink.apply_all()

    async def _watch_forever(self) -> None:
        while not self._background.ending:
            await asyncio.sleep(self._settings.heartbeat_s / 4)
            oldest = time.monotonic() - self._settings.silence_s
            for name, peer in self._peers.items():
                if not peer.silent and peer.heard_at < oldest:
                    peer.silent = True  # kept, so that a number missed meanwhile is noticed if it speaks again
                    _log.warning("cache_publisher_silent", publisher=name)
                    self._forget_all()

    async def _send_forever(self) -> None:
        while not self._background.ending:
            await self._wake.wait()
            await asyncio.sleep(self._settings.coalesce_s)
            self._wake.clear()
            try:
                await self._send_pending()
            except VALKEY_ERRORS:
                await asyncio.sleep(self._settings.heartbeat_s)
                self._wake.set()

    async def _send_pending(self) -> None:
        tags = self._unsent.take()
        if tags is not None and not tags:
            return
        self._seq += 1
        message = Message(self.publisher, self._seq, "all" if tags is None else "tags", tags or [])
        slots = "all" if tags is None else ",".join(str(slot) for slot in slots_of(tags))
        try:
            await self._publish(keys=self._keys[:1], args=[self.channel, _encode(message), slots])
        except BaseException:
            # Whether it was sent is unknown, so what to tell next is: forget everything.
            self._unsent.add_all()
            raise
        self._unsent.sent()

    async def _beat_forever(self) -> None:
        while not self._background.ending:
            await asyncio.sleep(self._settings.heartbeat_s)
            await self._try_beat()

    async def _try_beat(self) -> None:
        try:
            if not self._run_id:
                self._run_id = str((await self._link.client.info("server"))["run_id"])
            silence_us = int(self._settings.silence_s * 1_000_000)
            await self._beat(keys=self._keys, args=[*self._args("beat"), silence_us, self._run_id, _FOUND_DEAD])
        except VALKEY_ERRORS:
            self._run_id = ""  # it may come back as another server

    def _args(self, kind: str) -> list[str | bytes]:
        return [self.channel, _encode(Message(self.publisher, self._seq, kind)), self.publisher]
