"""What each hot endpoint costs on the wire, BEGIN and COMMIT included, and that more lines do not cost more."""

import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest

from surehold.platform.db import PoolSettings
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http.edge.asgi import ASGIApp
from tests.support.api import client_of, running_api, settings_of, sign_up
from tests.support.goods import put_on_sale
from tests.support.wire import Wire, counted_wire

FEW, MANY = 1, 50
WARMING_READS = 3
ONE_CONNECTION = PoolSettings(min_size=1, max_size=1, acquire_timeout_s=30.0)
"""A connection prepares a statement once, which is a trip of its own: with one connection, a few reads warm the whole pool."""
PRODUCT_READ, CART_READ, CART_READ_SIGNED_IN, ADD_TO_CART, PLACE_ORDER = 0, 1, 2, 2, 12
ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 Harbour St",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
}
STEPS = {
    "shipping": {"email": "ada@example.com", "address": ADDRESS, "method": "standard"},
    "payment": {"method": "pay_on_delivery"},
}


@dataclass(frozen=True)
class Counted:
    """The application behind a counting wire, and things to buy."""

    app: ASGIApp
    wire: Wire
    variants: list[UUID]

    async def cost(self, client: httpx.AsyncClient, method: str, path: str, **sent: object) -> int:
        """Round trips of one request that succeeds."""
        before = self.wire.round_trips
        answer = await client.request(method, path, **sent)  # pyright: ignore[reportArgumentType]
        assert answer.is_success, answer.text
        return self.wire.round_trips - before

    async def reading_cost(self, client: httpx.AsyncClient, path: str) -> int:
        """Of a read once its statements are prepared."""
        for _ in range(WARMING_READS):
            await self.cost(client, "GET", path)
        return await self.cost(client, "GET", path)


@pytest.fixture(scope="module")
async def counted(
    database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Counted]:
    variants = put_on_sale(database_urls.owner, [100_000] * MANY)
    with tempfile.TemporaryDirectory(prefix="wire") as short:
        async with counted_wire(database_urls.app, Path(short)) as wire:
            settings = settings_of(wire.url, valkey_url, tmp_path_factory.mktemp("shop"))
            async with running_api(msgspec.structs.replace(settings, db=ONE_CONNECTION)) as app:
                yield Counted(app, wire, variants)


def lines(counted: Counted, count: int) -> dict[str, object]:
    return {"lines": [{"variant_id": str(variant), "quantity": 2} for variant in counted.variants[:count]]}


@asynccontextmanager
async def buyer(counted: Counted, count: int) -> AsyncIterator[httpx.AsyncClient]:
    """A guest with so many lines in the cart."""
    async with client_of(counted.app) as client:
        assert (await client.post("/v1/cart/lines", json=lines(counted, count))).status_code == 200
        yield client


async def test_a_product_is_read_from_memory(counted: Counted) -> None:
    async with client_of(counted.app) as client:
        listing = await client.get("/v1/products")
        path = f"/v1/products/{listing.json()['items'][0]['slug']}"
        for read in (path, "/v1/products"):
            await client.get(read)
        assert await counted.cost(client, "GET", path) == PRODUCT_READ
        assert await counted.cost(client, "GET", "/v1/products") == PRODUCT_READ


@pytest.mark.parametrize("count", [FEW, MANY])
async def test_a_cart_is_read_in_one(counted: Counted, count: int) -> None:
    async with buyer(counted, count) as client:
        assert await counted.reading_cost(client, "/v1/cart") == CART_READ
        await sign_up(client)
        assert await counted.reading_cost(client, "/v1/cart") <= CART_READ_SIGNED_IN


@pytest.mark.parametrize("count", [FEW, MANY])
async def test_adding_to_a_cart_costs_at_most_two(counted: Counted, count: int) -> None:
    async with client_of(counted.app) as client:
        assert await counted.cost(client, "POST", "/v1/cart/lines", json=lines(counted, count)) <= ADD_TO_CART
        assert await counted.cost(client, "POST", "/v1/cart/lines", json=lines(counted, count)) <= ADD_TO_CART
        one = {"variant_id": str(counted.variants[0])}
        assert await counted.cost(client, "POST", "/v1/cart/lines", json=one) <= ADD_TO_CART


@pytest.mark.parametrize("count", [FEW, MANY])
async def test_adding_costs_no_more_for_who_is_signed_in(counted: Counted, count: int) -> None:
    async with buyer(counted, FEW) as client:
        await sign_up(client)
        await counted.reading_cost(client, "/v1/cart")
        await counted.cost(
            client, "POST", "/v1/cart/lines", json=lines(counted, count)
        )  # both prepare their statements
        for _ in range(2):
            assert await counted.cost(client, "POST", "/v1/cart/lines", json=lines(counted, count)) <= ADD_TO_CART


@pytest.mark.parametrize("signed_in", [False, True])
async def test_placing_an_order_costs_at_most_twelve_however_many_lines(counted: Counted, *, signed_in: bool) -> None:
    await _place(counted, FEW, signed_in=signed_in)  # prepares the statements
    costs = [await _place(counted, count, signed_in=signed_in) for count in (FEW, MANY)]
    assert costs[0] <= PLACE_ORDER
    assert costs[0] == costs[1]


async def _place(counted: Counted, count: int, *, signed_in: bool) -> int:
    async with buyer(counted, count) as client:
        if signed_in:
            await sign_up(client)
        opened = await client.post("/v1/checkouts", json=STEPS)
        assert opened.status_code == 200, opened.text
        path = f"/v1/checkouts/{opened.json()['id']}/place"
        return await counted.cost(client, "POST", path, headers={"idempotency-key": uuid.uuid4().hex})
