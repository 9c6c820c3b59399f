"""The second factor: codes that work once, recovery codes, and staff who must have one."""

import asyncio
import time
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import psycopg
import pytest
from pyotp.totp import TOTP
from tests.support.api import client_of, make_staff, problem, running_api, sign_in

from surehold.app.settings import Settings
from surehold.modules.identity import IdentitySettings
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from surehold.platform.http.edge.asgi import ASGIApp

pytestmark = pytest.mark.usefixtures("calm")
PASSWORD = "correct horse battery"


async def registered(client: httpx.AsyncClient) -> str:
    email = f"ada-{uuid.uuid4().hex[:12]}@example.org"
    answer = await client.post("/v1/accounts", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return email


async def turned_on(client: httpx.AsyncClient) -> tuple[TOTP, list[str]]:
    """With the code of the step before, so that those of now are not used yet."""
    begun = (await client.post("/v1/me/totp")).json()
    app = TOTP(begun["secret"])
    answer = await client.put("/v1/me/totp", json={"code": app.at(int(time.time()) - 30)})
    assert answer.status_code == 200, answer.text
    return app, answer.json()["recovery_codes"]


async def enter(client: httpx.AsyncClient, email: str, code: str | None = None, password: str = PASSWORD) -> Any:
    body = {"email": email, "password": password} | ({} if code is None else {"totp_code": code})
    return await client.post("/v1/session", json=body)


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.is_success else str(problem(answer)["code"])


def forget_last_step(urls: PostgresUrls) -> None:
    """As if the last code had been used long ago."""
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("update identity.totp set last_step = 0")


async def test_it_is_turned_on_with_a_code_and_asked_for_from_then_on(shop: ASGIApp) -> None:
    async with client_of(shop) as browser, client_of(shop) as other:
        email = await registered(browser)
        assert (await enter(other, email)).status_code == 200
        begun = (await browser.post("/v1/me/totp")).json()
        told = parse_qs(urlsplit(begun["uri"]).query)
        assert (told["secret"], told["issuer"]) == ([begun["secret"]], ["Quillmoor"])
        again = (await browser.post("/v1/me/totp")).json()
        assert again["secret"] != begun["secret"]  # the first does nothing any more
        old = await browser.put("/v1/me/totp", json={"code": TOTP(begun["secret"]).now()})
        assert said(old) == (409, "TOTP_CODE_DOES_NOT_FIT")
        assert (await enter(other, email)).status_code == 200
        app = TOTP(again["secret"])
        on = await browser.put("/v1/me/totp", json={"code": app.at(int(time.time()) - 30)})
        assert len(set(on.json()["recovery_codes"])) == 10
        assert (await browser.get("/v1/me")).json()["totp_on"]
        assert (await other.get("/v1/me")).status_code == 401  # it never showed a code
        assert said(await browser.post("/v1/me/totp")) == (409, "TOTP_ON")
        assert said(await browser.put("/v1/me/totp", json={"code": app.now()})) == (409, "TOTP_ON")
        assert said(await enter(other, email)) == (401, "TOTP_REQUIRED")
        assert said(await enter(other, email, "000000", "wrong password")) == (401, "WRONG_CREDENTIALS")
        assert said(await enter(other, email, app.now())) == (200, "")


async def test_nothing_is_confirmed_that_was_not_begun(shop: ASGIApp) -> None:
    async with client_of(shop) as browser:
        await registered(browser)
        assert said(await browser.put("/v1/me/totp", json={"code": "123456"})) == (409, "TOTP_NOT_BEGUN")


async def test_signing_up_again_is_no_way_around_it(shop: ASGIApp) -> None:
    async with client_of(shop) as browser, client_of(shop) as other:
        email = await registered(browser)
        await turned_on(browser)
        answer = await other.post("/v1/accounts", json={"email": email, "password": PASSWORD})
        assert said(answer) == (401, "TOTP_REQUIRED")
        assert "set-cookie" not in answer.headers


async def test_a_code_works_once_however_many_send_it(shop: ASGIApp) -> None:
    async with client_of(shop) as browser:
        email = await registered(browser)
        app, _ = await turned_on(browser)
        code = app.now()
        async with client_of(shop) as one:
            answers = await asyncio.gather(*(enter(one, email, code) for _ in range(5)))
        assert sorted(map(said, answers)) == [(200, "")] + [(401, "WRONG_TOTP_CODE")] * 4
        sessions = (await browser.get("/v1/me/sessions")).json()["sessions"]
        assert len(sessions) == 2


async def test_one_step_of_drift_is_forgiven_and_no_more(shop: ASGIApp, database_urls: PostgresUrls) -> None:
    async with client_of(shop) as browser, client_of(shop) as other:
        email = await registered(browser)
        app, _ = await turned_on(browser)
        now = int(time.time())
        for steps, expected in ((-3, 401), (3, 401), (1, 200)):
            forget_last_step(database_urls)
            assert (await enter(other, email, app.at(now + 30 * steps))).status_code == expected, steps
        older = await enter(other, email, app.at(now))
        assert said(older) == (401, "WRONG_TOTP_CODE")  # a newer one was used


async def test_recovery_codes_stand_in_and_work_once(shop: ASGIApp) -> None:
    async with client_of(shop) as browser, client_of(shop) as other:
        email = await registered(browser)
        _, codes = await turned_on(browser)
        assert said(await enter(other, email, codes[0].upper().replace("-", ""))) == (200, "")
        assert said(await enter(other, email, codes[0])) == (401, "WRONG_TOTP_CODE")
        assert said(await enter(other, email, codes[1])) == (200, "")
        assert said(await enter(other, email, "aaaa-bbbb-cccc-dddd")) == (401, "WRONG_TOTP_CODE")


async def test_guessing_codes_is_slowed_down(shop: ASGIApp) -> None:
    async with client_of(shop) as browser, client_of(shop) as other:
        email = await registered(browser)
        app, _ = await turned_on(browser)
        right = app.now()
        wrong = f"{(int(right) + 500_000) % 1_000_000:06}"
        guesses = [said(await enter(other, email, wrong)) for _ in range(7)]
        assert guesses == [(401, "WRONG_TOTP_CODE")] * 6 + [(429, "TOO_MANY_ATTEMPTS")]
        assert said(await enter(other, email, right)) == (429, "TOO_MANY_ATTEMPTS")


async def test_it_is_turned_off_with_the_password(shop: ASGIApp) -> None:
    async with client_of(shop) as browser, client_of(shop) as other:
        email = await registered(browser)
        await turned_on(browser)
        body = {"current_password": "wrong password"}
        assert said(await browser.request("DELETE", "/v1/me/totp", json=body)) == (403, "WRONG_PASSWORD")
        body = {"current_password": PASSWORD}
        for _ in range(2):
            assert (await browser.request("DELETE", "/v1/me/totp", json=body)).status_code == 204
        assert not (await browser.get("/v1/me")).json()["totp_on"]
        assert said(await enter(other, email)) == (200, "")


async def test_an_admin_takes_away_what_somebody_else_lost(
    shop: ASGIApp, shop_settings: Settings, database_urls: PostgresUrls
) -> None:
    async with client_of(shop) as browser, client_of(shop) as admin, client_of(shop) as support:
        email = await registered(browser)
        await turned_on(browser)
        await sign_in(admin, *await make_staff(shop_settings, Role.ADMIN))
        await sign_in(support, *await make_staff(shop_settings, Role.SUPPORT))
        ids = [(await each.get("/v1/me")).json()["id"] for each in (browser, admin)]
        lost, own = [f"/v1/admin/accounts/{account}/totp" for account in ids]
        assert said(await support.delete(lost)) == (403, "FORBIDDEN")
        assert said(await admin.delete(own)) == (403, "FORBIDDEN")
        assert said(await admin.delete(f"/v1/admin/accounts/{uuid.uuid4()}/totp")) == (404, "ACCOUNT_NOT_FOUND")
        for _ in range(2):
            assert said(await admin.delete(lost)) == (204, "")
        assert (await browser.get("/v1/me")).status_code == 401
        assert said(await enter(browser, email)) == (200, "")
        with psycopg.connect(database_urls.owner) as connection:
            noted = connection.execute(
                "select actor from audit.entries where action = 'identity.totp_taken_away' and subject_id = %s",
                (ids[0],),
            ).fetchall()
        assert noted == [(f"account:{ids[1]}",)]


async def test_secrets_and_codes_are_not_stored_in_the_clear(shop: ASGIApp, database_urls: PostgresUrls) -> None:
    async with client_of(shop) as browser:
        await registered(browser)
        app, codes = await turned_on(browser)
    with psycopg.connect(database_urls.owner) as connection:
        rows = connection.execute(
            "select t::text from identity.totp t union all select c::text from identity.recovery_codes c"
        ).fetchall()
    text = "\n".join(row[0] for row in rows)
    for word in (app.secret, *codes, *(code.replace("-", "") for code in codes)):
        assert word not in text
        assert word.encode().hex() not in text


async def test_staff_who_must_have_one_is_a_customer_until_it_is_on(shop_settings: Settings) -> None:
    strict = msgspec.structs.replace(shop_settings, identity=IdentitySettings(staff_totp=True))
    email, password = await make_staff(shop_settings, Role.ADMIN)
    async with running_api(strict) as app, client_of(app) as admin, client_of(app) as other:
        await sign_in(admin, email, password)
        assert said(await admin.get("/v1/admin/staff")) == (403, "TOTP_NEEDED")
        assert (await admin.get("/v1/me")).status_code == 200
        totp, _ = await turned_on(admin)
        assert said(await admin.get("/v1/admin/staff")) == (200, "")
        assert said(await enter(other, email, None, password)) == (401, "TOTP_REQUIRED")
        assert said(await enter(other, email, totp.now(), password)) == (200, "")
        assert said(await other.get("/v1/admin/staff")) == (200, "")
