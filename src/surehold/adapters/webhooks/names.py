"""Looking up a host without being held up by a resolver that stalls."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

ADDRESSES_MAX = 8

Resolve: TypeAlias = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host, in the order in which to try them; OSError when there are none."""


async def resolve_host(host: str, port: int) -> list[str]:
    """Ask the system's resolver, in a thread of its own.

    A look-up cannot be cancelled: in a shared pool a few that stall would hold up every endpoint, and the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str] | None, error: OSError | None) -> None:
        if answer.done():  # nobody waits any more
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found or [])

    def ask() -> None:
        found, failed = None, None
        try:
            found = _look_up(host, port)
        except (OSError, UnicodeError) as error:
            failed = error if isinstance(error, OSError) else OSError("no host name")
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, found, failed)

    threading.Thread(target=ask, name="webhook.resolve", daemon=True).start()
    return await answer


def _look_up(host: str, port: int) -> list[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))[:ADDRESSES_MAX]
