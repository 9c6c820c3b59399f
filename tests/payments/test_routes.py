"""Cards over HTTP: what a page is told, what it may send, and what nobody gets in by the provider's door."""

import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
from stripe import WebhookSignature

from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http.edge.asgi import ASGIApp
from tests.support.api import client_of, problem, running_api, settings_of
from tests.support.card_provider import DECLINED, VISA, WEBHOOK_SECRET, CardProvider
from tests.support.goods import put_on_sale

ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 Harbour Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
}
SHIPPING = {"email": "ada@example.com", "address": ADDRESS, "method": "standard"}
WEBHOOK = "/v1/webhooks/stripe"


@pytest.fixture(scope="module")
async def app(
    database_urls: PostgresUrls,
    valkey_url: str,
    provider_of_cards: CardProvider,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[ASGIApp]:
    settings = settings_of(database_urls.app, valkey_url, tmp_path_factory.mktemp("shop"))
    async with running_api(msgspec.structs.replace(settings, stripe=provider_of_cards.settings)) as running:
        yield running


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as somebody:
        yield somebody


async def _opened(client: httpx.AsyncClient, urls: PostgresUrls, payment: dict[str, Any]) -> httpx.Response:
    (variant,) = put_on_sale(urls.owner, [10])
    added = await client.post("/v1/cart/lines", json={"variant_id": str(variant)})
    assert added.status_code == 200, added.text
    return await client.post("/v1/checkouts", json={"shipping": SHIPPING, "payment": payment})


async def _place(client: httpx.AsyncClient, checkout_id: str) -> httpx.Response:
    return await client.post(f"/v1/checkouts/{checkout_id}/place", headers={"idempotency-key": uuid.uuid4().hex})


async def test_a_page_learns_where_card_fields_come_from_and_never_sees_the_token(
    client: httpx.AsyncClient, database_urls: PostgresUrls, cards: CardProvider
) -> None:
    opened = await _opened(client, database_urls, {"method": "card", "token": VISA})
    assert opened.status_code == 200, opened.text
    [offered] = [one for one in opened.json()["payment_methods"] if one["code"] == "card"]
    assert offered["needs_token"] is True
    assert offered["fields"] == {
        "publishable_key": cards.settings.publishable_key,
        "url": cards.settings.fields_url,
    }
    assert VISA not in opened.text
    assert "payment_source" not in opened.text
    placed = await _place(client, opened.json()["id"])
    assert placed.status_code == 201, placed.text
    assert placed.json()["order"]["payment_status"] == "SUCCESS"


async def test_a_decline_is_402_and_the_checkout_is_back_at_payment(
    client: httpx.AsyncClient, database_urls: PostgresUrls, cards: CardProvider
) -> None:
    checkout = (await _opened(client, database_urls, {"method": "card", "token": DECLINED})).json()
    refused = await _place(client, checkout["id"])
    assert (refused.status_code, problem(refused)["code"]) == (402, "PAYMENT_FAILED")
    assert problem(refused)["reason"] == "INSUFFICIENT_FUNDS"
    assert (await client.get(f"/v1/checkouts/{checkout['id']}")).json()["state"] == "payment"
    path = f"/v1/checkouts/{checkout['id']}/payment"
    assert (await client.put(path, json={"method": "card", "token": VISA})).status_code == 200
    assert (await _place(client, checkout["id"])).status_code == 201


@pytest.mark.parametrize(
    "payment",
    [
        {"method": "card"},
        {"method": "card", "token": ""},
        {"method": "card", "token": "x" * 256},
        {"method": "card", "token": "pm visa"},
        {"method": "card", "token": "pm_\u00e9"},
        {"method": "card", "token": "4242424242424242"},
        {"method": "card", "token": "4000-0000-0000-0002"},
        {"method": "klarna", "token": VISA},
        {"method": "pay_on_delivery", "token": VISA},
    ],
)
async def test_what_is_no_token_of_the_method_is_422(
    client: httpx.AsyncClient, database_urls: PostgresUrls, payment: dict[str, Any]
) -> None:
    refused = await _opened(client, database_urls, payment)
    assert refused.status_code == 422, refused.text
    assert "4242" not in refused.text


@pytest.fixture
async def webhook(app: ASGIApp, cards: CardProvider, db: Database) -> AsyncIterator["Door"]:
    async with client_of(app) as client:
        yield Door(client, db)


class Door:
    """The provider's door, and how many messages are behind it."""

    def __init__(self, client: httpx.AsyncClient, db: Database) -> None:
        self._client, self._db = client, db

    async def knock(self, body: bytes, signature: str | None) -> httpx.Response:
        headers = {"content-type": "application/json"}
        if signature is not None:
            headers["stripe-signature"] = signature
        return await self._client.post(WEBHOOK, content=body, headers=headers)

    async def kept(self) -> int:
        row = await self._db.fetch_one("select count(*) from payments.webhook_inbox")
        return row[0] if row else 0


EVENT = b'{"id":"evt_http","type":"payment_intent.succeeded","data":{"object":{"id":"pi_x","object":"payment_intent"}}}'


def _signature(body: bytes, *, age_s: int = 0) -> str:
    at = int(datetime.now(UTC).timestamp()) - age_s
    return WebhookSignature.generate_signature_header(body.decode(), WEBHOOK_SECRET, at)


@pytest.mark.parametrize(
    "signature",
    [
        lambda: None,
        lambda: "",
        lambda: "t=1,v1=00",
        lambda: _signature(b"{}"),
        lambda: _signature(EVENT, age_s=400),
        lambda: _signature(EVENT, age_s=-400),
        lambda: "\u0000",
    ],
    ids=["none", "empty", "made_up", "of_another_body", "stale", "of_the_future", "nul"],
)
async def test_unsigned_forged_and_stale_messages_are_400_and_leave_nothing(
    webhook: Door, signature: Callable[[], str | None]
) -> None:
    before = await webhook.kept()
    refused = await webhook.knock(EVENT, signature())
    assert (refused.status_code, problem(refused)["code"]) == (400, "WEBHOOK_REFUSED")
    assert await webhook.kept() == before


async def test_a_message_is_kept_before_it_is_answered_and_once(webhook: Door) -> None:
    before = await webhook.kept()
    for _ in range(3):
        taken = await webhook.knock(EVENT, _signature(EVENT))
        assert (taken.status_code, taken.json()) == (200, {"received": True})
    assert await webhook.kept() == before + 1


async def test_a_message_is_no_longer_than_the_limit(webhook: Door) -> None:
    refused = await webhook.knock(b" " * (256 * 1024 + 1), "t=1,v1=00")
    assert refused.status_code == 413


async def test_without_a_secret_the_door_is_closed(
    database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = settings_of(database_urls.app, valkey_url, tmp_path_factory.mktemp("closed"))
    async with running_api(settings) as app, client_of(app) as client:
        refused = await client.post(WEBHOOK, content=EVENT, headers={"stripe-signature": _signature(EVENT)})
        assert (refused.status_code, problem(refused)["code"]) == (404, "WEBHOOK_CLOSED")
