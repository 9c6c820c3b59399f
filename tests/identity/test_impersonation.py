"""Staff in a customer's place: what they may, what stays the customer's, and what the log says."""

import re
import uuid
from collections.abc import AsyncIterator
from typing import Any, LiteralString

import httpx
import psycopg
import pytest
from tests.support.api import client_of, make_staff, problem, sign_in
from tests.support.goods import put_on_sale

from surehold.app.routing import handlers_of
from surehold.app.settings import Settings
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import PUBLIC, Role
from surehold.platform.http.edge.asgi import ASGIApp

pytestmark = pytest.mark.usefixtures("calm")
PASSWORD = "correct horse battery"
REASON = {"reason": "Caller cannot see the cart that was merged"}
ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 Harbour Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
}
OWNERS = re.compile(r"password|email|totp|sessions|/pay|payment|place|card|impersonat|credit")
"""What stays the customer's: who they are, and what is paid."""


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.is_success else str(problem(answer)["code"])


def rows(urls: PostgresUrls, sql: LiteralString, *params: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        cursor = connection.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
async def customer(shop: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(shop) as client:
        email = f"ada-{uuid.uuid4().hex[:12]}@example.org"
        assert (await client.post("/v1/accounts", json={"email": email, "password": PASSWORD})).status_code == 201
        yield client


@pytest.fixture
async def helper(shop: ASGIApp, shop_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody of support."""
    async with client_of(shop) as client:
        await sign_in(client, *await make_staff(shop_settings, Role.SUPPORT))
        yield client


async def id_of(client: httpx.AsyncClient) -> str:
    return str((await client.get("/v1/me")).json()["id"])


async def take_place(helper: httpx.AsyncClient, account: str) -> httpx.Response:
    return await helper.post(f"/v1/admin/accounts/{account}/impersonate", json=REASON)


async def test_every_write_names_both(
    shop: ASGIApp, customer: httpx.AsyncClient, helper: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    [variant] = put_on_sale(database_urls.owner, [100])
    owner, staff = await id_of(customer), await id_of(helper)
    answer = await take_place(helper, owner)
    assert said(answer) == (200, "")
    me = (await helper.get("/v1/me")).json()
    assert (me["id"], me["impersonated_by"], me["roles"]) == (owner, staff, ["customer"])
    [before] = rows(database_urls, "select max(seq) from audit.entries")
    added = await helper.post("/v1/cart/lines", json={"variant_id": str(variant)})
    kept = await helper.post("/v1/me/addresses", json={"address": ADDRESS})
    assert [said(added)[0], said(kept)[0]] == [200, 201]
    assert (await customer.get("/v1/cart")).json()["lines"][0]["variant_id"] == str(variant)
    noted = rows(
        database_urls,
        "select actor, action, subject_id::text, facts ->> 'operation' from audit.entries where seq > %s order by seq",
        before[0],
    )
    both = f"account:{owner} by account:{staff}"
    assert noted == [
        (both, "identity.impersonated_write", owner, "add_cart_lines"),
        (both, "identity.impersonated_write", owner, "add_address"),
    ]
    begun = rows(database_urls, "select actor, facts from audit.entries where action = 'identity.impersonated'")
    assert begun[-1][0] == f"account:{staff}"


async def test_who_they_are_and_what_is_paid_stays_the_owners(
    customer: httpx.AsyncClient, helper: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    owner = await id_of(customer)
    assert said(await take_place(helper, owner)) == (200, "")
    session = (await helper.get("/v1/me/sessions")).json()["sessions"]
    assert sorted(each["is_by_staff"] for each in session) == [False, True]
    mine, new = session[0]["id"], f"{uuid.uuid4().hex}@example.org"
    change = {"email": new, "current_password": PASSWORD}
    tried = [
        ("POST", "/v1/me/password", {"current_password": PASSWORD, "new_password": "another password"}),
        ("POST", "/v1/me/email", change),
        ("POST", "/v1/me/email-change", change),
        ("POST", "/v1/me/email-verification", None),
        ("POST", "/v1/me/totp", None),
        ("PUT", "/v1/me/totp", {"code": "123456"}),
        ("DELETE", "/v1/me/totp", {"current_password": PASSWORD}),
        ("DELETE", f"/v1/me/sessions/{mine}", None),
        ("DELETE", "/v1/me/sessions", None),
        ("PUT", f"/v1/checkouts/{uuid.uuid4()}/payment", {"method": "pay_on_delivery"}),
        ("POST", f"/v1/checkouts/{uuid.uuid4()}/place", {}),
    ]
    for method, path, body in tried:
        answer = await helper.request(method, path, json=body, headers={"idempotency-key": uuid.uuid4().hex})
        assert said(answer) == (403, "IMPERSONATED"), (path, answer.text)
    assert said(await helper.get("/v1/admin/staff"))[0] == 403  # in a customer's place, a customer


def test_every_route_that_is_the_owners_says_so() -> None:
    """Also those that are added: whoever names a route after what stays the owner's marks it."""
    open_to_staff = [
        handler.operation_id
        for handler in handlers_of(())
        if handler.opt["policy"] != PUBLIC
        and not handler.opt["policy"].roles
        and handler.http_methods & {"POST", "PUT", "PATCH", "DELETE"}
        and any(OWNERS.search(path) for path in handler.paths)
        and not handler.opt["owner_only"]
    ]
    assert open_to_staff == []


async def test_staff_is_not_impersonated_and_customers_impersonate_nobody(
    shop: ASGIApp, shop_settings: Settings, customer: httpx.AsyncClient, helper: httpx.AsyncClient
) -> None:
    owner = await id_of(customer)
    async with client_of(shop) as admin, client_of(shop) as clerk:
        await sign_in(admin, *await make_staff(shop_settings, Role.ADMIN))
        await sign_in(clerk, *await make_staff(shop_settings, Role.CATALOGUE))
        for who in (admin, clerk, helper):
            assert said(await take_place(helper, await id_of(who))) == (403, "STAFF_NOT_IMPERSONATED")
        assert said(await take_place(helper, str(uuid.uuid4()))) == (404, "ACCOUNT_NOT_FOUND")
        assert said(await take_place(clerk, owner)) == (403, "FORBIDDEN")
        assert said(await take_place(customer, await id_of(helper))) == (403, "FORBIDDEN")
        key = (await admin.post("/v1/admin/api-keys", json={"name": "bot", "roles": ["admin"]})).json()["secret"]
        async with client_of(shop, authorization=f"Bearer {key}") as machine:
            assert said(await take_place(machine, owner)) == (403, "FORBIDDEN")
        for wrong in ({}, {"reason": ""}, {"reason": "x" * 301}, {"reason": "because", "minutes": 600}):
            answer = await helper.post(f"/v1/admin/accounts/{owner}/impersonate", json=wrong)
            assert said(answer) == (422, "INVALID_INPUT")
        assert said(await take_place(helper, owner)) == (200, "")
        listed = (await admin.get("/v1/admin/impersonations")).json()["impersonations"][0]
        assert (listed["account_id"], listed["reason"]) == (owner, REASON["reason"])
        assert said(await take_place(helper, owner)) == (403, "FORBIDDEN")  # not from within


async def test_it_ends_with_its_time_with_the_role_and_by_signing_out(
    customer: httpx.AsyncClient, helper: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    owner, staff = await id_of(customer), await id_of(helper)
    assert said(await take_place(helper, owner)) == (200, "")
    [(lives_s,)] = rows(
        database_urls,
        "select extract(epoch from expires_at - clock_timestamp())::int from identity.sessions"
        " where account_id = %s and impersonator_id = %s",
        owner,
        staff,
    )
    assert 880 < lives_s <= 900
    role = "update identity.accounts set roles = %s where id = %s"
    rows(database_urls, role, ["customer", "catalogue"], staff)
    assert (await helper.get("/v1/me")).status_code == 401
    rows(database_urls, role, ["customer", "support"], staff)
    assert (await helper.get("/v1/me")).status_code == 200
    rows(database_urls, "update identity.accounts set status = 'blocked' where id = %s", staff)
    assert (await helper.get("/v1/me")).status_code == 401
    rows(database_urls, "update identity.accounts set status = 'active' where id = %s", staff)
    assert (await helper.delete("/v1/session")).status_code == 204
    assert (await helper.get("/v1/me")).status_code == 401
    assert (await customer.get("/v1/me")).status_code == 200
    left = rows(
        database_urls, "select count(*) from identity.sessions where %s in (account_id, impersonator_id)", staff
    )
    assert left == [(0,)]  # one's own session ended when the other began


async def test_what_cannot_be_noted_does_not_happen(
    customer: httpx.AsyncClient, helper: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    assert said(await take_place(helper, await id_of(customer))) == (200, "")
    rows(database_urls, "alter table audit.entries add constraint closed check (action not like '%%_write') not valid")
    try:
        answer = await helper.post("/v1/me/addresses", json={"address": ADDRESS})
        assert answer.status_code == 500
        assert (await helper.get("/v1/me")).status_code == 200  # looking is not noted
    finally:
        rows(database_urls, "alter table audit.entries drop constraint closed")
    assert (await customer.get("/v1/me/addresses")).json()["addresses"] == []


async def test_the_owner_ends_it(customer: httpx.AsyncClient, helper: httpx.AsyncClient) -> None:
    assert said(await take_place(helper, await id_of(customer))) == (200, "")
    sessions = (await customer.get("/v1/me/sessions")).json()["sessions"]
    [theirs] = [each["id"] for each in sessions if each["is_by_staff"]]
    assert (await customer.delete(f"/v1/me/sessions/{theirs}")).status_code == 204
    assert (await helper.get("/v1/me")).status_code == 401


async def test_the_reason_is_not_stored_in_the_clear(
    customer: httpx.AsyncClient, helper: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    assert said(await take_place(helper, await id_of(customer))) == (200, "")
    stored = rows(
        database_urls,
        "select i::text from identity.impersonations i union all select e::text from audit.entries e",
    )
    assert REASON["reason"] not in "\n".join(row[0] for row in stored)
