"""What an account takes along: all of its own, nothing of anybody else's, and nothing that opens a door."""

import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.support.api import client_of, running_api, settings_of
from tests.support.buyers import SHIPPING
from tests.support.goods import put_on_sale


@pytest.fixture
async def clients(
    database_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with running_api(settings_of(database_urls.app, valkey_url, tmp_path)) as app:
        both = [client_of(app), client_of(app)]
        yield both
        for client in both:
            await client.aclose()


async def sign_up(client: httpx.AsyncClient, name: str) -> str:
    email = f"{uuid.uuid4().hex}@shop.test"
    answer = await client.post("/v1/accounts", json={"email": email, "password": uuid.uuid4().hex, "name": name})
    assert answer.status_code == 201, answer.text
    return email


async def buy(client: httpx.AsyncClient, variant: uuid.UUID, email: str) -> dict[str, Any]:
    assert (await client.post("/v1/cart/lines", json={"variant_id": str(variant), "quantity": 1})).status_code == 200
    steps = {"shipping": {**SHIPPING, "email": email}, "payment": {"method": "pay_on_delivery"}}
    checkout = (await client.post("/v1/checkouts", json=steps)).json()["id"]
    placed = await client.post(
        f"/v1/checkouts/{checkout}/place", json={}, headers={"idempotency-key": str(uuid.uuid4())}
    )
    assert placed.status_code == 201, placed.text
    return placed.json()


async def exported(client: httpx.AsyncClient, **parameters: object) -> dict[str, Any]:
    answer = await client.get("/v1/me/export", params={name: str(value) for name, value in parameters.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].startswith("attachment")
    return answer.json()


async def test_all_of_ones_own_and_nothing_else(clients: list[httpx.AsyncClient], database_urls: PostgresUrls) -> None:
    [variant] = put_on_sale(database_urls.owner, [50])
    ada, eve = clients
    email = await sign_up(ada, "Ada Byron")
    await buy(eve, variant, await sign_up(eve, "Eve Mallory"))
    empty = await exported(ada)
    assert (empty["account"]["email"], empty["orders"], empty["cart"], empty["checkout"]) == (email, [], None, None)

    placed = [await buy(ada, variant, email) for _ in range(2)]
    await ada.post("/v1/me/addresses", json={"address": SHIPPING["address"]})
    await ada.post("/v1/cart/lines", json={"variant_id": str(variant), "quantity": 3})
    await ada.post("/v1/checkouts", json={"shipping": {**SHIPPING, "email": email}})
    whole = await exported(ada)
    assert [order["id"] for order in whole["orders"]] == [one["order"]["id"] for one in reversed(placed)]
    for part, path in (
        ("account", "/v1/me"),
        ("cart", "/v1/cart"),
        ("checkout", f"/v1/checkouts/{whole['checkout']['id']}"),
    ):
        assert whole[part].keys() == (await ada.get(path)).json().keys()
    assert whole["orders"][0] == (await ada.get(f"/v1/orders/{placed[1]['order']['id']}")).json()
    assert whole["addresses"] == (await ada.get("/v1/me/addresses")).json()["addresses"]
    assert whole["sessions"] == (await ada.get("/v1/me/sessions")).json()["sessions"]
    assert whole["cart"]["lines"][0]["quantity"] == 3
    text = json.dumps(whole)
    for foreign in ("Mallory", placed[0]["order_token"], *ada.cookies.values()):
        assert foreign not in text


async def test_many_orders_come_in_pages(
    clients: list[httpx.AsyncClient], database_urls: PostgresUrls, db: Database
) -> None:
    [variant] = put_on_sale(database_urls.owner, [50])
    ada, eve = clients
    email = await sign_up(ada, "Ada Byron")
    await sign_up(eve, "Eve Mallory")
    placed = [(await buy(ada, variant, email))["order"]["id"] for _ in range(3)]
    await db.execute(
        "insert into notifications.messages (id, kind, subject_type, subject_id, state, ended_at)"
        " values (%s, 'order_confirmed', 'order', %s, 'sent', clock_timestamp())",
        (uuid.uuid4(), placed[0]),
    )
    first = await exported(ada, limit=2)
    last = await exported(ada, limit=2, cursor=first["next_cursor"])
    assert [order["id"] for page in (first, last) for order in page["orders"]] == placed[::-1]
    assert (first["letters"], last["next_cursor"]) == ([], None)
    assert [(letter["order_id"], letter["state"]) for letter in last["letters"]] == [(placed[0], "sent")]
    assert (await eve.get("/v1/me/export", params={"cursor": first["next_cursor"]})).status_code == 422


async def test_only_for_who_is_signed_in(clients: list[httpx.AsyncClient]) -> None:
    assert (await clients[0].get("/v1/me/export")).status_code == 401
