import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import psycopg
import pytest
from litestar import Litestar
from litestar.di import Provide
from tests.support.fakes import MemoryCopies, RecordingHinter, RecordingInvalidator, no_alternatives
from tests.support.goods import put_on_sale

from surehold.flows.sign_in import SignInFlow
from surehold.flows.sign_up import SignUpFlow
from surehold.modules.audit import AuditLog
from surehold.modules.audit.routes import HANDLERS as AUDIT
from surehold.modules.cart import CartService, CartSettings
from surehold.modules.cart.routes import HANDLERS as CART
from surehold.modules.identity import IdentityService, SessionResolver
from surehold.modules.identity.routes import HANDLERS as IDENTITY
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.events import SilentWaker
from surehold.platform.http import (
    ActorFinder,
    ApiRequest,
    Cookies,
    CursorCodec,
    PolicyGuard,
    Role,
    actor_dependency,
    exception_handlers,
)

PASSWORD = "correct horse battery"
JAR = Cookies(secure=True)
TERMS = "signed-terms"


@pytest.fixture
def app(db: Database, identity: IdentityService) -> Litestar:
    carts = CartService(
        db,
        CartSettings(),
        waker=SilentWaker(),
        hinter=RecordingHinter(),
        invalidator=RecordingInvalidator(),
        copies=MemoryCopies(),
        alternatives=no_alternatives,
    )

    async def terms(account_id: uuid.UUID) -> str | None:
        return TERMS

    parts: dict[str, Any] = {
        "identity": identity,
        "cart": carts,
        "sign_in": SignInFlow(identity, carts, terms),
        "sign_up": SignUpFlow(identity, carts, terms),
        "audit": AuditLog(db),
        "jar": JAR,
        "cursors": CursorCodec(b"secret"),
    }
    return Litestar(
        [*IDENTITY, *CART, *AUDIT],
        guards=[PolicyGuard(ActorFinder(SessionResolver(db), JAR))],
        dependencies={
            **{name: given(part) for name, part in parts.items()},
            "actor": actor_dependency(),
        },
        exception_handlers=exception_handlers(),
        request_class=ApiRequest,
        openapi_config=None,
    )


def given(part: Any) -> Provide:
    def provide() -> Any:
        return part

    return Provide(provide, sync_to_thread=False)


@pytest.fixture
async def browser(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with another(app) as client:
        yield client


def another(app: Litestar) -> httpx.AsyncClient:
    place = f"192.0.{uuid.uuid4().int % 250}.{uuid.uuid4().int % 250}"
    transport = httpx.ASGITransport(app=app, client=(place, 1))
    return httpx.AsyncClient(transport=transport, base_url="https://shop.test")


def new_email() -> str:
    return f"ada-{uuid.uuid4().hex[:12]}@example.org"


async def sign_up(browser: httpx.AsyncClient, email: str = "") -> dict[str, Any]:
    body = {"email": email or new_email(), "password": PASSWORD, "name": "Ada"}
    response = await browser.post("/v1/accounts", json=body)
    assert response.status_code == 201, response.text
    return response.json()["account"]


@asynccontextmanager
async def staff_browser(app: Litestar, identity: IdentityService, role: Role) -> AsyncIterator[httpx.AsyncClient]:
    email = new_email()
    await identity.create_staff(email, PASSWORD, [role])
    async with another(app) as client:
        response = await client.post("/v1/session", json={"email": email, "password": PASSWORD})
        assert response.status_code == 200
        yield client


async def test_the_guests_cart_comes_along(
    browser: httpx.AsyncClient, app: Litestar, database_urls: PostgresUrls
) -> None:
    first, second = put_on_sale(database_urls.owner, [10, 10])
    email = new_email()
    await browser.post("/v1/cart/lines", json={"variant_id": str(first), "quantity": 2})
    response = await browser.post("/v1/accounts", json={"email": email, "password": PASSWORD})
    assert response.status_code == 201
    merge = response.json()["merge"]
    assert merge["merged"]
    assert [change["quantity"] for change in merge["changes"]] == [2]
    assert "cart_id" in merge
    cookies = response.headers.get_list("set-cookie")
    names = {cookie.partition("=")[0]: cookie for cookie in cookies}
    assert set(names) == {JAR.session_name, JAR.guest_name, JAR.terms_name}
    assert re.search(r"Max-Age=0", names[JAR.guest_name], re.IGNORECASE)
    for cookie in cookies:
        assert {"Secure", "HttpOnly", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "samesite=lax" in cookie.lower()
        assert "domain" not in cookie.lower()
    assert await quantities(browser) == {str(first): 2}

    async with another(app) as phone:
        await phone.post("/v1/cart/lines", json={"variant_id": str(second), "quantity": 1})
        before = phone.cookies[JAR.guest_name]
        response = await phone.post("/v1/session", json={"email": email, "password": PASSWORD})
        assert response.json()["merge"]["merged"]
        assert await quantities(phone) == await quantities(browser) == {str(first): 2, str(second): 1}
        phone.cookies.set(JAR.guest_name, before, domain="shop.test")  # the answer was lost, the browser asks again
        again = await phone.post("/v1/session", json={"email": email, "password": PASSWORD})
        assert (again.status_code, again.json()["merge"]) == (200, None)
        assert await quantities(phone) == {str(first): 2, str(second): 1}


async def quantities(client: httpx.AsyncClient) -> dict[str, int]:
    cart = (await client.get("/v1/cart")).json()
    return {line["variant_id"]: line["quantity"] for line in cart["lines"]}


async def test_an_ended_session_leaves_the_cart_intact(
    browser: httpx.AsyncClient, app: Litestar, database_urls: PostgresUrls
) -> None:
    [variant] = put_on_sale(database_urls.owner, [10])
    account = await sign_up(browser)
    await browser.post("/v1/cart/lines", json={"variant_id": str(variant), "quantity": 3})
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute("delete from identity.sessions where account_id = %s", (account["id"],))
    assert (await browser.get("/v1/me")).status_code == 401
    nobody = await browser.get("/v1/cart")
    assert str(variant) not in nobody.text
    await browser.post("/v1/session", json={"email": account["email"], "password": PASSWORD})
    assert await quantities(browser) == {str(variant): 3}


async def test_sign_in_rotates_and_sign_out_ends(browser: httpx.AsyncClient) -> None:
    account = await sign_up(browser)
    old = browser.cookies[JAR.session_name]
    response = await browser.post("/v1/session", json={"email": account["email"], "password": PASSWORD})
    assert response.json()["account"]["id"] == account["id"]
    assert browser.cookies[JAR.session_name] != old
    assert response.headers["cache-control"] == "no-store"
    assert (await browser.delete("/v1/session")).status_code == 204
    assert JAR.session_name not in browser.cookies
    assert (await browser.delete("/v1/session")).status_code == 204
    assert (await browser.get("/v1/me")).json()["code"] == "UNAUTHENTICATED"


async def test_wrong_credentials_and_too_many_of_them(browser: httpx.AsyncClient) -> None:
    email, tries = new_email(), []
    for _ in range(7):
        response = await browser.post("/v1/session", json={"email": email, "password": "wrong"})
        tries.append((response.status_code, response.json()["code"]))
    assert tries == [(401, "WRONG_CREDENTIALS")] * 6 + [(429, "TOO_MANY_ATTEMPTS")]
    assert response.headers["retry-after"] in {"1", "2"}
    assert "set-cookie" not in response.headers


async def test_profile_with_versions(browser: httpx.AsyncClient) -> None:
    account = await sign_up(browser)
    me = await browser.get("/v1/me")
    assert me.json() == account
    assert (await browser.patch("/v1/me", json={"name": "Ada L"})).status_code == 428
    stale = await browser.patch("/v1/me", json={"name": "Ada L"}, headers={"if-match": '"v9"'})
    assert (stale.status_code, stale.json()["current"]["name"]) == (412, "Ada")
    changed = await browser.patch("/v1/me", json={"name": "Ada L"}, headers={"if-match": me.headers["etag"]})
    assert (changed.json()["name"], changed.json()["locale"], changed.headers["etag"]) == ("Ada L", "en", '"v2"')
    for body in ({"roles": ["admin"]}, {"name": 3}, {"locale": "../etc"}, {"email_verified": True}):
        response = await browser.patch("/v1/me", json=body, headers={"if-match": '"v2"'})
        assert response.status_code == 422
    assert (await browser.get("/v1/me")).json()["roles"] == ["customer"]


async def test_password_and_email_of_ones_own(browser: httpx.AsyncClient, app: Litestar) -> None:
    account, email = await sign_up(browser), new_email()
    async with another(app) as other:
        await other.post("/v1/session", json={"email": account["email"], "password": PASSWORD})
        sessions = (await browser.get("/v1/me/sessions")).json()["sessions"]
        assert sorted(session["is_current"] for session in sessions) == [False, True]
        wrong = await browser.post("/v1/me/password", json={"current_password": "no", "new_password": "0192837465x"})
        assert (wrong.status_code, wrong.json()["code"]) == (403, "WRONG_PASSWORD")
        body = {"current_password": PASSWORD, "new_password": "incorrect zebra"}
        assert (await browser.post("/v1/me/password", json=body)).status_code == 204
        assert (await other.get("/v1/me")).status_code == 401
        assert (await browser.get("/v1/me")).status_code == 200
        changed = await browser.post("/v1/me/email", json={"email": email, "current_password": "incorrect zebra"})
        assert changed.json()["email"] == email
        await other.post("/v1/session", json={"email": email, "password": "incorrect zebra"})
        foreign = [each for each in (await other.get("/v1/me/sessions")).json()["sessions"] if not each["is_current"]]
        assert (await other.delete(f"/v1/me/sessions/{foreign[0]['id']}")).status_code == 204
        assert (await browser.get("/v1/me")).status_code == 401
        assert (await other.delete(f"/v1/me/sessions/{foreign[0]['id']}")).status_code == 404
        assert (await other.delete("/v1/me/sessions")).status_code == 204
        assert (await other.get("/v1/me")).status_code == 200


ADDRESS = {
    "name": "Ada",
    "line1": "1 Main Street",
    "city": "Portland",
    "region": "oregon",
    "postcode": "97201",
    "country": "us",
}


async def test_the_address_book(browser: httpx.AsyncClient, app: Litestar) -> None:
    await sign_up(browser)
    chosen = str(uuid.uuid4())
    first = await browser.post("/v1/me/addresses", json={"address": ADDRESS, "id": chosen})
    again = await browser.post("/v1/me/addresses", json={"address": ADDRESS, "id": chosen})
    assert (first.status_code, first.json()) == (201, again.json())
    assert first.json()["address"]["region"] == "OR"
    assert first.json()["is_default"]
    second = await browser.post("/v1/me/addresses", json={"address": ADDRESS, "is_default": True})
    listed = (await browser.get("/v1/me/addresses")).json()["addresses"]
    assert [(each["id"], each["is_default"]) for each in listed] == [(second.json()["id"], True), (chosen, False)]
    body = {"address": {**ADDRESS, "city": "Salem"}, "is_default": True}
    assert (await browser.put(f"/v1/me/addresses/{chosen}", json=body)).status_code == 428
    old = await browser.put(f"/v1/me/addresses/{chosen}", json=body, headers={"if-match": '"v1"'})
    assert (old.status_code, old.json()["current"]["version"]) == (412, 2)  # it stopped being the default
    changed = await browser.put(f"/v1/me/addresses/{chosen}", json=body, headers={"if-match": '"v2"'})
    assert (changed.json()["address"]["city"], changed.json()["is_default"], changed.json()["version"]) == (
        "Salem",
        True,
        3,
    )
    bad = await browser.post("/v1/me/addresses", json={"address": {**ADDRESS, "postcode": "1", "city": ""}})
    assert (bad.status_code, bad.json()["code"]) == (422, "INVALID_ADDRESS")
    assert {error["field"] for error in bad.json()["errors"]} == {"postcode", "city"}
    async with another(app) as eve:
        await sign_up(eve)
        for response in (
            await eve.get(f"/v1/me/addresses/{chosen}"),
            await eve.put(f"/v1/me/addresses/{chosen}", json=body, headers={"if-match": '"v3"'}),
            await eve.post("/v1/me/addresses", json={"address": ADDRESS, "id": chosen}),
        ):
            assert (response.status_code, response.json()["code"]) == (404, "ADDRESS_NOT_FOUND")
        assert (await eve.delete(f"/v1/me/addresses/{chosen}")).status_code == 204
    assert (await browser.get(f"/v1/me/addresses/{chosen}")).json() == changed.json()
    assert (await browser.delete(f"/v1/me/addresses/{chosen}")).status_code == 204
    [left] = (await browser.get("/v1/me/addresses")).json()["addresses"]
    assert left["is_default"]


async def test_the_address_book_has_an_end(browser: httpx.AsyncClient, identity: IdentityService) -> None:
    await sign_up(browser)
    responses = [await browser.post("/v1/me/addresses", json={"address": ADDRESS}) for _ in range(31)]
    assert [each.status_code for each in responses] == [201] * 30 + [409]
    assert responses[-1].json()["code"] == "ADDRESS_LIMIT"


async def test_address_rules_are_public(browser: httpx.AsyncClient) -> None:
    rules = (await browser.get("/v1/address-rules/gb")).json()
    assert (rules["country"], rules["required"]) == ("GB", ["name", "line1", "city", "postcode"])
    assert (await browser.get("/v1/address-rules/xx")).status_code == 422
    assert {"country": "GB", "name": "United Kingdom"} in (await browser.get("/v1/address-rules")).json()["countries"]


async def test_staff_routes(browser: httpx.AsyncClient, app: Litestar, identity: IdentityService) -> None:
    account = await sign_up(browser)
    paths = ("/v1/admin/staff", "/v1/admin/api-keys", "/v1/admin/audit", f"/v1/admin/accounts?email={account['email']}")
    assert [(await browser.get(path)).status_code for path in paths] == [403] * 4
    async with staff_browser(app, identity, Role.SUPPORT) as support:
        assert [(await support.get(path)).status_code for path in paths] == [403] * 3 + [200]
        roles = await support.put(f"/v1/admin/accounts/{account['id']}/roles", json={"roles": ["admin"]})
        assert roles.status_code == 403
    async with staff_browser(app, identity, Role.ADMIN) as admin:
        assert [(await admin.get(path)).status_code for path in paths] == [200] * 4
        roles = await admin.put(f"/v1/admin/accounts/{account['id']}/roles", json={"roles": ["catalogue"]})
        assert roles.json()["roles"] == ["catalogue", "customer"]
        assert (await browser.get("/v1/me")).status_code == 401
        me = (await admin.get("/v1/me")).json()["id"]
        own = await admin.put(f"/v1/admin/accounts/{me}/roles", json={"roles": ["customer"]})
        assert (own.status_code, own.json()["code"]) == (403, "OWN_ROLES")
        nobody = await admin.put(f"/v1/admin/accounts/{uuid.uuid4()}/roles", json={"roles": ["customer"]})
        assert nobody.status_code == 404
        log = (await admin.get(f"/v1/admin/audit?subject_type=account&subject_id={account['id']}&limit=1")).json()
        assert log["entries"][0]["facts"] == {"from": ["customer"], "to": ["catalogue", "customer"]}
        page = (await admin.get(f"/v1/admin/audit?subject_id={account['id']}&cursor={log['next_cursor']}")).json()
        assert [entry["action"] for entry in page["entries"]] == ["identity.account_registered"]
        assert page["next_cursor"] is None
        key = (await admin.post("/v1/admin/api-keys", json={"name": "feed", "roles": ["admin"]})).json()
        bearer = {"authorization": f"Bearer {key['secret']}"}
        async with another(app) as machine:
            assert (await machine.get("/v1/admin/staff", headers=bearer)).status_code == 200
            assert (await machine.get("/v1/me", headers=bearer)).status_code == 403
            assert key["secret"] not in (await admin.get("/v1/admin/api-keys")).text
            assert (await admin.delete(f"/v1/admin/api-keys/{key['id']}")).status_code == 204
            assert (await machine.get("/v1/admin/staff", headers=bearer)).status_code == 401
        made = await admin.post(
            "/v1/admin/staff", json={"email": new_email(), "password": PASSWORD, "roles": ["support"]}
        )
        assert (made.status_code, made.json()["roles"]) == (201, ["customer", "support"])


async def test_support_blocks_customers_and_only_an_admin_blocks_staff(
    browser: httpx.AsyncClient, app: Litestar, identity: IdentityService
) -> None:
    account = await sign_up(browser)
    credentials = {"email": account["email"], "password": PASSWORD}
    async with staff_browser(app, identity, Role.SUPPORT) as support, staff_browser(app, identity, Role.ADMIN) as admin:
        path = f"/v1/admin/accounts/{account['id']}/status"
        assert (await browser.put(path, json={"status": "blocked"})).status_code == 403
        assert (await support.put(path, json={"status": "gone"})).status_code == 422
        assert (await support.put(path, json={"status": "blocked"})).json()["status"] == "blocked"
        assert (await browser.get("/v1/me")).status_code == 401
        assert (await browser.post("/v1/session", json=credentials)).json()["code"] == "ACCOUNT_BLOCKED"
        await support.put(path, json={"status": "active"})
        assert (await browser.post("/v1/session", json=credentials)).status_code == 200
        boss, helper = [(await who.get("/v1/me")).json()["id"] for who in (admin, support)]
        refused = [
            await support.put(f"/v1/admin/accounts/{who}/status", json={"status": "blocked"}) for who in (boss, helper)
        ]
        assert [each.json()["code"] for each in refused] == ["FORBIDDEN", "OWN_ROLES"]
        assert (await admin.put(f"/v1/admin/accounts/{helper}/status", json={"status": "blocked"})).status_code == 200
        assert (await support.get("/v1/me")).status_code == 401


async def test_every_route_states_policy_and_problems() -> None:
    for handler in (*IDENTITY, *AUDIT):
        assert handler.opt["policy"] is not None, handler
        assert handler.summary
