"""Raced fills and invalidations in real processes leave nothing stale, in neither level."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.cache.conftest import OtherProcess, Shop, eventually

MakeShop = Callable[..., Awaitable[Shop]]
MakeProcess = Callable[..., Awaitable[OtherProcess]]
KEYS, ROUNDS, STEPS = 200, 5, 3
ARRIVED_S = 0.15  # invalidations leave within 25 ms; what is not there by now is lost


async def run(processes: list[OtherProcess], shop: Shop, seed: int) -> list[str]:
    """Races, then what is stale after all were told."""
    found = await asyncio.gather(
        *(p.ask(do="race", seed=seed + n, keys=KEYS, rounds=STEPS) for n, p in enumerate(processes))
    )
    await asyncio.sleep(ARRIVED_S)
    truth = await shop.versions()
    numbers = sorted(truth)
    wrong = [breach for breaches in found for breach in breaches]
    for n, process in enumerate(processes):
        seen = await process.ask(do="read", numbers=numbers)
        wrong += [f"process {n}, {k}: {s} for {truth[k]}" for k, s in zip(numbers, seen, strict=True) if s != truth[k]]
    return wrong


@pytest.mark.race
async def test_nothing_is_stale_after_races_of_two_processes(shops: MakeShop, processes: MakeProcess) -> None:
    two = [await processes(), await processes()]
    onlooker = await shops()
    for number in range(ROUNDS):
        assert await run(two, onlooker, seed=100 * number) == []
    truth = await onlooker.versions()
    newcomer = await processes()  # holds nothing itself: what it gives comes from the second level or the truth
    numbers = sorted(truth)
    assert await newcomer.ask(do="read", numbers=numbers) == [truth[number] for number in numbers]


@pytest.mark.race
async def test_the_race_is_one(shops: MakeShop, processes: MakeProcess) -> None:
    """Without the comparison of epochs the same race leaves stale pages, so the test above can fail."""
    two = [await processes("trusting"), await processes("trusting")]
    onlooker = await shops()
    stale: list[str] = []
    for number in range(ROUNDS):
        stale += await run(two, onlooker, seed=100 * number)
    assert stale


async def test_a_store_in_the_second_level_that_was_overtaken_is_refused(shops: MakeShop) -> None:
    slow, other = await shops(), await shops()
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    slow.pace = wait
    reading = asyncio.create_task(slow.read(1))
    await eventually(lambda: slow.asked == 1)
    await other.write(1)
    await asyncio.sleep(ARRIVED_S)
    gate.set()
    assert await reading == 0  # it began before the change
    await slow.cache.reads.settle()
    assert await slow.read(1) == 1
    assert await (await shops()).read(1) == 1
