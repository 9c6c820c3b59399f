"""How soon a change is told: shoppers who look at things over server-sent events while others put those into their carts.

A change's time runs from the moment its request goes out until a stream has the hint with what is left then, so it holds the write
itself, the way between processes and the way to the client.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.load.requests import cookies_of, request
from bench.load.wire import LoadError, answer_end, body_of, status_of

QUANTITIES = 9  # a writer goes round through them, so that what is left tells which change it was
LATE_S = 5.0  # a hint that is not there so long after the last change is lost
SUBSCRIBED = b'"subscribed"'


@dataclass(slots=True)
class _Watched:
    """One variant: who changes it, and what its streams have been told."""

    variant: str
    first_left: int = 0
    sent_at: dict[int, float] = field(default_factory=dict)
    changes: int = 0
    told_s: list[float] = field(default_factory=list)


def measure(port: int, variants: Sequence[str], streams: int, per_s: float, seconds: float) -> dict[str, Any]:
    """Let `streams` clients follow the variants evenly while these change `per_s` times a second, all together."""
    return asyncio.run(_measure(port, variants, streams, per_s, seconds))


async def _measure(port: int, variants: Sequence[str], streams: int, per_s: float, seconds: float) -> dict[str, Any]:
    watched = [_Watched(variant) for variant in variants]
    writers = [_Writer(port, one, number) for number, one in enumerate(watched)]
    await asyncio.gather(*(writer.begin() for writer in writers))
    subscribed = asyncio.Semaphore(0)
    followers = [
        asyncio.create_task(_follow(port, watched[number % len(watched)], number, subscribed))
        for number in range(streams)
    ]
    try:
        for _ in followers:
            await _or_failure(subscribed.acquire(), followers)
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(writer.change(len(writers) / per_s, seconds) for writer in writers))
        wanted = sum(
            one.changes * (streams // len(watched) + (n < streams % len(watched))) for n, one in enumerate(watched)
        )
        await _until_told(watched, wanted)
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    finally:
        for task in followers:
            task.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
    told = sorted(one for each in watched for one in each.told_s)
    return {
        "streams": streams,
        "changes": sum(one.changes for one in watched),
        "told": len(told),
        "lost": wanted - len(told),
        "p50_ms": _at(told, 0.5),
        "p99_ms": _at(told, 0.99),
        "max_ms": _at(told, 1.0),
        "driver_cpu_share": round(cpu_s / took_s / (os.cpu_count() or 1), 3),
    }


class _Writer:
    """A guest with one thing in the cart, who goes on changing how many."""

    def __init__(self, port: int, watched: _Watched, number: int) -> None:
        self._port, self._watched, self._number = port, watched, number
        self._cookie = ""

    async def begin(self) -> None:
        """Put one into the cart, and see what is left."""
        self._reader, self._writer = await _connect(self._port, self._number)
        body = {"variant_id": self._watched.variant, "quantity": 1}
        self._cookie = cookies_of(await self._ask("POST", "/v1/cart/lines", body))
        live = await self._ask("GET", f"/v1/variants/{self._watched.variant}/live")
        self._watched.first_left = json.loads(body_of(live))["available"]

    async def change(self, every_s: float, seconds: float) -> None:
        """One change each beat; a slow answer delays the next one."""
        clock, watched = time.perf_counter, self._watched
        end, due = clock() + seconds, clock()
        while due < end:
            await asyncio.sleep(max(due - clock(), 0))
            watched.changes += 1
            quantity = watched.changes % QUANTITIES + 1
            watched.sent_at[watched.first_left + 1 - quantity] = clock()
            await self._ask("PUT", f"/v1/cart/lines/{watched.variant}", {"quantity": quantity})
            due = max(due + every_s, clock())
        self._writer.close()

    async def _ask(self, method: str, path: str, body: object = None) -> bytes:
        self._writer.write(request(method, path, body, cookie=self._cookie))
        data = b""
        while (end := answer_end(data)) is None or len(data) < end:
            part = await self._reader.read(65_536)
            if not part:
                raise LoadError(f"the server closed a connection after {method} {path}")
            data += part
        if status_of(data) != 200:
            raise LoadError(f"{method} {path}: {data[:300]!r}")
        return data


async def _follow(port: int, watched: _Watched, number: int, subscribed: asyncio.Semaphore) -> None:
    """One stream, which notes how long after its change each hint came."""
    reader, writer = await _connect(port, number)
    try:
        writer.write(request("GET", f"/v1/events?topics=variant:{watched.variant}"))
        while line := await reader.readline():
            if line.startswith(b"HTTP/1.1 ") and not line.startswith(b"HTTP/1.1 200"):
                raise LoadError(f"no stream: {line!r}")
            if not line.startswith(b"data: "):
                continue
            if SUBSCRIBED in line:
                subscribed.release()
                continue
            told = json.loads(line[6:])
            sent_at = watched.sent_at.get(told["data"]["available"]) if "data" in told else None
            if sent_at is not None:
                watched.told_s.append(time.perf_counter() - sent_at)
        raise LoadError("the server ended a stream")
    finally:
        writer.close()


async def _or_failure(waiting: Any, tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Wait, but not for ever: a task that has ended has failed."""
    waiter = asyncio.ensure_future(waiting)
    done, _ = await asyncio.wait({waiter, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    if waiter not in done:
        waiter.cancel()
        done.pop().result()


async def _until_told(watched: Sequence[_Watched], wanted: int) -> None:
    end = time.perf_counter() + LATE_S
    while sum(len(one.told_s) for one in watched) < wanted and time.perf_counter() < end:  # noqa: ASYNC110  many tasks tell
        await asyncio.sleep(0.01)


async def _connect(port: int, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Each from a network of its own, for limits are per network; only Linux has those addresses."""
    source = (f"127.0.{number % 250 + 1}.1", 0) if sys.platform.startswith("linux") else None
    return await asyncio.open_connection("127.0.0.1", port, local_addr=source)


def _at(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000, 3) if ordered else None
