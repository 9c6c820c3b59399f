"""The purchase path over HTTP: who may see what, what is repeated, and how many round trips it costs."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from surehold.kernel.ids import uuid7
from surehold.platform.db import Database, PoolSettings
from surehold.platform.http import new_token
from surehold.platform.http.actor import Actor, ActorKind, Role, guest_token_hash
from tests.support.shop import Shop, make_shop
from tests.support.shop_api import COOKIES, KnownSessions, make_api
from tests.support.wire import counted_wire

SHIPPING = {
    "email": "ada@example.com",
    "address": {
        "name": "Ada Byron",
        "line1": "12 Harbour Street",
        "city": "Portland",
        "region": "OR",
        "postcode": "97201",
        "country": "US",
    },
    "method": "standard",
}
EVERYTHING = {"shipping": SHIPPING, "payment": {"method": "pay_on_delivery"}}
PLACE_BUDGET = 9


@pytest.fixture
def sessions() -> KnownSessions:
    return KnownSessions()


@pytest.fixture
async def api(shop: Shop, sessions: KnownSessions) -> AsyncIterator[AsyncClient]:
    async with _client(shop, sessions) as client:
        yield client


def _client(shop: Shop, sessions: KnownSessions) -> AsyncClient:
    # In this loop: the framework's own client would run the shop's connections in another one.
    transport = ASGITransport(make_api(shop, sessions), raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://shop.test")


def _guest_cookie() -> tuple[dict[str, str], Actor]:
    token = new_token()
    actor = Actor(kind=ActorKind.GUEST, guest_hash=guest_token_hash(token))
    return {"cookie": f"{COOKIES.guest_name}={token}"}, actor


async def _reviewed(api: AsyncClient, shop: Shop, lines: int = 1) -> tuple[dict[str, str], dict[str, Any]]:
    headers, actor = _guest_cookie()
    await shop.add(actor, [(variant, 1) for variant in await shop.variants(lines, 10)])
    opened = await api.post("/v1/checkouts", json=EVERYTHING, headers=headers)
    assert opened.status_code == 200, opened.text
    return headers, opened.json()


async def _place(api: AsyncClient, headers: dict[str, str], checkout: dict[str, Any], key: str = "k") -> Any:
    return await api.post(f"/v1/checkouts/{checkout['id']}/place", json={}, headers={**headers, "idempotency-key": key})


async def test_all_steps_in_one_request_then_place(api: AsyncClient, shop: Shop) -> None:
    headers, checkout = await _reviewed(api, shop)
    assert checkout["state"] == "review"
    assert checkout["quote"]["total"]["amount"] == 1900 + 599 + 152
    assert [method["code"] for method in checkout["shipping_methods"]] == ["standard", "express"]
    answer = await _place(api, headers, checkout)
    assert answer.status_code == 201, answer.text
    placed = answer.json()
    assert placed["order"]["status"] == "CONFIRMED"
    assert answer.headers["location"] == placed["order"]["url"]
    order = (await api.get(placed["order"]["url"], headers=headers)).json()
    assert order["total"] == checkout["quote"]["total"]
    assert order["email"] == "ada@example.com"
    assert order["is_cancellable"]


async def test_steps_one_by_one_on_two_devices(api: AsyncClient, shop: Shop, sessions: KnownSessions) -> None:
    account_id = uuid7()
    cookie = sessions.sign_in(account_id)
    await shop.guest_with([((await shop.variants(1, 10))[0], 1)], account_id)
    opened = (await api.post("/v1/checkouts", headers=cookie)).json()
    assert (opened["state"], opened["quote"]["shipping"]) == ("shipping", None)
    url = f"/v1/checkouts/{opened['id']}"
    shipped = await api.put(f"{url}/shipping", json=SHIPPING, headers={**cookie, "if-match": f'"v{opened["version"]}"'})
    assert shipped.json()["state"] == "payment"
    stale = await api.put(f"{url}/shipping", json=SHIPPING, headers={**cookie, "if-match": '"v1"'})
    assert stale.status_code == 412
    paid = await api.put(f"{url}/payment", json={"method": "pay_on_delivery"}, headers=cookie)
    assert paid.json()["state"] == "review"
    elsewhere = await api.get(url, headers=cookie)
    assert elsewhere.json()["shipping"]["email"] == "ada@example.com"
    again = await api.post("/v1/checkouts", headers=cookie)
    assert (again.json()["id"], again.json()["state"]) == (opened["id"], "review")
    assert (await _place(api, cookie, opened)).status_code == 201


async def test_the_key_is_needed_and_the_answer_repeated(api: AsyncClient, shop: Shop) -> None:
    headers, checkout = await _reviewed(api, shop)
    url = f"/v1/checkouts/{checkout['id']}/place"
    assert (await api.post(url, json={}, headers=headers)).status_code == 400
    first = await _place(api, headers, checkout, "one")
    again = await _place(api, headers, checkout, "one")
    assert (again.status_code, again.content) == (201, first.content)
    other_key = await _place(api, headers, checkout, "two")
    assert other_key.status_code == 200
    assert other_key.json()["order"] == first.json()["order"]
    other_body = await api.post(
        url,
        json={"expected_total": {"amount": 1, "currency": "USD"}},
        headers={**headers, "idempotency-key": "one"},
    )
    assert other_body.status_code == 422


async def test_no_body_is_no_wish(api: AsyncClient, shop: Shop) -> None:
    headers, checkout = await _reviewed(api, shop)
    answer = await api.post(f"/v1/checkouts/{checkout['id']}/place", headers={**headers, "idempotency-key": "k"})
    assert answer.status_code == 201, answer.text


async def test_an_unknown_payment_is_pending(api: AsyncClient, shop: Shop) -> None:
    headers, actor = _guest_cookie()
    await shop.add(actor, [((await shop.variants(1, 10))[0], 1)])
    opened = await api.post("/v1/checkouts", json={**EVERYTHING, "payment": {"method": "scripted"}}, headers=headers)
    shop.scripted.script("authorize", "lost_after")
    answer = await _place(api, headers, opened.json())
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    order = (await api.get(answer.headers["location"], headers=headers)).json()
    assert (order["status"], order["payment"]["status"]) == ("PENDING", "UNKNOWN")


async def test_a_decline_is_a_402_that_is_kept(api: AsyncClient, shop: Shop) -> None:
    headers, actor = _guest_cookie()
    await shop.add(actor, [((await shop.variants(1, 10))[0], 1)])
    opened = await api.post("/v1/checkouts", json={**EVERYTHING, "payment": {"method": "scripted"}}, headers=headers)
    shop.scripted.script("authorize", "declined")
    answers = [await _place(api, headers, opened.json()) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [402, 402]
    assert answers[0].json()["code"] == "PAYMENT_FAILED"
    seen = (await api.get(f"/v1/checkouts/{opened.json()['id']}", headers=headers)).json()
    assert (seen["state"], seen["failure"]) == ("payment", {"code": "CARD_DECLINED"})


async def test_bad_input_is_named(api: AsyncClient, shop: Shop) -> None:
    headers, actor = _guest_cookie()
    assert (await api.post("/v1/checkouts", json=EVERYTHING, headers=headers)).json()["code"] == "CART_EMPTY"
    await shop.add(actor, [((await shop.variants(1, 10))[0], 1)])
    for wrong in (
        {"shipping": {**SHIPPING, "email": "nobody"}},
        {"shipping": {**SHIPPING, "method": "teleport"}},
        {"payment": {"method": "gold"}},
        {"total": 1},
    ):
        assert (await api.post("/v1/checkouts", json=wrong, headers=headers)).status_code == 422


async def test_an_order_opens_for_its_owner_and_its_token_only(
    api: AsyncClient, shop: Shop, sessions: KnownSessions
) -> None:
    headers, checkout = await _reviewed(api, shop)
    placed = (await _place(api, headers, checkout)).json()
    url = placed["order"]["url"]
    stranger, _ = _guest_cookie()
    signed_in = sessions.sign_in(uuid7())
    nowhere = (await api.get(f"/v1/orders/{uuid7()}", headers=stranger)).json()
    for who in ({}, stranger, signed_in, {"order-token": "x" * 43}, {"order-token": ""}):
        refused = await api.get(url, headers=who)
        assert refused.status_code == 404
        assert {**refused.json(), "request_id": ""} == {**nowhere, "request_id": ""}
        cancel = await api.post(f"{url}/cancel", headers={**who, "idempotency-key": "k"})
        assert cancel.status_code == 404
    opened = await api.get(url, headers={"order-token": placed["order_token"]})
    assert opened.status_code == 200
    by_token = await api.post(f"{url}/cancel", headers={"order-token": placed["order_token"], "idempotency-key": "k"})
    assert by_token.json()["status"] == "CANCELLED", by_token.text


async def test_an_accounts_orders_page_by_page(api: AsyncClient, shop: Shop, sessions: KnownSessions) -> None:
    account_id = uuid7()
    cookie = sessions.sign_in(account_id)
    [variant] = await shop.variants(1, 10)
    placed: list[str] = []
    for number in range(3):
        await shop.guest_with([(variant, 1)], account_id)
        opened = (await api.post("/v1/checkouts", json=EVERYTHING, headers=cookie)).json()
        placed.append((await _place(api, cookie, opened, f"key-{number}")).json()["order"]["id"])
    first = (await api.get("/v1/orders?limit=2", headers=cookie)).json()
    rest = (await api.get(f"/v1/orders?limit=2&cursor={first['next_cursor']}", headers=cookie)).json()
    assert [row["id"] for row in [*first["orders"], *rest["orders"]]] == placed[::-1]
    assert rest["next_cursor"] is None
    assert first["orders"][0]["payment"]["status"] == "AUTHORIZED"
    assert (await api.get("/v1/orders")).status_code == 401


async def test_staff_finds_and_cancels(api: AsyncClient, shop: Shop, sessions: KnownSessions) -> None:
    headers, checkout = await _reviewed(api, shop)
    order = (await _place(api, headers, checkout)).json()["order"]
    support, customer = sessions.sign_in(uuid7(), Role.SUPPORT), sessions.sign_in(uuid7(), Role.CUSTOMER)
    assert (await api.get("/v1/admin/orders", headers=customer)).status_code == 403
    found = (await api.get("/v1/admin/orders?email=ADA@example.com&status=CONFIRMED", headers=support)).json()
    assert order["id"] in [row["id"] for row in found["orders"]]
    typed = f"{order['number'][:5].lower()}-{order['number'][5:]}"
    assert (await api.get(f"/v1/admin/orders/{typed}", headers=support)).json()["id"] == order["id"]
    assert (await api.get("/v1/admin/orders/not-an-order", headers=support)).status_code == 404
    cancelled = await api.post(
        f"/v1/admin/orders/{order['id']}/cancel",
        json={"reason": "fraud_suspected"},
        headers={**support, "idempotency-key": "k"},
    )
    assert cancelled.json()["status"] == "CANCELLED"


async def test_staff_sees_failed_checkouts(api: AsyncClient, shop: Shop, sessions: KnownSessions) -> None:
    headers, actor = _guest_cookie()
    await shop.add(actor, [((await shop.variants(1, 10))[0], 1)])
    wish = {**EVERYTHING, "payment": {"method": "scripted"}}
    shop.scripted.script("authorize", "declined", "declined")
    for key in ("a", "b"):
        opened = (await api.post("/v1/checkouts", json=wish, headers=headers)).json()
        assert (await _place(api, headers, opened, key)).status_code == 402
    support = sessions.sign_in(uuid7(), Role.SUPPORT)
    assert (await api.get("/v1/admin/checkout-failures", headers=headers)).status_code == 401
    first = (await api.get("/v1/admin/checkout-failures?limit=1", headers=support)).json()
    second = (
        await api.get(f"/v1/admin/checkout-failures?limit=1&cursor={first['next_cursor']}", headers=support)
    ).json()
    rows = [*first["failures"], *second["failures"]]
    assert [(row["checkout_id"], row["reason"]) for row in rows] == [(opened["id"], "CARD_DECLINED")] * 2
    assert rows[0]["order_id"] != rows[1]["order_id"]


async def test_nothing_personal_lies_open(api: AsyncClient, shop: Shop) -> None:
    headers, checkout = await _reviewed(api, shop)
    await _place(api, headers, checkout)
    for table in (
        "orders.orders",
        "checkout.checkouts",
        "platform.events",
        "audit.entries",
        "platform.idempotency_keys",
    ):
        row = await shop.db.fetch_one(f"select count(*) from {table} t where t::text ilike '%%ada%%example%%'")  # type: ignore[arg-type]
        assert row == (0,), table


@pytest.mark.parametrize("lines", [1, 50])
async def test_placing_costs_few_round_trips_whatever_is_bought(
    database_url: str, tmp_path: Path, sessions: KnownSessions, lines: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with counted_wire(database_url, Path(folder)) as wire:
            db = Database(wire.url, PoolSettings(min_size=1, max_size=1))
            await db.open()
            shop = make_shop(db, tmp_path)
            async with _client(shop, sessions) as api:
                for warm_up in range(2):  # the first run prepares the statements
                    headers, checkout = await _reviewed(api, shop, lines)
                    before = wire.round_trips
                    assert (await _place(api, headers, checkout, f"k{warm_up}")).status_code == 201
                    spent = wire.round_trips - before
            await db.close()
    assert 0 < spent <= PLACE_BUDGET
