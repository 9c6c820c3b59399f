import asyncio
import uuid

import pytest

from surehold.kernel.errors import ForbiddenError, UnavailableError
from surehold.modules.identity import (
    AccountBlockedError,
    EmailTakenError,
    IdentityService,
    IdentitySettings,
    InvalidEmailError,
    OwnRolesError,
    Passwords,
    PasswordSettings,
    SessionNotFoundError,
    SessionResolver,
    SignedIn,
    TooManyAttemptsError,
    WeakPasswordError,
    WrongCredentialsError,
    WrongPasswordError,
    normalize_email,
)
from surehold.platform.db import Database
from surehold.platform.http import SYSTEM, Actor, ActorKind, Role

PASSWORD = "correct horse battery"


def anybody(network: str = "") -> Actor:
    return Actor(kind=ActorKind.ANONYMOUS, network=network or f"net-{uuid.uuid4().hex}", request_id="r1")


def new_email() -> str:
    return f"ada-{uuid.uuid4().hex[:12]}@example.org"


async def signed_up(identity: IdentityService, email: str = "") -> SignedIn:
    return await identity.sign_up(anybody(), email or new_email(), PASSWORD, "Ada", "en", "Browser")


async def actor_of(db: Database, token: str) -> Actor:
    actor = await SessionResolver(db).resolve(token)
    assert actor is not None
    return actor


async def test_sign_up_sign_in_sign_out(identity: IdentityService, db: Database) -> None:
    email = new_email()
    up = await identity.sign_up(anybody(), f" {email.upper()} ", PASSWORD, " Ada\u200b  Byron ", "en", "Browser")
    assert (up.account.email, up.account.name, up.account.roles) == (email, "Ada Byron", (Role.CUSTOMER,))
    asker = await actor_of(db, up.session_token)
    assert (asker.account_id, asker.kind) == (up.account.id, ActorKind.ACCOUNT)
    again = await identity.sign_in(asker, email, PASSWORD, "Browser")
    assert await SessionResolver(db).resolve(up.session_token) is None  # the id is rotated, the old one is dead
    now = await actor_of(db, again.session_token)
    await identity.access.sign_out(now)
    await identity.access.sign_out(now)
    assert await SessionResolver(db).resolve(again.session_token) is None
    names = await db.fetch_all(
        "select name, seq from platform.events where aggregate_id = %s order by seq", (up.account.id,)
    )
    assert names == [("identity.account_registered.v1", 1), ("identity.signed_in.v1", 2), ("identity.signed_in.v1", 3)]


async def test_nothing_personal_is_stored_in_the_clear(identity: IdentityService, db: Database) -> None:
    email = new_email()
    up = await identity.sign_up(anybody("192.0.2.0/24"), email, PASSWORD, "Canary Name", "en", "Canary Browser")
    rows = await db.fetch_all(
        "select a::text from identity.accounts a where id = %s union all"
        " select s::text from identity.sessions s where account_id = %s union all"
        " select t::text from identity.sign_in_attempts t union all select e::text from platform.events e union all"
        " select n::text from audit.entries n",
        (up.account.id, up.account.id),
    )
    text = "\n".join(row[0] for row in rows)
    for word in (email, "Canary", PASSWORD, up.session_token, "192.0.2", email.encode().hex(), b"Canary".hex()):
        assert word not in text


async def test_sign_up_again_with_the_password_signs_in(identity: IdentityService) -> None:
    email = new_email()
    found = await asyncio.gather(*(identity.sign_up(anybody(), email, PASSWORD, "Ada", "en") for _ in range(5)))
    assert len({each.account.id for each in found}) == 1
    assert len({each.session_token for each in found}) == 5
    with pytest.raises(EmailTakenError):
        await identity.sign_up(anybody(), email, "another password", "Eve", "en")


async def test_known_and_unknown_accounts_answer_alike(identity: IdentityService) -> None:
    email = new_email()
    await signed_up(identity, email)
    with pytest.raises(WrongCredentialsError) as known:
        await identity.sign_in(anybody(), email, "wrong password")
    with pytest.raises(WrongCredentialsError) as unknown:
        await identity.sign_in(anybody(), new_email(), "wrong password")
    assert (known.value.detail, known.value.extra) == (unknown.value.detail, unknown.value.extra)


async def test_an_unknown_account_costs_a_hash_too() -> None:
    counted: list[str] = []

    class Counting(Passwords):
        def _fits(self, password_hash: str, password: str) -> bool:
            counted.append(password_hash)
            return super()._fits(password_hash, password)

    passwords = Counting(PasswordSettings(memory_kib=64, passes=1))
    assert not await passwords.verify(None, "x")
    assert len(counted) == 1
    assert counted[0].startswith("$argon2id$")
    passwords.close()


async def test_guessing_is_slowed_down_per_account_from_everywhere(identity: IdentityService, db: Database) -> None:
    email = new_email()
    await signed_up(identity, email)
    guesses = [identity.sign_in(anybody(), email, f"wrong password {n}") for n in range(20)]
    results = await asyncio.gather(*guesses, return_exceptions=True)
    looked_at = [error for error in results if isinstance(error, WrongCredentialsError)]
    refused = [error for error in results if isinstance(error, TooManyAttemptsError)]
    assert (len(looked_at), len(refused)) == (6, 14)  # five are free, the sixth starts the wait, all at once or not
    with pytest.raises(TooManyAttemptsError) as right_too:
        await identity.sign_in(anybody(), email, PASSWORD)
    assert right_too.value.retry_after_s in {1, 2}
    await wait_is_over(db)
    with pytest.raises(WrongCredentialsError):
        await identity.sign_in(anybody(), email, "wrong password")
    with pytest.raises(TooManyAttemptsError) as longer:
        await identity.sign_in(anybody(), email, PASSWORD)
    assert longer.value.retry_after_s in {3, 4}
    await wait_is_over(db)
    await identity.sign_in(anybody(), email, PASSWORD)
    with pytest.raises(WrongCredentialsError):  # success starts anew
        await identity.sign_in(anybody(), email, "wrong password")
    await identity.sign_in(anybody(), email, PASSWORD)


async def wait_is_over(db: Database) -> None:
    await db.execute(
        "update identity.sign_in_attempts set blocked_until = blocked_until - interval '1 hour' where isfinite(blocked_until)"
    )


async def test_guessing_is_slowed_down_per_network_over_all_accounts(identity: IdentityService) -> None:
    here = anybody()
    results = [await caught(identity.sign_in(here, new_email(), "wrong password")) for _ in range(32)]
    assert [type(error) for error in results] == [WrongCredentialsError] * 31 + [TooManyAttemptsError]
    assert isinstance(await caught(identity.sign_in(anybody(), new_email(), "wrong password")), WrongCredentialsError)


async def test_the_wait_has_a_limit_and_old_failures_are_forgotten(identity: IdentityService, db: Database) -> None:
    email = new_email()
    await signed_up(identity, email)
    await caught(identity.sign_in(anybody(), email, "wrong password"))
    await db.execute("update identity.sign_in_attempts set failures = 5000")
    await caught(identity.sign_in(anybody(), email, "wrong password"))
    error = await caught(identity.sign_in(anybody(), email, PASSWORD))
    assert isinstance(error, TooManyAttemptsError)
    assert error.retry_after_s in {299, 300}
    await db.execute(
        "update identity.sign_in_attempts set last_at = last_at - interval '25 hours', blocked_until = '-infinity'"
    )
    await caught(identity.sign_in(anybody(), email, "wrong password"))
    await identity.sign_in(anybody(), email, PASSWORD)


async def caught(asked: object) -> BaseException | None:
    return (await asyncio.gather(asked, return_exceptions=True))[0]  # type: ignore[call-overload]


async def test_sessions_end_by_age_and_by_idleness_and_are_touched_once_a_minute(
    identity: IdentityService, db: Database
) -> None:
    for column, past in (("expires_at", "0 s"), ("last_seen_at", "14 days 1 s")):
        up = await signed_up(identity)
        session = (await actor_of(db, up.session_token)).session_id
        assert session is not None
        if column == "expires_at":
            await db.execute(
                "update identity.sessions set created_at = created_at - interval '31 days', expires_at = now()"
                " where id = %s",
                (session,),
            )
        else:
            await db.execute(
                "update identity.sessions set last_seen_at = clock_timestamp() - %s::interval where id = %s",
                (past, session),
            )
        assert await SessionResolver(db).resolve(up.session_token) is None
    up = await signed_up(identity)
    session = (await actor_of(db, up.session_token)).session_id
    seen = [await last_seen(db, session)]
    await actor_of(db, up.session_token)
    seen.append(await last_seen(db, session))
    assert seen[0] == seen[1]
    await db.execute(
        "update identity.sessions set last_seen_at = last_seen_at - interval '61 s' where id = %s", (session,)
    )
    await actor_of(db, up.session_token)
    assert await last_seen(db, session) > seen[0]
    assert await identity.purge() >= 2


async def last_seen(db: Database, session: uuid.UUID | None) -> object:
    row = await db.fetch_one("select last_seen_at from identity.sessions where id = %s", (session,))
    assert row is not None
    return row[0]


async def test_an_account_has_a_bounded_number_of_sessions(
    db: Database, codec: object, identity: IdentityService
) -> None:
    up = await signed_up(identity)
    tokens = [(await identity.sign_in(anybody(), up.account.email, PASSWORD)).session_token for _ in range(21)]
    listed = await identity.access.list_sessions(up.account.id, None)
    assert len(listed) == 20
    assert await SessionResolver(db).resolve(tokens[-1]) is not None
    assert await SessionResolver(db).resolve(up.session_token) is None


async def test_a_new_password_ends_the_other_sessions(identity: IdentityService, db: Database) -> None:
    up = await signed_up(identity)
    other = await identity.sign_in(anybody(), up.account.email, PASSWORD)
    here = await actor_of(db, up.session_token)
    with pytest.raises(WrongPasswordError):
        await identity.access.change_password(here, "wrong password", "a new password")
    with pytest.raises(WeakPasswordError):
        await identity.access.change_password(here, PASSWORD, "password123")
    token = await identity.access.change_password(here, PASSWORD, "a new password")
    assert await SessionResolver(db).resolve(other.session_token) is None
    assert await SessionResolver(db).resolve(up.session_token) is None
    assert (await actor_of(db, token)).session_id == here.session_id
    with pytest.raises(WrongCredentialsError):
        await identity.sign_in(anybody(), up.account.email, PASSWORD)


async def test_a_password_changed_during_sign_in_leaves_no_session(identity: IdentityService, db: Database) -> None:
    """Sign-in with the old password against its change: whoever wins, afterwards no session opened with the old one lives."""
    for _ in range(15):
        up = await signed_up(identity)
        here = await actor_of(db, up.session_token)
        inside, changed = await asyncio.gather(
            identity.sign_in(anybody(), up.account.email, PASSWORD),
            identity.access.change_password(here, PASSWORD, "a new password"),
            return_exceptions=True,
        )
        assert isinstance(changed, str)
        if isinstance(inside, SignedIn):
            assert await SessionResolver(db).resolve(inside.session_token) is None
        else:
            assert isinstance(inside, WrongCredentialsError)
        assert len(await identity.access.list_sessions(up.account.id, None)) == 1


async def test_another_email(identity: IdentityService, db: Database) -> None:
    up, taken, free = await signed_up(identity), await signed_up(identity), new_email()
    here = await actor_of(db, up.session_token)
    with pytest.raises(EmailTakenError):
        await identity.access.change_email(here, taken.account.email, PASSWORD)
    with pytest.raises(WrongPasswordError):
        await identity.access.change_email(here, free, "wrong password")
    await identity.access.change_email(here, free, PASSWORD)
    assert (await identity.sign_in(anybody(), free, PASSWORD)).account.id == up.account.id


async def test_sessions_of_others_are_not_there(identity: IdentityService, db: Database) -> None:
    mine, theirs = await signed_up(identity), await signed_up(identity)
    session = (await actor_of(db, theirs.session_token)).session_id
    assert session is not None
    with pytest.raises(SessionNotFoundError):
        await identity.access.end_session(mine.account.id, session)
    assert await SessionResolver(db).resolve(theirs.session_token) is not None


async def test_a_blocked_account(identity: IdentityService, db: Database) -> None:
    up = await signed_up(identity)
    await db.execute("update identity.accounts set status = 'blocked' where id = %s", (up.account.id,))
    assert await SessionResolver(db).resolve(up.session_token) is None
    with pytest.raises(WrongCredentialsError):
        await identity.sign_in(anybody(), up.account.email, "wrong password")
    with pytest.raises(AccountBlockedError):
        await identity.sign_in(anybody(), up.account.email, PASSWORD)


async def test_dearer_costs_reach_old_hashes(db: Database, codec: object, identity: IdentityService) -> None:
    up = await signed_up(identity)
    dearer = IdentityService(db, codec, QuietWaker(), Passwords(PasswordSettings(memory_kib=128, passes=1)))  # type: ignore[arg-type]
    await dearer.sign_in(anybody(), up.account.email, PASSWORD)
    row = await db.fetch_one("select password_hash from identity.accounts where id = %s", (up.account.id,))
    assert row is not None
    assert "m=128" in row[0]
    await identity.sign_in(anybody(), up.account.email, PASSWORD)
    dearer.close()


class QuietWaker:
    def wake(self) -> None:
        return None


async def test_hashing_has_a_queue_with_an_end() -> None:
    passwords = Passwords(PasswordSettings(memory_kib=1024, passes=1, at_once=1, max_waiting=2))
    results = await asyncio.gather(*(passwords.hash("x") for _ in range(8)), return_exceptions=True)
    assert [isinstance(result, UnavailableError) for result in results] == [False] * 3 + [True] * 5
    await passwords.hash("x")
    passwords.close()


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("Ada@Example.ORG", "ada@example.org"),
        (" ada+shop@bücher.example ", "ada+shop@xn--bcher-kva.example"),
        ("o'hara@example.org", "o'hara@example.org"),
    ],
)
def test_emails(raw: str, normal: str) -> None:
    assert normalize_email(raw) == normal


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@localhost",
        "a b@example.org",
        "a..b@example.org",
        "ada@-x.org",
        "a\n@example.org",
        "x" * 65 + "@example.org",
        "a@" + "b" * 64 + ".org",
        "ada@example.org\nBcc: x@example.org",
        "a@b@c.org,d@e.org",
    ],
)
def test_no_emails(raw: str) -> None:
    with pytest.raises(InvalidEmailError):
        normalize_email(raw)


@pytest.mark.parametrize("bad", ["short", "password123", "aaaaaaaaaaaa", "ABABABABABAB", "x" * 129])
async def test_weak_passwords(identity: IdentityService, bad: str) -> None:
    with pytest.raises(WeakPasswordError):
        await identity.sign_up(anybody(), new_email(), bad, "", "en")


async def test_the_email_is_no_password(identity: IdentityService) -> None:
    email = new_email()
    with pytest.raises(WeakPasswordError):
        await identity.sign_up(anybody(), email, email.upper(), "", "en")


async def test_staff_and_roles(identity: IdentityService, db: Database) -> None:
    boss = await identity.create_staff(new_email(), PASSWORD, [Role.ADMIN])
    with pytest.raises(EmailTakenError):
        await identity.create_staff((await identity.get_profile(boss)).email, PASSWORD, [Role.ADMIN])
    inside = await identity.sign_in(anybody(), (await identity.get_profile(boss)).email, PASSWORD)
    admin = await actor_of(db, inside.session_token)
    assert admin.roles == {Role.ADMIN, Role.CUSTOMER}
    up = await signed_up(identity)
    changed = await identity.staff.set_roles(admin, up.account.id, [Role.SUPPORT])
    assert set(changed.roles) == {Role.CUSTOMER, Role.SUPPORT}
    assert await SessionResolver(db).resolve(up.session_token) is None  # new rights begin with a new session
    again = await actor_of(db, (await identity.sign_in(anybody(), up.account.email, PASSWORD)).session_token)
    assert again.roles == {Role.CUSTOMER, Role.SUPPORT}
    with pytest.raises(OwnRolesError):
        await identity.staff.set_roles(admin, boss, [Role.CUSTOMER])
    with pytest.raises(ForbiddenError):
        await identity.staff.set_roles(again, boss, [Role.CUSTOMER])
    assert {account.id for account in await identity.staff.list_accounts()} >= {boss, up.account.id}
    entries = await db.fetch_all(
        "select action, actor from audit.entries where subject_id = %s order by seq", (up.account.id,)
    )
    assert entries == [
        ("identity.account_registered", f"account:{up.account.id}"),
        ("identity.roles_changed", admin.key),
        ("identity.staff_signed_in", f"account:{up.account.id}"),
    ]


async def test_two_admins_cannot_unmake_each_other(identity: IdentityService, db: Database) -> None:
    for _ in range(10):
        emails = [new_email(), new_email()]
        ids = [await identity.create_staff(email, PASSWORD, [Role.ADMIN]) for email in emails]
        admins = [
            await actor_of(db, (await identity.sign_in(anybody(), email, PASSWORD)).session_token) for email in emails
        ]
        results = await asyncio.gather(
            identity.staff.set_roles(admins[0], ids[1], [Role.CUSTOMER]),
            identity.staff.set_roles(admins[1], ids[0], [Role.CUSTOMER]),
            return_exceptions=True,
        )
        assert sum(isinstance(result, ForbiddenError) for result in results) == 1
        rows = await db.fetch_all(
            "select id from identity.accounts where id = any(%s) and 'admin' = any(roles)", (ids,)
        )
        assert len(rows) == 1


async def test_keys_of_machines(identity: IdentityService, db: Database) -> None:
    key_id, secret = await identity.staff.create_api_key(SYSTEM, "feed", [Role.OPERATIONS], None)
    _, short = await identity.staff.create_api_key(SYSTEM, "short", [Role.OPERATIONS], 1)
    resolver = SessionResolver(db)
    machine = await resolver.resolve_api_key(secret)
    assert machine is not None
    assert (machine.kind, machine.key, machine.roles) == (ActorKind.MACHINE, f"machine:{key_id}", {Role.OPERATIONS})
    assert await resolver.resolve_api_key(secret[:-1] + "!") is None
    assert await resolver.resolve(secret) is None
    await identity.staff.revoke_api_key(SYSTEM, key_id)
    await identity.staff.revoke_api_key(SYSTEM, key_id)
    assert await resolver.resolve_api_key(secret) is None
    assert await resolver.resolve_api_key(short) is not None
    await db.execute("update identity.api_keys set expires_at = clock_timestamp() where name = 'short'")
    assert await resolver.resolve_api_key(short) is None
    assert [key.name for key in await identity.staff.list_api_keys()] == ["short", "feed"]
    rows = await db.fetch_all("select action from audit.entries where subject_id = %s order by seq", (key_id,))
    assert rows == [("identity.api_key_created",), ("identity.api_key_revoked",)]


def test_the_session_is_no_longer_than_its_cookie() -> None:
    assert IdentitySettings().session_s <= 30 * 86_400
