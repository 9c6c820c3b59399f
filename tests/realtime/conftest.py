from collections.abc import AsyncIterator

import pytest

from tests.realtime.server import Server


@pytest.fixture(scope="module")
async def two(valkey_url: str) -> AsyncIterator[tuple[Server, Server]]:
    """Two processes of one shop."""
    settings = {"clock_skew_s": 0.0}  # one machine, one clock
    servers = (Server(valkey_url, settings), Server(valkey_url, settings))
    try:
        for server in servers:
            await server.ready()
        yield servers
    finally:
        for server in servers:
            server.stop()
