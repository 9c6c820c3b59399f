"""Counts round trips on the wire: a proxy between the driver and PostgreSQL that counts each ReadyForQuery of the server."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_HEAD = struct.Struct("!cI")


class Wire:
    """A running proxy; `url` leads through it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.round_trips = 0


@asynccontextmanager
async def counted_wire(url: str, folder: Path) -> AsyncIterator[Wire]:
    """A proxy to the server of a URL (over its unix socket), on a socket in `folder`, which must have a short path."""
    target = conninfo_to_dict(url)
    name = f".s.PGSQL.{target.get('port') or 5432}"
    wire = Wire(make_conninfo(url, host=str(folder)))
    tasks: set[asyncio.Task[None]] = set()

    async def serve(client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(f"{target['host']}/{name}")
        tasks.update(
            {
                asyncio.create_task(_copy(client, to_server)),
                asyncio.create_task(_count(server, to_client, wire)),
            }
        )

    listening = await asyncio.start_unix_server(serve, str(folder / name))
    try:
        yield wire
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(65536):
            sink.write(data)
    finally:
        sink.close()


async def _count(source: asyncio.StreamReader, sink: asyncio.StreamWriter, wire: Wire) -> None:
    try:
        while True:
            head = await source.readexactly(_HEAD.size)
            kind, length = _HEAD.unpack(head)
            sink.write(head + await source.readexactly(length - 4))
            wire.round_trips += kind == b"Z"
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        sink.close()
