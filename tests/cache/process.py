"""A process of its own for the cache's tests: reads, writes and races as it is told by lines of JSON."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Iterable
from typing import Any

from surehold.platform.cache.epochs import Epochs
from tests.cache.conftest import Shop


class Trusting(Epochs):
    """What most caches do: forget on a change, and store whatever a reader brings, however old."""

    def unchanged_since(self, noted: int, tags: Iterable[str]) -> bool:
        return True


async def race(shop: Shop, seed: int, keys: int, rounds: int) -> list[str]:
    """Read and write at random, all at once. Out go breaches: a reader that began after our own write and saw less."""
    dice = random.Random(seed)
    breaches: list[str] = []
    written: dict[int, int] = {}

    async def step(number: int, kind: float) -> None:
        await asyncio.sleep(dice.random() * 0.02)
        if kind < 0.4:
            version = await shop.write(number)
            written[number] = max(version, written.get(number, 0))
            return
        least = written.get(number, 0)
        seen = await shop.read(number)
        if seen < least:
            breaches.append(f"{number}: wrote {least}, then read {seen}")

    async def pause() -> None:
        await asyncio.sleep(dice.random() * 0.01)

    shop.pace = pause
    for _ in range(rounds):
        await asyncio.gather(*(step(dice.randrange(keys), dice.random()) for _ in range(keys * 2)))
    await shop.cache.reads.settle()
    return breaches


def say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


async def obey(shop: Shop, order: dict[str, Any]) -> Any:
    match order["do"]:
        case "race":
            return await race(shop, order["seed"], order["keys"], order["rounds"])
        case "read":
            return [await shop.read(number) for number in order["numbers"]]
        case "write":
            return await shop.write(order["number"])
        case "die_after_commit":
            version = await shop.commit(order["number"])
            say(version)
            os.kill(os.getpid(), signal.SIGKILL)
    return None


async def main(url: str, prefix: str, mode: str) -> None:
    shop = Shop(url, prefix)
    if mode == "trusting":
        shop.cache.reads._epochs = Trusting()
    await shop.start()
    say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        say(await obey(shop, json.loads(line)))
    await shop.stop()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
