"""The small HTTP client against answers made by hand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from surehold.app.retail.wire import Connection, Target, WireError


@asynccontextmanager
async def answering(answers: Sequence[bytes]) -> AsyncIterator[tuple[Connection, list[bytes]]]:
    """A connection to a server that gives these answers in turn; and the heads of the requests it got."""
    left, heads = iter(answers), []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                heads.append(head)
                length = next((line for line in head.split(b"\r\n") if line.startswith(b"content-length")), b": 0")
                await reader.readexactly(int(length.partition(b":")[2]))
                answer = next(left)
                writer.write(answer)
                if b"connection: close" in answer or not answer.endswith(b"\n"):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    connection = Connection(Target("127.0.0.1", server.sockets[0].getsockname()[1], is_tls=False))
    try:
        yield connection, heads
    finally:
        connection.close()
        server.close()


async def test_answers_in_one_piece_in_chunks_and_without_a_body_come_over_one_connection():
    answers = [
        b'HTTP/1.1 200 OK\r\ncontent-length: 9\r\nSet-Cookie: a=1; Path=/\r\nset-cookie: b="2"\r\n\r\n{"a": 1}\n',
        b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n{"b":\r\n3\r\n 2}\r\n0\r\n\r\n',
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ]
    async with answering(answers) as (connection, heads):
        first = await connection.send("POST", "/x", {"cookie": "c=3"}, b"{}")
        second = await connection.send("GET", "/y", {})
        third = await connection.send("DELETE", "/z", {})
    assert (first.status, first.json(), dict(first.cookies)) == (200, {"a": 1}, {"a": "1", "b": "2"})
    assert (second.status, second.json()) == (201, {"b": 2})
    assert (third.status, third.body) == (204, b"")
    assert heads[0].startswith(b"POST /x HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"content-length: 2" in heads[0]
    assert b"cookie: c=3" in heads[0]
    assert b"content-length" not in heads[1]


async def test_a_closed_connection_is_opened_again():
    answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 1\r\n\r\n\n"
    async with answering([answer, answer]) as (connection, heads):
        assert [(await connection.send("GET", "/", {})).status for _ in range(2)] == [200, 200]
        assert len(heads) == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_answer_is_an_error(answer: bytes):
    async with answering([answer]) as (connection, _):
        with pytest.raises(WireError, match="GET /"):
            await connection.send("GET", "/", {})


async def test_a_body_that_is_no_json_object_is_an_error():
    async with answering([b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n[]\n"]) as (connection, _):
        with pytest.raises(WireError, match="no JSON object"):
            (await connection.send("GET", "/", {})).json()
