"""Loops that run until told to stop: they end together, and one that ends by itself is an error, never a silence."""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

import structlog

CANCEL_EVERY_S = 0.1
END_TIMEOUT_S = 1.0

_log = structlog.get_logger(__name__)


class LoopEndedError(Exception):
    """A loop that never ends has ended; the text names it."""


class Background:
    """The tasks of one part, from its start to its stop. Their loops go on `while not ending`."""

    def __init__(self) -> None:
        self.ending = False
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, loop: Coroutine[Any, Any, None]) -> None:
        """Run one more."""
        self.ending = False
        self._tasks.append(asyncio.create_task(loop, name=name))

    async def end(self) -> None:
        """End all of them, within END_TIMEOUT_S."""
        self.ending = True
        await end_tasks(self._tasks)
        self._tasks.clear()


async def run_until(stop: asyncio.Event, loops: Mapping[str, Coroutine[Any, Any, None]], drain_s: float) -> None:
    """Run loops, each told to watch `stop`, until it is set; then give them `drain_s` to finish what is in hand.

    Whatever still runs then is ended, within END_TIMEOUT_S. A loop that fails or returns before `stop` ends the others too: its
    error, or LoopEndedError.
    """
    tasks = [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
    told = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task in done and not stop.is_set()]
        stop.set()
        await asyncio.wait(tasks, timeout=drain_s)
    finally:
        left = await cancel_until_done([told, *tasks], END_TIMEOUT_S)
    errors = [error for task in tasks if task not in left and (error := _error_of(task)) is not None]
    if errors:
        raise errors[0]
    if ended:
        raise LoopEndedError(ended[0].get_name())


async def end_tasks(tasks: Iterable[asyncio.Task[Any]], within_s: float = END_TIMEOUT_S) -> None:
    """Cancel tasks and wait for their end, `within_s` long at most. What one had failed with is logged."""
    tasks = list(tasks)
    left = await cancel_until_done(tasks, within_s)
    for task in tasks:
        if task not in left and (error := _error_of(task)) is not None:
            _log.error("task_failed", task=task.get_name(), exc_info=error)


async def cancel_until_done(tasks: Iterable[asyncio.Task[Any]], within_s: float) -> set[asyncio.Task[Any]]:
    """Cancel tasks again and again until they have ended; out go those that have not within `within_s`, and are left.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which libraries send with, loses a cancellation that comes when
    what it waits for is just done.
    """
    tasks = list(tasks)
    deadline = time.monotonic() + within_s
    left = {task for task in tasks if not task.done()}
    while left and time.monotonic() < deadline:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_EVERY_S)
    for task in left:
        _log.error("task_does_not_end", task=task.get_name(), waited_s=within_s)
    for task in tasks:
        if task not in left:
            _error_of(task)  # asked for once, or asyncio complains that nobody did
    return left


def _error_of(task: asyncio.Task[Any]) -> BaseException | None:
    """What a task that is done failed with."""
    return None if task.cancelled() else task.exception()
