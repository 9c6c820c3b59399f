"""Loops that run until told to stop: they end together, and one that ends by itself is an error, never a silence."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any


class LoopEndedError(Exception):
    """A loop that never ends has ended; the text names it."""


async def run_until(stop: asyncio.Event, loops: Mapping[str, Coroutine[Any, Any, None]], drain_s: float) -> None:
    """Run loops, each told to watch `stop`, until it is set; then give them `drain_s` to finish what is in hand.

    A loop that fails or returns before that ends the others too: its error, or LoopEndedError.
    """
    tasks = [asyncio.create_task(loop, name=name) for name, loop in loops.items()]
    told = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task in done and not stop.is_set()]
        stop.set()
        await asyncio.wait(tasks, timeout=drain_s)
    finally:
        for task in (told, *tasks):
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    errors = [result for result in results if isinstance(result, Exception)]
    if errors:
        raise errors[0]
    if ended:
        raise LoopEndedError(ended[0].get_name())
