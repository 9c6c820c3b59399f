"""The second level: answers in Valkey, shared by all processes, with epochs of their own that Lua compares on the same server.

An entry remembers the epoch clock from before it was read. It is given out and stored only while none of its tags' slots and not
the floor moved past that; so an invalidation has no keys to find, and a raced store is refused. The clock starts at the server's
microseconds and a new hash sets the floor to it: after a flush nothing that was under way can be stored.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import Any, Protocol
from zlib import crc32

import msgspec

from surehold.platform.cache.entries import Answer
from surehold.platform.cache.settings import CacheSettings
from surehold.platform.cache.unsent import Unsent
from surehold.platform.valkey import VALKEY_ERRORS, ValkeyLink

SLOTS = 65_536  # far more than in a process: here a shared slot makes a miss, not just a refused store

CLOCK = """
local function clock(epochs)
  local now = redis.call('HGET', epochs, 'clock')
  if not now then
    local t = redis.call('TIME')
    now = string.format('%.0f', t[1] * 1000000 + t[2])
    redis.call('HSET', epochs, 'clock', now, 'floor', now)
  end
  return now
end
local function unchanged(epochs, noted, slots)
  local floor = redis.call('HGET', epochs, 'floor')
  if not floor or tonumber(floor) > noted then return false end
  for _, epoch in ipairs(redis.call('HMGET', epochs, unpack(slots))) do
    if epoch and tonumber(epoch) > noted then return false end
  end
  return true
end
local function split(text)
  local parts = {}
  for part in string.gmatch(text, '%d+') do parts[#parts + 1] = part end
  return parts
end
"""
_GET = (
    CLOCK
    + """
local now = clock(KEYS[1])
local entry = redis.call('HMGET', KEYS[2], 'noted', 'slots')
if entry[1] and entry[2] then
  if unchanged(KEYS[1], tonumber(entry[1]), split(entry[2])) then
    return {now, redis.call('HGET', KEYS[2], 'body'), redis.call('PTTL', KEYS[2])}
  end
  redis.call('UNLINK', KEYS[2])
end
return {now}
"""
)
_PUT = (
    CLOCK
    + """
local slots = split(ARGV[2])
if not unchanged(KEYS[1], tonumber(ARGV[1]), slots) then return 0 end
redis.call('HSET', KEYS[2], 'noted', ARGV[1], 'slots', ARGV[2], 'body', ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 1
"""
)

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Answer)


class Stored(msgspec.Struct, frozen=True):
    """What the second level had: the answer and how long it may still live."""

    answer: Answer
    lives_s: float


class Level2Port(Protocol):
    """What the read cache asks of the second level."""

    async def find(self, key: str) -> "Stored | int | None":
        """The answer; or the epoch clock to note before reading it elsewhere; or None while the level is away."""
        ...

    async def put(self, key: str, noted: int, answer: Answer, ttl_s: float) -> bool:
        """Store an answer read after `noted`; False when something it was made from changed since, or the level is away."""
        ...


def slots_of(tags: Iterable[str]) -> list[int]:
    """The epoch slots of tags, the same in every process."""
    return sorted({crc32(tag.encode()) % SLOTS for tag in tags})


class Level2:
    """Answers in Valkey; every failure is a miss, and pauses the level for a moment so that nobody waits for a dead server twice."""

    def __init__(self, link: ValkeyLink, settings: CacheSettings, unsent: Unsent) -> None:
        self._link, self._settings, self._unsent = link, settings, unsent
        self._get = link.client.register_script(_GET)
        self._put = link.client.register_script(_PUT)
        self._away_until = 0.0
        self.epochs_key = f"{settings.prefix}:epochs"

    async def find(self, key: str) -> Stored | int | None:
        """See `Level2Port.find`."""
        unsent = self._unsent.snapshot()
        reply = await self._call(self._get, self._key(key))
        if reply is None:
            return None
        if len(reply) < 3 or reply[2] <= 0 or unsent is None:
            return int(reply[0])
        answer = _decoder.decode(reply[1])
        return Stored(answer, reply[2] / 1_000) if unsent.isdisjoint(answer.tags) else int(reply[0])

    async def put(self, key: str, noted: int, answer: Answer, ttl_s: float) -> bool:
        """See `Level2Port.put`."""
        slots = ",".join(str(slot) for slot in slots_of(answer.tags))
        ttl_ms = int(min(ttl_s, self._settings.level2_max_ttl_s) * 1_000)
        return await self._call(self._put, self._key(key), noted, slots, _encode(answer), ttl_ms) == 1

    def _key(self, key: str) -> str:
        return f"{self._settings.prefix}:page:{key}"

    async def _call(self, script: Any, key: str, *args: object) -> Any:
        # Without the subscription we would not hear what outdates an answer: then this level is away, too.
        if not self._link.is_up or time.monotonic() < self._away_until:
            return None
        try:
            async with asyncio.timeout(self._settings.level2_timeout_s):
                return await script(keys=[self.epochs_key, key], args=list(args))
        except VALKEY_ERRORS:
            self._away_until = time.monotonic() + self._settings.level2_pause_s
            return None
