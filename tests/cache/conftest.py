"""Processes of a shop that cache pages, and a truth that pages are made from: numbers in Valkey, far from the cache's keys."""

import asyncio
import json
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from surehold.platform.cache import Answer, CachedRoute, CacheKey, CacheParts, CacheSettings, Served, Shown, build_cache
from surehold.platform.valkey import ValkeyLink, connect

ROUTE = CachedRoute(pattern="/v1/products/{id}")
START_TIMEOUT_S = 10.0
ROOT = Path(__file__).resolve().parents[2]


class Shop:
    """One process's cache over the truth. `pace` is awaited by every page's maker after it has read."""

    def __init__(self, url: str, prefix: str, **settings: Any) -> None:
        self.link = ValkeyLink(url)
        self.settings = CacheSettings(prefix=f"{{{prefix}}}:cache", **settings)
        self.cache: CacheParts = build_cache(self.link, [ROUTE], self.settings)
        self.truth = connect(url)
        self._truth_key = f"{prefix}:truth"
        self.asked = 0
        self.pace: Callable[[], Awaitable[None]] = _at_once

    async def start(self) -> "Shop":
        await self.cache.bus.start()
        await self.link.start()
        await eventually(lambda: self.link.is_up)
        return self

    async def stop(self) -> None:
        await self.cache.bus.stop()
        await self.link.stop()
        await self.truth.aclose()
        await self.truth.connection_pool.disconnect()

    async def commit(self, number: int) -> int:
        """The change itself, which nobody was told of yet."""
        return int(await self.truth.hincrby(self._truth_key, str(number), 1))

    async def write(self, number: int) -> int:
        version = await self.commit(number)
        self.cache.bus.invalidate([f"product:{number}"])
        return version

    async def read(self, number: int) -> int:
        found = await self.cache.reads.fetch(self.key(number), self._make)
        assert isinstance(found, Served)
        return int(found.entry.body)

    async def versions(self) -> dict[int, int]:
        return {int(k): int(v) for k, v in (await self.truth.hgetall(self._truth_key)).items()}

    def key(self, number: int) -> CacheKey:
        key = self.cache.reads.key_of(f"/v1/products/{number}", b"", Shown())
        assert key is not None
        return key

    async def _make(self, key: CacheKey) -> Answer:
        self.asked += 1
        number = key.path.rpartition("/")[2]
        version = await self.truth.hget(self._truth_key, number) or b"0"
        await self.pace()
        return Answer(200, [(b"x-surehold-tags", f"product:{number}".encode())], version)


class OtherProcess:
    """A real process with a cache of its own, told what to do line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def tell(self, **order: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        await self.process.stdin.drain()

    async def hear(self) -> Any:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), 60)
        assert line, "the process died"
        return json.loads(line)

    async def ask(self, **order: Any) -> Any:
        await self.tell(**order)
        return await self.hear()


async def eventually(true: Callable[[], bool], within_s: float = START_TIMEOUT_S) -> None:
    """Wait until something is true; TimeoutError when it does not come."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.01)


async def _at_once() -> None:
    """No pause."""


@pytest.fixture
def prefix() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
async def shops(valkey_url: str, prefix: str) -> AsyncIterator[Callable[..., Awaitable[Shop]]]:
    made: list[Shop] = []

    async def make(**settings: Any) -> Shop:
        shop = Shop(valkey_url, prefix, **settings)
        made.append(shop)
        return await shop.start()

    yield make
    for shop in made:
        await shop.stop()


@pytest.fixture
async def processes(valkey_url: str, prefix: str) -> AsyncIterator[Callable[..., Awaitable[OtherProcess]]]:
    made: list[asyncio.subprocess.Process] = []

    async def make(mode: str = "careful") -> OtherProcess:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.cache.process",
            valkey_url,
            prefix,
            mode,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        )
        made.append(process)
        other = OtherProcess(process)
        assert await other.hear() == "ready"
        return other

    yield make
    for process in made:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # its pipes would be closed by the collector only
