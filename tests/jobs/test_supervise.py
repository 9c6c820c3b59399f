"""Loops end together, finish what is in hand, and never end in silence."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from surehold.platform.supervise import END_TIMEOUT_S, Background, LoopEndedError, end_tasks, run_until

ENDED_WITHIN_S = END_TIMEOUT_S + 10  # of a busy machine


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


class Deaf:
    """Loses cancellations, as `asyncio.wait_for` of Python 3.11 does when they come at the wrong moment."""

    def __init__(self, losses: int) -> None:
        self.losses, self.begun = losses, asyncio.Event()

    async def wait(self) -> None:
        self.begun.set()
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                self.losses -= 1
                if self.losses < 0:
                    raise
                return


async def test_a_lost_cancellation_delays_the_end_only() -> None:
    stop, deaf = asyncio.Event(), Deaf(losses=2)

    async def loop() -> None:
        stop.set()
        while True:
            await deaf.wait()

    async with asyncio.timeout(ENDED_WITHIN_S):
        await run_until(stop, {"deaf": loop()}, 0.01)
    assert deaf.losses < 0


async def test_one_that_cannot_be_ended_is_left() -> None:
    stop, let_go = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        stop.set()
        while not let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await let_go.wait()

    with capture_logs() as lines:
        async with asyncio.timeout(ENDED_WITHIN_S):
            await run_until(stop, {"stubborn": stubborn()}, 0.01)
    let_go.set()
    assert [(line["event"], line["task"]) for line in lines] == [("task_does_not_end", "stubborn")]


async def test_background_tasks_see_that_they_shall_end() -> None:
    background, deaf = Background(), Deaf(losses=1)

    async def loop() -> None:
        while not background.ending:
            await deaf.wait()

    background.start("loop", loop())
    await deaf.begun.wait()
    async with asyncio.timeout(ENDED_WITHIN_S):
        await background.end()
    assert deaf.losses == 0  # asked once: it looked by itself whether to go on


async def test_what_a_task_had_failed_with_is_logged() -> None:
    async def broken() -> None:
        raise KeyError("x")

    task = asyncio.create_task(broken(), name="broken")
    await asyncio.wait({task})
    with capture_logs() as lines:
        await end_tasks([task])
    assert [(line["event"], line["task"]) for line in lines] == [("task_failed", "broken")]
