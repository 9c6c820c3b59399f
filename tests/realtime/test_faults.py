"""What clients hear of a Valkey that went away, of a process that was killed, and what a client that reads nothing costs."""

import asyncio
import os
import signal
from pathlib import Path

from tests.realtime.people import VARIANT
from tests.realtime.server import Server, events, until
from tests.support.services import running_valkey


async def test_after_valkey_was_away_everybody_refetches(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as (valkey, url):
        servers = [Server(url), Server(url)]
        try:
            for server in servers:
                await server.ready()
            streams = [await events(server, [VARIANT]) for server in servers]
            for stream in streams:
                await stream.expect("subscribed")
            await asyncio.to_thread(valkey.kill)
            await servers[0].hint(VARIANT, 5)
            assert (await streams[0].expect("changed"))["version"] == 5  # this process needs no Valkey for its own
            assert await asyncio.to_thread(valkey.start) == url
            for stream in streams:
                resync = await stream.expect("resync")
                assert (resync["topics"], resync["spread_ms"]) == ([VARIANT], 3000)
            for server in servers:
                await server.ready()
            await servers[0].hint(VARIANT, 6)
            for stream in streams:
                assert (await stream.expect("changed"))["version"] == 6
                stream.close()
        finally:
            for server in servers:
                server.stop()


async def test_a_killed_process_may_have_had_something_to_say(valkey_url: str) -> None:
    server, doomed = Server(valkey_url), Server(valkey_url)
    try:
        await server.ready()
        await doomed.ready()
        stream = await events(server, [VARIANT])
        await stream.expect("subscribed")
        await doomed.hint(VARIANT, 1)
        await stream.expect("changed")
        worker = (await doomed.tell("/status"))["pid"]
        os.kill(worker, signal.SIGKILL)
        assert (await stream.expect("resync"))["topics"] == [VARIANT]
        stream.close()
    finally:
        doomed.stop()
        server.stop()


async def test_a_client_that_reads_nothing_is_let_go_and_delays_nobody(valkey_url: str) -> None:
    server = Server(valkey_url, {"send_timeout_s": 0.5, "max_waiting_hints": 8})
    try:
        await server.ready()
        stuck, quick = await events(server, [VARIANT]), await events(server, [VARIANT])
        await quick.expect("subscribed")
        version = 0

        async def is_let_go() -> bool:
            nonlocal version
            version += 1
            await server.hint(VARIANT, version, filler="x" * 200_000)
            assert (await quick.expect("changed"))["version"] == version
            return (await server.tell("/status"))["counts"]["slow"] == 1

        await until(is_let_go)
        assert (await server.tell("/status"))["streams"] == 1
        stuck.close()
        quick.close()
    finally:
        server.stop()
