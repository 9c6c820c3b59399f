"""Live updates through the real application: what a buyer does is heard by whoever may hear it."""

import asyncio
import uuid
from pathlib import Path
from typing import Any, Self

import msgspec

from surehold.platform.embedded import PostgresUrls
from surehold.platform.http.edge.asgi import ASGIApp
from tests.support.api import ORIGIN, client_of, running_api, settings_of
from tests.support.goods import put_on_sale

WAIT_S = 30.0


class Socket:
    """A WebSocket of a browser with these cookies, spoken in ASGI."""

    def __init__(self, app: ASGIApp, cookie: str) -> None:
        self._app, self._cookie = app, cookie
        self._to_app: asyncio.Queue[Any] = asyncio.Queue()
        self._from_app: asyncio.Queue[Any] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        headers = [(b"host", b"shop.test"), (b"origin", ORIGIN.encode()), (b"cookie", self._cookie.encode())]
        scope: Any = {"type": "websocket", "path": "/v1/ws", "raw_path": b"/v1/ws", "query_string": b"", "scheme": "ws"}
        scope |= {"headers": headers, "client": ("127.0.0.1", 1), "server": ("shop.test", 80), "state": {}}
        scope |= {"root_path": "", "subprotocols": [], "http_version": "1.1", "asgi": {"version": "3.0"}}
        self._task: asyncio.Task[None] = asyncio.ensure_future(self._app(scope, self._to_app.get, self._from_app.put))  # pyright: ignore[reportArgumentType]
        await self._to_app.put({"type": "websocket.connect"})
        assert (await self._next())["type"] == "websocket.accept"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._to_app.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(WAIT_S):
            await self._task

    async def subscribe(self, *topics: str) -> dict[str, Any]:
        text = msgspec.json.encode({"op": "subscribe", "topics": topics}).decode()
        await self._to_app.put({"type": "websocket.receive", "text": text})
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        return msgspec.json.decode((await self._next())["text"])

    async def _next(self) -> Any:
        async with asyncio.timeout(WAIT_S):
            return await self._from_app.get()


async def test_a_buyer_hears_of_stock_and_the_own_cart(
    database_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> None:
    (variant,) = put_on_sale(database_urls.owner, [5])
    async with running_api(settings_of(database_urls.app, valkey_url, tmp_path)) as app, client_of(app) as client:
        line = {"variant_id": str(variant), "quantity": 1}
        first = await client.post("/v1/cart/lines", json=line, headers={"origin": ORIGIN})
        assert first.is_success, first.text
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        async with Socket(app, cookie) as socket:
            refused = await socket.subscribe(f"order:{uuid.uuid4()}")
            assert (refused["code"], refused["status"]) == ("TOPIC_REFUSED", 403)
            topics = {f"variant:{variant}", "cart:me"}
            assert (await socket.subscribe(*sorted(topics)))["kind"] == "subscribed"
            added = await client.post("/v1/cart/lines", json=line, headers={"origin": ORIGIN})
            assert added.is_success, added.text
            heard: set[str] = set()
            while not topics <= heard:
                heard.add((await socket.hear()).get("topic", ""))
