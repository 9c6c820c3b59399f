"""Waking through Valkey: prompt when it is there, harmless when it is not."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from valkey.asyncio import Valkey

from surehold.platform.embedded import EmbeddedValkey
from surehold.platform.events import DeliveryLimits, ValkeyWaker, WakeListener
from tests.events.conftest import Bench, Recorder, until


@pytest.fixture
async def valkey(valkey_url: str) -> AsyncIterator[Valkey]:
    client: Valkey = Valkey.from_url(valkey_url, socket_timeout=10, socket_connect_timeout=1)
    yield client
    await client.aclose()


async def test_a_wake_up_is_faster_than_polling(bench: Bench, valkey: Valkey) -> None:
    recorder, stop = Recorder(), asyncio.Event()
    await bench.subscribe(*recorder.reactions())
    waker = ValkeyWaker(valkey)
    patient = DeliveryLimits(poll_s=3600)
    running = asyncio.create_task(
        bench.deliveries(recorder.reactions(), patient, listener=WakeListener(valkey)).run(stop)
    )

    async def listening() -> bool:
        return (await valkey.pubsub_numsub("surehold:wake"))[0][1] == 1

    await until(listening)
    await bench.emit(uuid4(), 1)
    waker.wake()
    await until(lambda: recorder.seen == [1])
    stop.set()
    await running
    await waker.close()


async def test_many_wake_ups_become_few_messages(valkey: Valkey) -> None:
    waker, stop, heard = ValkeyWaker(valkey, "surehold:tests"), asyncio.Event(), list[int]()
    listener = asyncio.create_task(WakeListener(valkey, "surehold:tests").run(lambda: heard.append(1), stop))

    async def listening() -> bool:
        return (await valkey.pubsub_numsub("surehold:tests"))[0][1] == 1

    await until(listening)
    for _ in range(1000):
        waker.wake()
    await waker.close()
    await until(lambda: len(heard) == 1)
    waker.wake()
    await waker.close()
    await until(lambda: len(heard) == 2)
    stop.set()
    await listener


async def test_without_valkey_polling_finds_it(bench: Bench, valkey_server: EmbeddedValkey, valkey: Valkey) -> None:
    recorder, stop = Recorder(), asyncio.Event()
    await bench.subscribe(*recorder.reactions())
    waker = ValkeyWaker(valkey)
    valkey_server.kill()
    try:
        running = asyncio.create_task(bench.deliveries(recorder.reactions(), listener=WakeListener(valkey)).run(stop))
        await bench.emit(uuid4(), 1)
        waker.wake()
        await until(lambda: recorder.seen == [1])
        await waker.close()
        stop.set()
        await running
    finally:
        valkey_server.start()
