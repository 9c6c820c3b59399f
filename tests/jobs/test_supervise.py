"""Loops end together, finish what is in hand, and never end in silence."""

import asyncio

import pytest

from surehold.platform.supervise import LoopEndedError, run_until


async def forever(stop: asyncio.Event) -> None:
    await stop.wait()


async def test_told_to_stop_they_finish() -> None:
    stop, finished = asyncio.Event(), list[str]()

    async def careful() -> None:
        await stop.wait()
        await asyncio.sleep(0.01)
        finished.append("careful")

    async def teller() -> None:
        stop.set()

    await run_until(stop, {"careful": careful(), "teller": teller()}, 5)
    assert finished == ["careful"]


async def test_one_that_ends_ends_all() -> None:
    stop = asyncio.Event()

    async def tired() -> None:
        await asyncio.sleep(0)

    with pytest.raises(LoopEndedError, match="tired"):
        await run_until(stop, {"forever": forever(stop), "tired": tired()}, 5)
    assert stop.is_set()


async def test_an_error_is_told() -> None:
    stop = asyncio.Event()

    async def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await run_until(stop, {"forever": forever(stop), "broken": broken()}, 5)


async def test_whoever_does_not_finish_is_cancelled() -> None:
    stop, cancelled = asyncio.Event(), list[bool]()

    async def deaf() -> None:
        stop.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    await run_until(stop, {"deaf": deaf()}, 0.01)
    assert cancelled == [True]
