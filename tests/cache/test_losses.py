"""What real processes lose heals by itself: a publisher that is killed, a server that goes away and comes back."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from surehold.platform.embedded import EmbeddedValkey
from tests.cache.conftest import OtherProcess, Shop, eventually

MakeShop = Callable[..., Awaitable[Shop]]
MakeProcess = Callable[..., Awaitable[OtherProcess]]
HEALED_S = 3.0


async def sees(shop: Shop, number: int, version: int, within_s: float = HEALED_S) -> None:
    """Wait until a reader gets this version; TimeoutError when it does not in time."""
    async with asyncio.timeout(within_s):
        while await shop.read(number) != version:  # noqa: ASYNC110  what is waited for has no event
            await asyncio.sleep(0.02)


async def known(*shops: Shop) -> None:
    """Until each has heard of every other's heartbeat."""
    await eventually(lambda: all(len(shop.cache.bus._peers) >= len(shops) - 1 for shop in shops))


async def test_a_publisher_killed_between_commit_and_publish_is_noticed(
    shops: MakeShop, processes: MakeProcess
) -> None:
    reader, victim = await shops(), await processes()
    assert await victim.ask(do="write", number=9) == 1
    await eventually(lambda: len(reader.cache.bus._peers) == 1)
    assert await reader.read(1) == 0
    await reader.cache.reads.settle()
    assert await victim.ask(do="die_after_commit", number=1) == 1
    await victim.process.wait()
    assert await reader.read(1) == 0
    await sees(reader, 1, 1)  # found in the process's own memory and in the second level alike
    assert await (await shops()).read(1) == 1


async def test_without_valkey_everything_works_and_nothing_is_older_than_two_seconds(
    shops: MakeShop, valkey_server: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = await shops(), await shops()
    await known(writer, reader)
    numbers = {1: 0}

    async def truth(key: object, field: str) -> bytes:
        return str(numbers[int(field)]).encode()

    for shop in (writer, reader):  # the truth must outlive the server that carries the news
        monkeypatch.setattr(shop.truth, "hget", truth)
    assert await reader.read(1) == 0
    await asyncio.to_thread(valkey_server.kill)
    try:
        await eventually(lambda: not reader.link.is_up)
        assert await reader.read(1) == 0
        numbers[1] = 1
        writer.cache.bus.invalidate(["product:1"])
        assert await writer.read(1) == 1
        await sees(reader, 1, 1)
        numbers[1] = 2
        writer.cache.bus.invalidate(["product:1"])
    finally:
        await asyncio.to_thread(valkey_server.start)
    await eventually(lambda: reader.link.is_up and writer.link.is_up)
    await sees(reader, 1, 2)
    await eventually(lambda: not writer.cache.bus._unsent._everything)
    numbers[1] = 3
    writer.cache.bus.invalidate(["product:1"])
    await sees(reader, 1, 3)
