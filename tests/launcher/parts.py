"""Small stand-ins for the shop's processes, run by the real server and the real supervisor."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import valkey

from surehold.app.up.options import ServerUrls, UpOptions
from surehold.app.up.screen import Screen
from surehold.app.up.services import ServiceSpec
from surehold.app.up.shop import Shop

NAP_S = 0.05


async def asgi(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Answers with the id of the process that serves and what the database holds."""
    if scope["type"] != "http":
        return
    await receive()
    rows = await asyncio.to_thread(count_rows)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{os.getpid()} {rows}".encode()})


def count_rows() -> int:
    with psycopg.connect(os.environ["SUREHOLD_DATABASE_OWNER_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS public.visits (n int)")
        connection.execute("INSERT INTO public.visits VALUES (1)")
        row = connection.execute("SELECT count(*) FROM public.visits").fetchone()
    assert row is not None
    return int(row[0])


def worker() -> None:
    """Runs until told to stop, and then still needs both engines."""
    told = False

    def stop(*_: object) -> None:
        nonlocal told
        told = True

    signal.signal(signal.SIGTERM, stop)
    while not told:
        time.sleep(NAP_S)
    with valkey.Valkey.from_url(os.environ["SUREHOLD_VALKEY_URL"]) as connection:
        connection.ping()
    Path(os.environ["SUREHOLD_DATA_DIR"], "last-words").write_text(str(count_rows()))


def main() -> None:
    """`up` for the shop in a folder, with these parts: FOLDER PORT."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    serve = ("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    server = (
        *serve,
        "--respawn-failed-workers",
        "--respawn-interval",
        "0.2",
        "--workers-kill-timeout",
        "1",
        "tests.launcher.parts:asgi",
    )
    specs = [
        ServiceSpec("api", "tests.launcher.parts", server, 10.0),
        ServiceSpec("worker", "tests.launcher.parts", ("tests.launcher.parts", "worker"), 10.0),
    ]
    Shop(UpOptions(folder, "127.0.0.1", port, 2, ServerUrls()), Screen(), specs).run()


if __name__ == "__main__":
    worker() if sys.argv[1] == "worker" else main()
