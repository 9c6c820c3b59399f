"""Two caches, as of two processes, over a real Valkey: whatever is lost or raced, nothing stale stays."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from surehold.platform.cache import (
    Answer,
    CachedRoute,
    CacheKey,
    CacheParts,
    CacheSettings,
    Served,
    Shown,
    build_cache,
    build_invalidator,
)
from surehold.platform.valkey import ValkeyLink

ROUTES = (CachedRoute(pattern="/v1/products/{id_or_slug}"),)
KEYS = 200
ROUNDS = 5
HEAL_S = 3.0


class Origin:
    """The database: each key has a version, and reading takes a moment, so that a read may be overtaken by a change."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.reads = 0

    async def __call__(self, key: CacheKey) -> Answer:
        self.reads += 1
        version = self.versions.get(key.path, 0)
        await asyncio.sleep(random.uniform(0, 0.004))
        tag = f"product:{key.path.rsplit('/', 1)[1]}"
        return Answer(200, [(b"x-surehold-tags", tag.encode())], str(version).encode())

    def change(self, number: int) -> str:
        path = f"/v1/products/{number}"
        self.versions[path] = self.versions.get(path, 0) + 1
        return f"product:{number}"


class Process(msgspec.Struct):
    link: ValkeyLink
    parts: CacheParts

    async def stop(self) -> None:
        await self.parts.bus.stop()
        await self.link.stop()


async def until(condition: Callable[[], bool], timeout_s: float = HEAL_S) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  what is awaited happens in another process's place
            await asyncio.sleep(0.01)


async def start(url: str, settings: CacheSettings) -> Process:
    link = ValkeyLink(url, silence_s=settings.silence_s)
    parts = build_cache(link, ROUTES, settings)
    await parts.bus.start()
    await link.start()
    await until(lambda: link.is_up)
    return Process(link, parts)


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> CacheSettings:
    return CacheSettings(prefix=f"surehold:{{{request.node.name[:40]}}}")


@pytest.fixture
async def two(valkey_url: str, settings: CacheSettings) -> AsyncIterator[tuple[Process, Process]]:
    pair = (await start(valkey_url, settings), await start(valkey_url, settings))
    yield pair
    for process in pair:
        await process.stop()


def key(process: Process, number: int) -> CacheKey:
    found = process.parts.reads.key_of(f"/v1/products/{number}", b"", Shown())
    assert found is not None
    return found


async def read(process: Process, number: int, origin: Origin) -> int:
    served = await process.parts.reads.fetch(key(process, number), origin)
    assert isinstance(served, Served)
    return int(served.entry.body)


@pytest.mark.race
async def test_raced_fills_and_invalidations_leave_nothing_stale(two: tuple[Process, Process]) -> None:
    origin = Origin()
    for _ in range(ROUNDS):

        async def change(number: int, writer: Process) -> None:
            await asyncio.sleep(random.uniform(0, 0.01))
            writer.parts.bus.invalidate([origin.change(number)])
            seen = await read(writer, number, origin)
            assert seen == origin.versions[f"/v1/products/{number}"], "the writer's own process reads its write"

        async def look(number: int, reader: Process) -> None:
            for _ in range(4):
                await asyncio.sleep(random.uniform(0, 0.01))
                await read(reader, number, origin)

        jobs = [change(n, random.choice(two)) for n in range(KEYS)]
        jobs += [look(n, process) for n in range(KEYS) for process in two]
        await asyncio.gather(*jobs)
    for process in two:
        await process.parts.reads.settle()
    await asyncio.sleep(0.3)
    stale = [
        (number, process.link is two[0].link)
        for number in range(KEYS)
        for process in two
        if await read(process, number, origin) != origin.versions[f"/v1/products/{number}"]
    ]
    assert stale == []


async def test_second_process_reads_from_the_second_level(two: tuple[Process, Process]) -> None:
    origin = Origin()
    await read(two[0], 1, origin)
    await two[0].parts.reads.settle()
    await read(two[1], 1, origin)
    assert origin.reads == 1
    two[1].parts.bus.invalidate([origin.change(1)])
    assert await read(two[1], 1, origin) == 1
    await until(lambda: two[0].parts.reads.find(key(two[0], 1)) is None)
    assert await read(two[0], 1, origin) == 1


async def test_many_requests_for_one_key_ask_once(two: tuple[Process, Process]) -> None:
    origin = Origin()
    await asyncio.gather(*(read(two[0], 7, origin) for _ in range(100)))
    assert origin.reads == 1


async def test_a_lost_message_heals(two: tuple[Process, Process]) -> None:
    origin = Origin()
    await read(two[0], 3, origin)
    await read(two[1], 3, origin)
    bus = two[1].parts.bus
    hear, lost = bus.on_message, []

    def lose_one(payload: bytes) -> None:
        if not lost and b"tags" in payload:
            lost.append(payload)
        else:
            hear(payload)

    bus.on_message = lose_one  # type: ignore[method-assign]
    two[0].parts.bus.invalidate([origin.change(3)])
    await until(lambda: bool(lost))
    await until(lambda: two[1].parts.reads.find(key(two[1], 3)) is None)
    assert await read(two[1], 3, origin) == 1


async def test_a_publisher_that_dies_between_commit_and_telling_leaves_nothing_stale(
    two: tuple[Process, Process], valkey_url: str, settings: CacheSettings
) -> None:
    origin = Origin()
    writer_link = ValkeyLink(valkey_url)
    writer = build_invalidator(writer_link, settings)
    await writer.start()
    await asyncio.sleep(settings.heartbeat_s)
    for process in two:
        await read(process, 5, origin)
        await process.parts.reads.settle()
    origin.change(5)
    await writer._background.end()  # dead: nothing is told, no goodbye is said
    await until(lambda: all(p.parts.reads.find(key(p, 5)) is None for p in two))
    await asyncio.sleep(settings.heartbeat_s)
    for process in two:
        assert await read(process, 5, origin) == 1
    await writer_link.stop()


async def test_a_goodbye_forgets_nothing(
    two: tuple[Process, Process], valkey_url: str, settings: CacheSettings
) -> None:
    origin = Origin()
    link = ValkeyLink(valkey_url)
    writer = build_invalidator(link, settings)
    await writer.start()
    await asyncio.sleep(settings.heartbeat_s)
    await read(two[0], 9, origin)
    await writer.stop()
    await link.stop()
    await asyncio.sleep(settings.silence_s + settings.heartbeat_s)
    assert two[0].parts.reads.find(key(two[0], 9)) is not None


async def test_the_last_words_of_a_leaving_publisher_are_heard(
    two: tuple[Process, Process], valkey_url: str, settings: CacheSettings
) -> None:
    origin = Origin()
    link = ValkeyLink(valkey_url)
    writer = build_invalidator(link, settings)
    await writer.start()
    await read(two[0], 11, origin)
    writer.invalidate([origin.change(11)])
    await writer.stop()
    await link.stop()
    await until(lambda: two[0].parts.reads.find(key(two[0], 11)) is None)
    assert await read(two[0], 11, origin) == 1


async def test_a_flushed_valkey_takes_no_raced_answer(two: tuple[Process, Process]) -> None:
    origin = Origin()
    started, go = asyncio.Event(), asyncio.Event()

    async def slow(asked: CacheKey) -> Answer:
        answer = await origin(asked)
        started.set()
        await go.wait()
        return answer

    filling = asyncio.create_task(two[0].parts.reads.fetch(key(two[0], 13), slow))
    await started.wait()
    two[1].parts.bus.invalidate([origin.change(13)])
    await asyncio.sleep(0.2)
    await two[1].link.client.flushdb()
    go.set()
    await filling
    await two[0].parts.reads.settle()
    await asyncio.sleep(0.1)
    assert await read(two[1], 13, origin) == 1
    assert await read(two[0], 13, origin) == 1
