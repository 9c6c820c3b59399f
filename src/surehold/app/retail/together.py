"""Workers side by side."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any


async def together(workers: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    """Run workers side by side; the first error ends all and is raised as it is."""
    tasks = [asyncio.create_task(worker()) for worker in workers]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
