"""Answers with the id of the process that serves and what the database holds."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from tests.launcher.parts.visits import count_visits


async def app(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    if scope["type"] != "http":
        return
    await receive()
    rows = await asyncio.to_thread(count_visits)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{os.getpid()} {rows}".encode()})
