"""The routes, over the whole application, and the worker of the shop that sends what they ask for."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from surehold.app.settings import Settings
from surehold.app.work import build_worker
from surehold.app.worker.run import run_worker
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from tests.events.conftest import until
from tests.support.api import client_of, make_staff, problem, running_api, settings_of, sign_in
from tests.support.goods import put_on_sale
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.spec import verify

PATH = "/v1/admin/webhooks"


@pytest.fixture(scope="module")
async def settings(database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made = settings_of(database_urls.app, valkey_url, tmp_path_factory.mktemp("shop"))
    return msgspec.structs.replace(made, core=msgspec.structs.replace(made.core, env="development"))


@pytest.fixture(scope="module")
async def admin(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with running_api(settings) as app, client_of(app) as client:
        await sign_in(client, *await make_staff(settings, Role.ADMIN))
        yield client


def key() -> dict[str, str]:
    return {"idempotency-key": uuid.uuid4().hex}


async def add(admin: httpx.AsyncClient, url: str, **body: Any) -> tuple[dict[str, Any], str]:
    answer = await admin.post(PATH, json={"url": url, **body}, headers=key())
    assert answer.status_code == 201, answer.text
    return answer.json()["webhook"], answer.json()["secret"]


async def test_a_secret_is_shown_once_and_a_repeat_makes_no_second_endpoint(admin: httpx.AsyncClient) -> None:
    headers, body = key(), {"url": "https://hooks.example.org/once"}
    first, again = [await admin.post(PATH, json=body, headers=headers) for _ in range(2)]
    assert first.content == again.content
    assert first.json()["secret"].startswith("whsec_")
    made = first.json()["webhook"]
    listed = (await admin.get(PATH)).json()["webhooks"]
    assert [one["id"] for one in listed if one["url"] == body["url"]] == [made["id"]]
    shown = await admin.get(f"{PATH}/{made['id']}")
    assert shown.headers["etag"] == first.headers["etag"] == '"v1"'
    assert "whsec_" not in shown.text + str(listed)
    assert (await admin.post(PATH, json={"url": "https://hooks.example.org/other"}, headers=headers)).status_code == 422
    assert problem(await admin.post(PATH, json=body))["code"] == "IDEMPOTENCY_KEY_MISSING"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://hooks.example.org/"}, "WEBHOOK_URL_REFUSED"),
        ({"url": "https://10.0.0.1/"}, "WEBHOOK_URL_REFUSED"),
        ({"url": "https://hooks.example.org/", "events": []}, "INVALID_INPUT"),
        ({"url": "https://hooks.example.org/", "events": ["cart.lines_changed.v1"]}, "INVALID_INPUT"),
        ({"url": "https://hooks.example.org/", "secret": "whsec_mine"}, "INVALID_INPUT"),
    ],
)
async def test_what_is_refused(admin: httpx.AsyncClient, body: dict[str, Any], code: str) -> None:
    answer = await admin.post(PATH, json=body, headers=key())
    assert (answer.status_code, problem(answer)["code"]) == (422, code)


async def test_changing_asks_for_the_version(admin: httpx.AsyncClient) -> None:
    made, _ = await add(admin, "https://hooks.example.org/change")
    path, body = f"{PATH}/{made['id']}", {"url": made["url"], "events": None, "enabled": False}
    assert (await admin.put(path, json=body)).status_code == 428
    changed = await admin.put(path, json=body, headers={"if-match": '"v1"'})
    assert (changed.json()["enabled"], changed.json()["disabled_reason"]) == (False, "staff")
    stale = await admin.put(path, json=body, headers={"if-match": '"v1"'})
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 2)
    assert (await admin.post(f"{path}/secret", headers=key())).status_code == 428
    assert problem(await admin.post(f"{path}/ping"))["code"] == "WEBHOOK_ENDPOINT_DISABLED"


async def test_rotating_twice_by_mistake_keeps_the_former_secret(admin: httpx.AsyncClient) -> None:
    made, _ = await add(admin, "https://hooks.example.org/rotate")
    path, headers = f"{PATH}/{made['id']}/secret", {"if-match": '"v1"', **key()}
    first, again = [await admin.post(path, headers=headers) for _ in range(2)]
    assert first.content == again.content
    assert first.json()["webhook"]["old_secret_until"] is not None
    assert (await admin.post(path, headers={"if-match": '"v1"', **key()})).status_code == 412


async def test_from_an_order_to_a_receiver_and_again(
    admin: httpx.AsyncClient, settings: Settings, receiver: Receiver, database_urls: PostgresUrls
) -> None:
    """A purchase over HTTP; the worker as the shop runs it."""
    made, secret = await add(admin, receiver.url, events=["orders.order_confirmed.v1"])
    receiver.replies = [Reply(200, body=b"noted")]
    (variant,) = put_on_sale(database_urls.owner, [10])
    stop = asyncio.Event()
    work = build_worker(settings)
    running = asyncio.create_task(run_worker(work, stop))
    try:
        await until(lambda: subscribed(database_urls.owner))
        await buy(admin, str(variant))
        await receiver.until(1)
        path = f"{PATH}/{made['id']}/messages"
        delivered: list[dict[str, Any]] = []

        async def is_delivered() -> bool:
            delivered[:] = (await admin.get(path, params={"status": "delivered"})).json()["messages"]
            return bool(delivered)

        await until(is_delivered)
        [message] = delivered
        log = (await admin.get(f"/v1/admin/webhook-messages/{message['id']}")).json()
        assert [(one["status"], one["answer"]) for one in log["tries"]] == [(200, "noted")]
        assert b"ada@example.com" not in receiver.received[0].body
        assert b"Byron" not in receiver.received[0].body
        again = await admin.post(f"/v1/admin/webhook-messages/{message['id']}/redeliver", headers=key())
        assert again.status_code == 202
        await receiver.until(2)
        since = {"since": "2026-01-01T00:00:00Z"}
        answer = await admin.post(f"{PATH}/{made['id']}/redeliver", json=since, headers=key())
        assert answer.status_code == 202, answer.text
    finally:
        stop.set()
        await running
    names = {verify(secret, got.headers, got.body) for got in receiver.received}
    assert names == {message["webhook_id"]}


def subscribed(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as connection:
        sql = "select count(*) from platform.subscriptions where consumer = 'webhooks.messages'"
        return connection.execute(sql).fetchone() != (0,)


async def buy(buyer: httpx.AsyncClient, variant: str) -> None:
    address = {"name": "Ada Byron", "line1": "12 Harbour Street", "city": "Portland", "region": "OR"}
    address |= {"postcode": "97201", "country": "US"}
    shipping = {"email": "ada@example.com", "address": address, "method": "standard"}
    added = await buyer.post("/v1/cart/lines", json={"variant_id": variant, "quantity": 1})
    assert added.status_code == 200, added.text
    opened = await buyer.post("/v1/checkouts", json={"shipping": shipping, "payment": {"method": "pay_on_delivery"}})
    assert opened.status_code == 200, opened.text
    placed = await buyer.post(f"/v1/checkouts/{opened.json()['id']}/place", json={}, headers=key())
    assert placed.status_code == 201, placed.text
