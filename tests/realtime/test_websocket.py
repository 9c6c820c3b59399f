"""The WebSocket on real servers: topics come and go, foreign pages and topics are refused, sessions end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import pytest
import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.realtime.people import ALICE_CART, ALICE_TOKEN, BOB_TOKEN, ORDER, OTHER_CART, VARIANT
from tests.realtime.server import WAIT_S, Server

Two = tuple[Server, Server]
SOCKETS = 6


@asynccontextmanager
async def socket(
    server: Server, *, token: str = ALICE_TOKEN, origin: str | None = None
) -> AsyncIterator[ClientConnection]:
    url = f"ws://127.0.0.1:{server.port}/v1/ws"
    headers = {"cookie": f"surehold_session={token}"}
    origin_header = None if origin is None else websockets.Origin(origin)
    async with connect(url, additional_headers=headers, origin=origin_header, open_timeout=WAIT_S) as connection:
        yield connection


async def say(connection: ClientConnection, op: str, *topics: str, **more: Any) -> dict[str, Any]:
    await connection.send(msgspec.json.encode({"op": op, "topics": topics, **more}).decode())
    return await hear(connection)


async def hear(connection: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(WAIT_S):
        return msgspec.json.decode(await connection.recv())


async def test_topics_come_and_go(two: Two) -> None:
    async with socket(two[0]) as connection:
        assert await say(connection, "subscribe", "cart:me", VARIANT) == {
            "kind": "subscribed",
            "topics": ["cart:me", VARIANT],
        }
        await two[1].hint(ALICE_CART, 100)
        assert (await hear(connection))["topic"] == "cart:me"
        assert (await say(connection, "unsubscribe", "cart:me"))["kind"] == "unsubscribed"
        await two[0].hint(ALICE_CART, 101)
        await two[0].hint(VARIANT, 100)
        assert (await hear(connection))["topic"] == VARIANT
        await say(connection, "subscribe", "cart:me", since={"cart:me": 100})
        assert (await hear(connection))["version"] == 101


async def test_foreign_topics_are_refused_and_the_socket_stays(two: Two) -> None:
    async with socket(two[0], token=BOB_TOKEN) as connection:
        answer = await say(connection, "subscribe", VARIANT, ORDER)
        assert (answer["kind"], answer["code"], answer["status"]) == ("error", "TOPIC_REFUSED", 403)
        assert answer["topics"] == [ORDER]
        await two[0].hint(ORDER, 1)
        await say(connection, "subscribe", VARIANT)
        await two[0].hint(VARIANT, 200)
        assert (await hear(connection))["topic"] == VARIANT


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", '{"op":"subscribe"}', '{"op":"other","topics":["a:b"]}', "x" * 20_000, b"\x00", "[" * 5_000],
)
async def test_nonsense_is_answered(two: Two, text: str | bytes) -> None:
    async with socket(two[0]) as connection:
        await connection.send(text)
        assert (await hear(connection))["code"] == "MESSAGE_INVALID"


async def test_a_foreign_page_gets_no_socket(two: Two) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(two[0], origin="https://evil.example"):
            pass
    assert refused.value.response.status_code == 403
    for origin in ("https://shop.example", f"http://127.0.0.1:{two[0].port}"):
        async with socket(two[0], origin=origin) as connection:
            await say(connection, "subscribe", VARIANT)


async def closed(connection: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as end:  # noqa: PT012  whatever still comes is read first
        while True:
            await hear(connection)
    assert end.value.rcvd is not None
    return end.value.rcvd.code


async def test_who_talks_too_much_is_told_and_closed(two: Two) -> None:
    async with socket(two[0]) as connection:
        for _ in range(121):
            await connection.send('{"op":"unsubscribe","topics":["cart:me"]}')
        assert await closed(connection) == 1008


async def test_sockets_count_as_streams(two: Two) -> None:
    connections = [await connect(f"ws://127.0.0.1:{two[0].port}/v1/ws", additional_headers=_bob()) for _ in range(17)]
    assert (await hear(connections[16]))["code"] == "STREAM_LIMIT"
    assert await closed(connections[16]) == 1013
    for connection in connections:
        await connection.close()


async def test_an_ended_session_ends_its_streams_and_a_moved_cart_is_followed(valkey_url: str) -> None:
    server = Server(valkey_url, {"recheck_s": 0.1, "heartbeat_s": 0.2})
    try:
        await server.ready()
        async with socket(server) as alice, socket(server, token=BOB_TOKEN) as bob:
            await say(alice, "subscribe", "cart:me")
            await say(bob, "subscribe", VARIANT)
            assert (await hear(bob))["kind"] == "beat"
            await server.tell("/move-carts")
            heard = await hear(alice)
            while heard["kind"] != "resync":
                heard = await hear(alice)
            assert heard["topics"] == ["cart:me"]
            await server.hint(OTHER_CART, 900)
            while heard["kind"] != "changed":
                heard = await hear(alice)
            assert (heard["topic"], heard["version"]) == ("cart:me", 900)
            await server.tell("/end-session", BOB_TOKEN)
            assert await closed(bob) == 4401
            await server.tell("/away")
            while heard["kind"] != "beat":
                heard = await hear(alice)
    finally:
        server.stop()


async def test_who_listens_is_told_that_the_process_ends(valkey_url: str) -> None:
    """The server would cut sockets without a word: it hears of the signal only when all have said goodbye."""
    server = Server(valkey_url)
    try:
        await server.ready()
        async with AsyncExitStack() as open_sockets:
            connections = [await open_sockets.enter_async_context(socket(server)) for _ in range(SOCKETS)]
            for connection in connections:
                await say(connection, "subscribe", VARIANT)
            server.process.terminate()
            for connection in connections:
                heard = await hear(connection)
                while heard["kind"] != "end":
                    heard = await hear(connection)
                assert heard["reason"] == "drain"
                assert await closed(connection) == 1001
        assert await asyncio.to_thread(server.process.wait, WAIT_S) == 0
    finally:
        server.stop()


async def test_an_open_socket_does_not_keep_a_process_from_ending(valkey_url: str) -> None:
    """Also one whose client takes nothing any more."""
    server = Server(valkey_url, {"send_timeout_s": 3600})
    try:
        await server.ready()
        async with socket(server) as connection:
            await say(connection, "subscribe", VARIANT)
            connection.transport.pause_reading()
            for version in range(1, 40):
                await server.hint(VARIANT, version, filler="x" * 200_000)
            server.process.terminate()
            assert await asyncio.to_thread(server.process.wait, WAIT_S) == 0
            connection.transport.abort()
    finally:
        server.stop()


def _bob() -> dict[str, str]:
    return {"cookie": f"surehold_session={BOB_TOKEN}"}
