"""Letters and what their links do: proven addresses, new passwords, changed addresses."""

import asyncio
import uuid
from typing import Any, LiteralString

import httpx
import psycopg
import pytest
from tests.support.api import client_of, make_staff, problem
from tests.support.post_office import PostOffice, token_in

from surehold.app.settings import Settings
from surehold.modules.notifications import Mail
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from surehold.platform.http.edge.asgi import ASGIApp

pytestmark = pytest.mark.usefixtures("calm")
OLD, NEW = "correct horse battery", "incorrect zebra charger"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36"


def new_email() -> str:
    return f"ada-{uuid.uuid4().hex[:12]}@example.org"


async def registered(client: httpx.AsyncClient, email: str = "") -> str:
    email = email or new_email()
    answer = await client.post("/v1/accounts", json={"email": email, "password": OLD, "name": "Ada Byron"})
    assert answer.status_code == 201, answer.text
    return email


async def reset_letter(client: httpx.AsyncClient, post: PostOffice, email: str) -> Mail:
    answer = await client.post("/v1/password-resets", json={"email": email})
    assert answer.status_code == 202, answer.text
    [letter] = await post.deliver()
    return letter


async def enters(client: httpx.AsyncClient, email: str, password: str) -> int:
    return (await client.post("/v1/session", json={"email": email, "password": password})).status_code


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(problem(answer)["code"])


def run(urls: PostgresUrls, sql: LiteralString, *params: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        cursor = connection.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


async def test_a_new_customer_proves_the_address(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as browser, client_of(shop) as phone:
        email = await registered(browser)
        [letter] = await post.deliver()
        assert (letter.recipient.email, letter.recipient.name) == (email, "Ada Byron")
        assert not (await browser.get("/v1/me")).json()["email_verified"]
        body = {"token": token_in(letter)}
        assert (await phone.post("/v1/email-verifications", json=body)).status_code == 204
        assert (await browser.get("/v1/me")).json()["email_verified"]
        assert refused(await phone.post("/v1/email-verifications", json=body)) == (400, "INVALID_TOKEN")
        assert (await browser.post("/v1/me/email-verification")).status_code == 202
        assert await post.deliver() == []  # there is nothing left to prove


async def test_staff_made_by_staff_gets_no_letter(shop_settings: Settings, post: PostOffice) -> None:
    await make_staff(shop_settings, Role.SUPPORT)
    assert await post.deliver() == []


async def test_using_a_token_ends_the_others_of_its_kind(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as browser:
        await registered(browser)
        [first] = await post.deliver()
        await browser.post("/v1/me/email-verification")
        [second] = await post.deliver()
        assert (await browser.post("/v1/email-verifications", json={"token": token_in(second)})).status_code == 204
        answer = await browser.post("/v1/email-verifications", json={"token": token_in(first)})
        assert refused(answer) == (400, "INVALID_TOKEN")


async def test_a_forgotten_password(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as browser, client_of(shop) as other, client_of(shop) as stranger:
        email = await registered(browser)
        assert await enters(other, email, OLD) == 200
        await post.deliver()
        letter = await reset_letter(stranger, post, email.upper())
        assert letter.recipient.email == email
        body = {"token": token_in(letter), "password": NEW}
        weak = await stranger.put("/v1/password-resets", json={**body, "password": "password123"})
        assert refused(weak) == (422, "WEAK_PASSWORD")
        assert (await stranger.put("/v1/password-resets", json=body)).status_code == 204
        assert [(await each.get("/v1/me")).status_code for each in (browser, other)] == [401, 401]
        assert [await enters(stranger, email, password) for password in (OLD, NEW)] == [401, 200]
        assert (await stranger.get("/v1/me")).json()["email_verified"]  # a letter to it was read
        assert refused(await stranger.put("/v1/password-resets", json=body)) == (400, "INVALID_TOKEN")


async def test_an_unknown_address_gets_the_same_answer_and_no_letter(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as browser:
        email = await registered(browser)
        await post.deliver()
        answers = [await browser.post("/v1/password-resets", json={"email": one}) for one in (email, new_email())]
        known, unknown = [(each.status_code, each.content, sorted(each.headers)) for each in answers]
        assert known == unknown
        assert [letter.recipient.email for letter in await post.deliver()] == [email]


@pytest.mark.parametrize(
    "moment", ["expires_at = clock_timestamp()", "expires_at = clock_timestamp() - interval '1 day'"]
)
async def test_a_link_is_over_after_its_time(
    shop: ASGIApp, post: PostOffice, database_urls: PostgresUrls, moment: LiteralString
) -> None:
    async with client_of(shop) as browser:
        email = await registered(browser)
        await post.deliver()
        letter = await reset_letter(browser, post, email)
        [(lives_s,)] = run(
            database_urls,
            "select extract(epoch from max(expires_at) - clock_timestamp())::int from identity.tokens"
            " where purpose = 'reset_password'",
        )
        assert 3_500 < lives_s <= 3_600
        run(database_urls, f"update identity.tokens set {moment} where token_hash is not null")
        answer = await browser.put("/v1/password-resets", json={"token": token_in(letter), "password": NEW})
        assert refused(answer) == (400, "INVALID_TOKEN")
        assert await enters(browser, email, OLD) == 200


async def test_a_reset_is_over_once_the_password_or_the_address_changed(shop: ASGIApp, post: PostOffice) -> None:
    changes = {
        "/v1/me/password": {"current_password": OLD, "new_password": NEW},
        "/v1/me/email": {"current_password": OLD, "email": new_email()},
    }
    for path, change in changes.items():
        async with client_of(shop) as browser:
            email = await registered(browser)
            await post.deliver()
            letter = await reset_letter(browser, post, email)
            assert (await browser.post(path, json=change)).is_success
            body = {"token": token_in(letter), "password": "yet another one"}
            assert refused(await browser.put("/v1/password-resets", json=body)) == (400, "INVALID_TOKEN"), path
            await post.deliver()


async def test_a_token_opens_nothing_but_what_it_is_for(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as browser:
        email = await registered(browser)
        [verify] = await post.deliver()
        reset = await reset_letter(browser, post, email)
        as_reset = await browser.put("/v1/password-resets", json={"token": token_in(verify), "password": NEW})
        as_proof = await browser.post("/v1/email-verifications", json={"token": token_in(reset)})
        assert [refused(as_reset), refused(as_proof)] == [(400, "INVALID_TOKEN")] * 2
        assert not (await browser.get("/v1/me")).json()["email_verified"]


async def test_many_at_once_use_a_token_once(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as browser:
        email = await registered(browser)
        await post.deliver()
        token = token_in(await reset_letter(browser, post, email))
        passwords = [f"password number {n}" for n in range(10)]
        answers = await asyncio.gather(
            *(browser.put("/v1/password-resets", json={"token": token, "password": each}) for each in passwords)
        )
        assert sorted(each.status_code for each in answers) == [204] + [400] * 9
        won = next(each for each, answer in zip(passwords, answers, strict=True) if answer.status_code == 204)
        assert await enters(browser, email, won) == 200


async def test_an_address_changes_when_the_new_one_says_so(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as browser, client_of(shop) as other, client_of(shop) as phone:
        old, new = await registered(browser), new_email()
        [proof] = await post.deliver()
        await browser.post("/v1/email-verifications", json={"token": token_in(proof)})
        assert await enters(other, old, OLD) == 200
        at_once = await browser.post("/v1/me/email", json={"email": new, "current_password": OLD})
        assert refused(at_once) == (409, "EMAIL_IS_VERIFIED")
        wrong = await browser.post("/v1/me/email-change", json={"email": new, "current_password": NEW})
        assert refused(wrong) == (403, "WRONG_PASSWORD")
        assert await post.deliver() == []
        asked = await browser.post("/v1/me/email-change", json={"email": new, "current_password": OLD})
        assert asked.status_code == 202
        [letter] = await post.deliver()
        assert letter.recipient.email == new
        assert (await browser.get("/v1/me")).json()["email"] == old
        body = {"token": token_in(letter)}
        assert (await phone.post("/v1/email-verifications", json=body)).status_code == 204
        [told] = await post.deliver()
        assert (told.recipient.email, "changed" in told.content.subject) == (old, True)
        assert new not in told.content.text
        assert (await other.get("/v1/me")).status_code == 401
        assert [await enters(phone, email, OLD) for email in (old, new)] == [401, 200]
        assert (await phone.get("/v1/me")).json()["email_verified"]


async def test_somebody_elses_token_is_none_for_who_is_signed_in(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as ada, client_of(shop) as eve:
        old, new = await registered(ada), new_email()
        others = await registered(eve)
        await post.deliver()
        await ada.post("/v1/me/email-change", json={"email": new, "current_password": OLD})
        [letter] = await post.deliver()
        body = {"token": token_in(letter)}
        assert refused(await eve.post("/v1/email-verifications", json=body)) == (400, "INVALID_TOKEN")
        assert [(await each.get("/v1/me")).json()["email"] for each in (ada, eve)] == [old, others]
        assert (await ada.post("/v1/email-verifications", json=body)).status_code == 204
        assert (await ada.get("/v1/me")).json()["email"] == new  # the session that confirms goes on


async def test_a_change_to_a_taken_address_tells_nobody(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as ada, client_of(shop) as eve:
        await registered(ada)
        taken, free = await registered(eve), new_email()
        await post.deliver()
        for email in (taken, free):
            asked = await ada.post("/v1/me/email-change", json={"email": email, "current_password": OLD})
            assert asked.status_code == 202
        [letter] = await post.deliver()
        assert letter.recipient.email == free
        async with client_of(shop) as faster:
            await registered(faster, free)
        answer = await ada.post("/v1/email-verifications", json={"token": token_in(letter)})
        assert refused(answer) == (409, "EMAIL_TAKEN")
        await post.deliver()


async def test_letters_are_limited_for_known_and_unknown_addresses_alike(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop) as browser:
        known = await registered(browser)
        await post.deliver()
        for email in (known, new_email()):
            asked = [await browser.post("/v1/password-resets", json={"email": email}) for _ in range(6)]
            assert [each.status_code for each in asked] == [202] * 5 + [429]
            assert problem(asked[-1])["code"] == "TOO_MANY_ATTEMPTS"
            assert asked[-1].headers["retry-after"] in {"1", "2"}
        assert len(await post.deliver()) == 5
        assert await enters(browser, known, OLD) == 200  # letters that others ask for lock nobody out


async def test_a_blocked_account_gets_no_letter(shop: ASGIApp, post: PostOffice, database_urls: PostgresUrls) -> None:
    async with client_of(shop) as browser:
        email = await registered(browser)
        await post.deliver()
        letter = await reset_letter(browser, post, email)
        run(database_urls, "update identity.accounts set status = 'blocked' where status = 'active'")
        answer = await browser.put("/v1/password-resets", json={"token": token_in(letter), "password": NEW})
        assert refused(answer) == (400, "INVALID_TOKEN")
        await browser.post("/v1/password-resets", json={"email": email})
        assert await post.deliver() == []


async def test_a_device_that_is_new_is_told(shop: ASGIApp, post: PostOffice) -> None:
    async with client_of(shop, **{"user-agent": CHROME}) as browser:
        email = await registered(browser)
        assert len(await post.deliver()) == 1  # to prove the address; the first device is no news
        await browser.delete("/v1/session")
        browser.headers["user-agent"] = CHROME.replace("142.0.0.0", "143.0.1.2")
        assert await enters(browser, email, OLD) == 200
        assert await post.deliver() == []  # an update is no other device
    async with client_of(shop, **{"user-agent": "Fridge <b>7</b>"}) as fridge:
        assert await enters(fridge, email, OLD) == 200
        [letter] = await post.deliver()
        assert letter.recipient.email == email
        assert "Fridge <b>7</b>" in letter.content.text
        assert "Fridge &lt;b&gt;7&lt;/b&gt;" in letter.content.html
        await fridge.delete("/v1/session")
        assert await enters(fridge, email, OLD) == 200
        assert await post.deliver() == []


async def test_no_secret_and_no_address_is_stored_in_the_clear(
    shop: ASGIApp, post: PostOffice, database_urls: PostgresUrls
) -> None:
    async with client_of(shop, **{"user-agent": "Canary Browser"}) as browser:
        old, new = await registered(browser), new_email()
        letters = await post.deliver()
        await browser.post("/v1/me/email-change", json={"email": new, "current_password": OLD})
        letters += await post.deliver()
        await browser.post("/v1/email-verifications", json={"token": token_in(letters[-1])})
        await post.deliver()
    stored = run(
        database_urls,
        "select t::text from identity.tokens t union all select f::text from identity.former_emails f"
        " union all select d::text from identity.devices d union all select m::text from notifications.messages m"
        " union all select e::text from platform.events e union all select n::text from audit.entries n",
    )
    text = "\n".join(row[0] for row in stored)
    for word in (old, new, "Canary", *map(token_in, letters)):
        assert word not in text
        assert word.encode().hex() not in text


@pytest.mark.parametrize("token", ["", "x" * 42, "x" * 44, "x" * 42 + "!", None, 7, ["x" * 43]])
async def test_what_is_no_token_is_refused(shop: ASGIApp, token: Any) -> None:
    async with client_of(shop) as browser:
        reset = await browser.put("/v1/password-resets", json={"token": token, "password": NEW})
        proof = await browser.post("/v1/email-verifications", json={"token": token})
        assert [refused(reset), refused(proof)] == [(422, "INVALID_INPUT")] * 2
