"""Server-sent events on real servers: across processes, refused, resumed, capped."""

import asyncio
import uuid

import pytest

from tests.realtime.people import ALICE_CART, BOB_TOKEN, FOREIGN_ORDER, ORDER, VARIANT
from tests.realtime.server import Server, events, until

Two = tuple[Server, Server]


def some_variant() -> str:
    return f"variant:{uuid.uuid4()}"


async def test_a_hint_reaches_clients_of_every_process(two: Two) -> None:
    here, there = two
    streams = [await events(server, [VARIANT, "cart:me"]) for server in two]
    for stream in streams:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream"
        assert (await stream.expect("subscribed"))["topics"] == [VARIANT, "cart:me"]
    await here.hint(VARIANT, 7, "stock", available=3)
    await there.hint(ALICE_CART, 2)
    for stream in streams:
        got = [await stream.read(), await stream.read()]
        assert {"topic": VARIANT, "version": 7, "kind": "stock", "data": {"available": 3}} in got
        assert {"topic": "cart:me", "version": 2, "kind": "changed", "data": {}} in got
        stream.close()


async def test_an_older_version_is_not_told_after_a_newer_one(two: Two) -> None:
    variant = some_variant()
    stream = await events(two[1], [variant])
    await stream.expect("subscribed")
    for version in (5, 4, 5, 6):
        await two[0].hint(variant, version)
    assert [(await stream.expect("changed"))["version"] for _ in range(2)] == [5, 6]
    stream.close()


async def test_foreign_topics_are_refused_before_the_stream_starts(two: Two) -> None:
    for token, topics in ((BOB_TOKEN, [VARIANT, ORDER]), (BOB_TOKEN, ["cart:me"]), ("", ["cart:me"])):
        stream = await events(two[0], topics, token=token)
        problem = await stream.body()
        assert (stream.status, problem["code"]) == (403, "TOPIC_REFUSED")
        assert stream.headers["content-type"] == "application/problem+json"
        assert problem["topics"] == topics[-1:]
        stream.close()
    stream = await events(two[0], [FOREIGN_ORDER])
    assert stream.status == 403
    stream.close()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "topics=",
        "topics=NO%20TOPIC",
        "topics=cart:me&topics=cart:me",
        "topics=cart:me&other=1",
        "topics=cart:me&since=nonsense",
        "topics=cart:me&since=cart:me@-1",
        "topics=" + ",".join(f"variant:{number}" for number in range(65)),
        "topics=%FF",
    ],
)
async def test_what_cannot_be_read_is_a_problem(two: Two, query: str) -> None:
    stream = await events(two[0], [], query=query or "x=1")
    assert stream.status == 422
    assert (await stream.body())["code"] in {"TOPIC_INVALID", "INVALID_INPUT"}
    stream.close()


async def test_whoever_comes_back_gets_what_was_missed_on_another_process(two: Two) -> None:
    here, there = two
    variant, other = some_variant(), some_variant()
    first = some_variant()
    stream = await events(here, [variant, other, first])
    await stream.expect("subscribed")
    await here.hint(variant, 1)
    await stream.expect("changed")
    await there.hint(first, 1)
    await stream.expect("changed")
    stream.close()
    for version in (2, 3):
        await here.hint(variant, version)
    marker = some_variant()
    follower = await events(there, [marker])
    await follower.expect("subscribed")
    await here.hint(marker, 1)
    await follower.expect("changed")
    back = await events(there, [first, other, variant], last_id=stream.last_id)
    await back.expect("subscribed")
    missed = [await back.expect("changed") for _ in range(2)]
    assert [(hint["topic"], hint["version"]) for hint in missed] == [(variant, 2), (variant, 3)]
    back.close()
    follower.close()


async def test_versions_read_by_other_means_are_continued(two: Two) -> None:
    variant = some_variant()
    for version in (4, 5, 6):
        await two[0].hint(variant, version)
    stream = await events(two[0], [variant], since=f"{variant}@5")
    await stream.expect("subscribed")
    assert (await stream.expect("changed"))["version"] == 6
    stream.close()


async def test_who_was_away_longer_than_is_remembered_refetches(two: Two) -> None:
    variant = some_variant()
    for version in range(1, 41):  # 32 are kept
        await two[0].hint(variant, version)
    for since in (f"{variant}@3", f"{some_variant()}@1,{variant}@1"):
        stream = await events(two[0], [variant], since=since)
        await stream.expect("subscribed")
        assert (await stream.expect("resync"))["topics"] == [variant]
        stream.close()
    stream = await events(two[0], [variant], last_id="made.up.id")
    await stream.expect("subscribed")
    assert (await stream.expect("resync"))["topics"] == [variant]
    stream.close()


async def test_places_are_given_back_when_clients_leave(two: Two) -> None:
    async def nobody_is_left() -> bool:
        return (await two[1].tell("/status"))["streams"] == 0

    await until(nobody_is_left)
    tasks = (await two[1].tell("/status"))["tasks"]
    streams = [await events(two[1], [VARIANT]) for _ in range(17)]
    assert [stream.status for stream in streams] == [200] * 16 + [429]
    assert (await streams[16].body())["code"] == "STREAM_LIMIT"
    assert "retry-after" in streams[16].headers
    other = await events(two[1], [VARIANT], token=BOB_TOKEN)
    assert other.status == 200
    for stream in (*streams, other):
        stream.close()
    await until(nobody_is_left)
    assert (await two[1].tell("/status"))["tasks"] <= tasks + 1


async def test_streams_end_when_the_process_does(valkey_url: str) -> None:
    server = Server(valkey_url)
    try:
        await server.ready()
        streams = [await events(server, [VARIANT]) for _ in range(3)]
        for stream in streams:
            await stream.expect("subscribed")
        ended = asyncio.create_task(asyncio.to_thread(server.terminate))
        for stream in streams:
            assert (await stream.expect("end"))["reason"] == "drain"
            assert await stream.read() is None
            stream.close()
        await ended
    finally:
        server.stop()
