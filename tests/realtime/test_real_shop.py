"""Live updates of a real shop, in a process of its own and through its edge: heard by whoever may hear them, and by nobody else."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import websockets

from surehold.app.settings import Settings
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from tests.realtime.server import WAIT_S, Events
from tests.support.api import environment_of, make_staff, served_api, settings_of, sign_in, sign_up
from tests.support.buyers import SHIPPING
from tests.support.goods import put_on_sale

STEPS = {"shipping": SHIPPING, "payment": {"method": "pay_on_delivery"}}


@dataclass
class Shop:
    """A served shop with one thing on sale."""

    url: str
    settings: Settings
    variant: UUID

    def person(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, timeout=WAIT_S)

    async def staff(self, client: httpx.AsyncClient, role: Role) -> None:
        await sign_in(client, *await make_staff(self.settings, role))

    async def follow(self, client: httpx.AsyncClient | None, *topics: str, **headers: str) -> Events:
        """Server-sent events as this person's browser asks for them."""
        _, _, port = self.url.rpartition(":")
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        named = {"host": f"127.0.0.1:{port}", **headers}
        if client is not None:
            named["cookie"] = cookie_of(client)
        lines = [f"GET /v1/events?topics={','.join(topics)} HTTP/1.1", *(f"{k}: {v}" for k, v in named.items())]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        stream = Events(reader, writer)
        async with asyncio.timeout(WAIT_S):
            await stream.head()
        return stream


def cookie_of(client: httpx.AsyncClient) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


@pytest.fixture(scope="module")
async def shop(
    database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("shop")
    [variant] = put_on_sale(database_urls.owner, [10_000])
    environment = environment_of(database_urls.app, valkey_url, folder)
    async with served_api(environment, folder / "server.log") as url:
        yield Shop(url, settings_of(database_urls.app, valkey_url, folder), variant)


async def add(client: httpx.AsyncClient, variant: UUID) -> dict[str, Any]:
    answer = await client.post("/v1/cart/lines", json={"variant_id": str(variant), "quantity": 1})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def order(client: httpx.AsyncClient, variant: UUID) -> tuple[str, str]:
    """A confirmed order: its id, and the token that opens it."""
    await add(client, variant)
    opened = await client.post("/v1/checkouts", json=STEPS)
    path = f"/v1/checkouts/{opened.json()['id']}/place"
    placed = await client.post(path, json={}, headers={"idempotency-key": uuid.uuid4().hex})
    assert placed.status_code == 201, placed.text
    return placed.json()["order"]["id"], placed.json()["order_token"]


async def cancel(client: httpx.AsyncClient, order_id: str) -> int:
    """Out goes the version that it has now."""
    path = f"/v1/orders/{order_id}/cancel"
    answer = await client.post(path, json={}, headers={"idempotency-key": uuid.uuid4().hex})
    assert answer.status_code == 200, answer.text
    return int((await client.get(f"/v1/orders/{order_id}")).json()["version"])


async def hint_of(stream: Events, topic: str) -> dict[str, Any]:
    """The next hint about a topic."""
    while (event := await stream.read()) is not None:
        if event.get("topic") == topic:
            return event
    raise AssertionError("the stream has ended")


@asynccontextmanager
async def socket(shop: Shop, client: httpx.AsyncClient, *topics: str) -> AsyncIterator[websockets.ClientConnection]:
    """A WebSocket of this person's browser that follows topics."""
    headers = {"cookie": cookie_of(client), "origin": shop.url}
    async with websockets.connect(f"{shop.url.replace('http', 'ws')}/v1/ws", additional_headers=headers) as open_socket:
        await open_socket.send(msgspec.json.encode({"op": "subscribe", "topics": topics}).decode())
        subscribed = msgspec.json.decode(await asyncio.wait_for(open_socket.recv(), WAIT_S))
        assert subscribed["kind"] == "subscribed", subscribed
        yield open_socket


async def test_a_change_comes_to_server_sent_events_and_to_a_websocket(shop: Shop) -> None:
    """What one buyer does, another sees of the variant; the buyer's other device sees the cart."""
    thing = f"variant:{shop.variant}"
    async with shop.person() as buyer, shop.person() as passer_by:
        await add(buyer, shop.variant)
        own, others = await shop.follow(buyer, thing, "cart:me"), await shop.follow(passer_by, thing)
        assert (own.status, own.headers["content-type"]) == (200, "text/event-stream")
        assert (own.headers["x-content-type-options"], own.headers["cache-control"]) == ("nosniff", "no-store")
        for stream in (own, others):
            await stream.expect("subscribed")
        async with socket(shop, buyer, thing, "cart:me") as device:
            cart = await add(buyer, shop.variant)
            assert (await hint_of(own, "cart:me"))["version"] == cart["version"]
            assert (await hint_of(others, thing))["topic"] == thing
            heard: dict[str, int] = {}
            while heard.keys() != {thing, "cart:me"}:
                message = msgspec.json.decode(await asyncio.wait_for(device.recv(), WAIT_S))
                heard[message["topic"]] = message["version"]
            assert heard["cart:me"] == cart["version"]
        for stream in (own, others):
            stream.close()


@pytest.mark.parametrize("who", ["account", "guest", "token", "support", "operations"])
async def test_whoever_may_read_an_order_follows_its_status(shop: Shop, who: str) -> None:
    async with shop.person() as buyer, shop.person() as other:
        if who == "account":
            await sign_up(buyer)
        order_id, token = await order(buyer, shop.variant)
        topic = f"order:{order_id}"
        if who in {"support", "operations"}:
            await shop.staff(other, Role(who))
        headers = {"order-token": token} if who == "token" else {}
        stream = await shop.follow(buyer if who in {"account", "guest"} else other, topic, **headers)
        assert stream.status == 200
        await stream.expect("subscribed")
        version = await cancel(buyer, order_id)
        told = await hint_of(stream, topic)
        assert (told["kind"], told["version"]) == ("cancelled", version)
        stream.close()


@pytest.mark.parametrize("who", ["stranger", "guest", "account", "catalogue", "wrong token"])
async def test_nobody_else_follows_it(shop: Shop, who: str) -> None:
    """Refused in the same words as an order that does not exist."""
    async with shop.person() as buyer, shop.person() as other:
        order_id, token = await order(buyer, shop.variant)
        if who == "guest":
            await add(other, shop.variant)
        elif who == "account":
            await sign_up(other)
        elif who == "catalogue":
            await shop.staff(other, Role.CATALOGUE)
        headers = {"order-token": token[::-1]} if who == "wrong token" else {}
        refusals = [
            await shop.follow(other, topic, **headers) for topic in (f"order:{order_id}", f"order:{uuid.uuid4()}")
        ]
        problems = [(stream.status, await stream.body()) for stream in refusals]
        assert [(status, body["code"]) for status, body in problems] == [(403, "TOPIC_REFUSED")] * 2
        assert problems[0][1]["detail"] == problems[1][1]["detail"]
        for stream in refusals:
            stream.close()


async def test_how_many_carts_hold_a_variant(shop: Shop, database_urls: PostgresUrls) -> None:
    [variant] = put_on_sale(database_urls.owner, [5])
    path = f"/v1/variants/{variant}/live"
    async with shop.person() as one, shop.person() as two:
        assert [(await one.get(path)).json()[name] for name in ("carts_holding", "available")] == [0, 5]
        await add(one, variant)
        await add(one, variant)
        await add(two, variant)
        live = (await one.get(path)).json()
        assert (live["carts_holding"], live["available"]) == (2, 2)
        assert (await two.delete("/v1/cart")).is_success
        live = (await one.get(path)).json()
        assert (live["carts_holding"], live["available"]) == (1, 3)
