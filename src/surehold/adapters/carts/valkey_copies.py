"""Versioned copies of carts in Valkey, sealed, for the minutes in which PostgreSQL is away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import cast

import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

from surehold.modules.cart import CartCopy
from surehold.platform.sealed import SealedCodec, SealedError, key_id_of

KEPT_S = 24 * 60 * 60
FLUSH_EVERY_S = 0.02
TIMEOUT_S = 0.25
PENDING_MAX = 5_000

# KEYS[1] the cart; ARGV: version, sealed body or '', seconds. A body is stored only over an older one.
_REMEMBER = """
local latest = tonumber(redis.call('HGET', KEYS[1], 'latest') or '0')
local version = tonumber(ARGV[1])
if version > latest then redis.call('HSET', KEYS[1], 'latest', version) end
if ARGV[2] ~= '' and version >= tonumber(redis.call('HGET', KEYS[1], 'version') or '0') then
  redis.call('HSET', KEYS[1], 'version', version, 'body', ARGV[2])
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1
"""
# KEYS[1] the cart; ARGV: the body that was read, the same body sealed anew. Another body is left alone.
_RESEAL = """
if redis.call('HGET', KEYS[1], 'body') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'body', ARGV[2])
return 1
"""
SCAN_COUNT = 500
_PREFIX = "surehold:cart:{"
_log = structlog.get_logger(__name__)


class ValkeyCartCopies:
    """Keeps copies best effort: a copy that could not be written is only older, and says so by its version."""

    def __init__(self, valkey: Valkey, codec: SealedCodec) -> None:
        self._valkey, self._codec = valkey, codec
        self._script = valkey.register_script(_REMEMBER)
        self._pending: dict[str, tuple[int, bytes | None]] = {}
        self._flush: asyncio.Task[None] | None = None

    def remember(self, owner: str, version: int, body: bytes | None) -> None:
        """Keep the body of a version, or only that the version exists; written a moment later, many carts together."""
        known = self._pending.get(owner)
        if known is None and len(self._pending) >= PENDING_MAX:
            return
        if known is not None and known[0] > version:
            return
        if known is not None and known[0] == version and body is None:
            body = known[1]
        self._pending[owner] = (version, body)
        if self._flush is None:
            self._flush = asyncio.get_running_loop().create_task(self._write())

    async def recall(self, owner: str) -> CartCopy | None:
        """The last copy of an owner's cart; None when there is none, or Valkey is away too."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                found = await cast(
                    "Awaitable[list[bytes | None]]", self._valkey.hmget(_key(owner), ["version", "body", "latest"])
                )
        except (ValkeyError, OSError, TimeoutError):
            return None
        version, body, latest = found
        if version is None or body is None:
            return None
        try:
            plain = self._codec.open(body, context=_context(owner))
        except SealedError:
            _log.warning("cart_copy_unreadable")
            return None
        return CartCopy(body=plain, version=int(version), latest_version=int(latest or version))

    async def count_by_key(self) -> dict[str, int]:
        """How many copies each key (by its id, hex) seals; ValkeyError or OSError when Valkey is away."""
        counts: dict[str, int] = {}
        async for _, body in self._all():
            counts[key_id_of(body)] = counts.get(key_id_of(body), 0) + 1
        return counts

    async def reseal(self) -> tuple[int, int]:
        """Seal every copy under the current key; out goes how many were, and how many do not open and were left alone."""
        script, changed, unopened = self._valkey.register_script(_RESEAL), 0, 0
        async for owner, body in self._all():
            if body.startswith(self._codec.head):
                continue
            try:
                fresh = self._codec.reseal(body, context=_context(owner))
            except SealedError:
                unopened += 1
                continue
            changed += int(await script(keys=[_key(owner)], args=[body, fresh]))
        return changed, unopened

    async def _all(self) -> AsyncIterator[tuple[str, bytes]]:
        """Every copy, with its owner."""
        async for key in self._valkey.scan_iter(match=f"{_PREFIX}*", count=SCAN_COUNT):
            owner = bytes(key).decode().removeprefix(_PREFIX).removesuffix("}")
            body = await cast("Awaitable[bytes | None]", self._valkey.hget(_key(owner), "body"))
            if body is not None:
                yield owner, body

    async def close(self) -> None:
        """Write what waits."""
        if self._flush is not None:
            await self._flush

    async def _write(self) -> None:
        await asyncio.sleep(FLUSH_EVERY_S)
        batch, self._pending, self._flush = self._pending, {}, None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                pipeline = self._valkey.pipeline(transaction=False)
                for owner, (version, body) in batch.items():
                    sealed = b"" if body is None else self._codec.seal(body, context=_context(owner))
                    await self._script(keys=[_key(owner)], args=[version, sealed, KEPT_S], client=pipeline)
                await pipeline.execute()
        except (ValkeyError, OSError, TimeoutError) as error:
            _log.info("cart_copies_not_kept", carts=len(batch), error=type(error).__name__)


def _key(owner: str) -> str:
    return f"{_PREFIX}{owner}}}"


def _context(owner: str) -> str:
    return f"cart.copy:{owner}"
