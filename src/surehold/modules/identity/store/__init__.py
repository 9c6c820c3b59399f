"""All SQL of identity: accounts, sessions, addresses and keys here, the rest beside it.

Sealed values go through as bytes: opening and sealing is the services' business.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from surehold.modules.identity.errors import REFUSALS, TooManyAttemptsError
from surehold.platform.db import Executor, RuleViolationError, translate
from surehold.platform.sealed import SealedColumn

SEALED_COLUMNS = (
    SealedColumn(table="identity.accounts", column="email_sealed", context="identity.accounts.email:{}"),
    SealedColumn(table="identity.accounts", column="name_sealed", context="identity.accounts.name:{}"),
    SealedColumn(table="identity.tokens", column="email_sealed", context="identity.tokens.email:{}"),
    SealedColumn(table="identity.former_emails", column="email_sealed", context="identity.former_emails.email:{}"),
    SealedColumn(
        table="identity.totp",
        column="secret_sealed",
        context="identity.totp.secret:{}",
        key=(("account_id", "uuid"),),
    ),
    SealedColumn(
        table="identity.impersonations",
        column="reason_sealed",
        context="identity.impersonations.reason:{}",
        key=(("session_id", "uuid"),),
    ),
    SealedColumn(table="identity.sessions", column="device_sealed", context="identity.sessions.device:{}"),
    SealedColumn(table="identity.addresses", column="address_sealed", context="identity.addresses.address:{}"),
)
"""What is stored sealed; a change of keys seals it anew."""

MAX_LISTED = 100


class AccountRow(NamedTuple):
    """An account as stored."""

    id: UUID
    email: bytes
    name: bytes
    password_hash: str
    roles: list[str]
    status: str
    locale: str
    version: int
    created_at: datetime
    email_verified: bool
    totp_on: bool


class SessionRow(NamedTuple):
    """A session as stored, without its token."""

    id: UUID
    device: bytes
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_by_staff: bool


class AddressRow(NamedTuple):
    """A saved address as stored."""

    id: UUID
    address: bytes
    is_default: bool
    version: int


class ApiKeyRow(NamedTuple):
    """A machine's key as stored, without its token."""

    id: UUID
    name: str
    roles: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: list[str] | None


class ResolvedRow(NamedTuple):
    """Whose session it is."""

    session_id: UUID
    account_id: UUID
    roles: list[str]
    totp_on: bool
    impersonator_id: UUID | None


class SecondFactor(NamedTuple):
    """What is used up with a sign-in: a code by its step, or a recovery code by its hash; neither where none is asked for."""

    step: int | None = None
    recovery_hash: bytes | None = None


class Asked(NamedTuple):
    """Who asked for a change, for the audit log."""

    actor: str
    request_id: str


async def resolve_session(executor: Executor, token: bytes, idle_s: float, touch_s: float) -> ResolvedRow | None:
    """Who a token belongs to, or None."""
    row = await executor.fetch_one(
        "select session_id, account_id, roles, totp_on, impersonator_id from identity.resolve_session(%s, %s, %s)",
        (token, idle_s, touch_s),
    )
    return None if row is None else ResolvedRow(*row)


async def resolve_api_key(
    executor: Executor, token: bytes, touch_s: float
) -> tuple[UUID, list[str], list[str] | None] | None:
    """(key, roles, scopes) of a token, or None; scopes of None are all."""
    row = await executor.fetch_one(
        "select key_id, roles, scopes from identity.resolve_api_key(%s, %s)", (token, touch_s)
    )
    return None if row is None else (row[0], row[1], row[2])


async def begin_attempt(
    executor: Executor, subjects: Sequence[bytes], free: Sequence[int], cap_s: Sequence[int], forget_s: float
) -> None:
    """Count an attempt; TooManyAttemptsError while one of the subjects has to wait."""
    try:
        await executor.fetch_one(
            "select identity.begin_attempt(%s::bytea[], %s::integer[], %s::integer[], %s)",
            (list(subjects), list(free), list(cap_s), forget_s),
        )
    except RuleViolationError as refusal:
        wait_s = refusal.detail.get("retry_after_s")
        if refusal.code != TooManyAttemptsError.code or not isinstance(wait_s, int):
            raise
        raise TooManyAttemptsError(f"Wait {wait_s} seconds, then try again.", retry_after_s=wait_s) from refusal


async def forgive_attempt(executor: Executor, account: bytes, network: bytes) -> None:
    """Take a counted attempt back."""
    await executor.fetch_one("select identity.forgive_attempt(%s, %s)", (account, network))


_ACCOUNT = (
    "select a.id, a.email_sealed, a.name_sealed, a.password_hash, a.roles, a.status, a.locale, a.version, a.created_at,"
    " a.email_verified_at is not null, a.totp_on from identity.accounts a"
)


async def find_account_by_email(executor: Executor, email_index: bytes) -> AccountRow | None:
    """The account of an e-mail address."""
    row = await executor.fetch_one(f"{_ACCOUNT} where a.email_index = %s", (email_index,))
    return None if row is None else AccountRow(*row)


async def find_account(executor: Executor, account_id: UUID) -> AccountRow | None:
    """The account of an id."""
    row = await executor.fetch_one(f"{_ACCOUNT} where a.id = %s", (account_id,))
    return None if row is None else AccountRow(*row)


async def list_staff(executor: Executor) -> list[AccountRow]:
    """Everybody with a staff role, oldest first."""
    rows = await executor.fetch_all(f"{_ACCOUNT} where a.roles <> '{{customer}}' order by a.id limit %s", (MAX_LISTED,))
    return [AccountRow(*row) for row in rows]


async def has_admin(executor: Executor) -> bool:
    """Whether somebody can administer the shop."""
    row = await executor.fetch_one(
        "select exists (select from identity.accounts a where 'admin' = any (a.roles) and a.status = 'active')"
    )
    return row is not None and bool(row[0])


async def create_account(
    executor: Executor,
    account_id: UUID,
    email_index: bytes,
    sealed: tuple[bytes, bytes],
    password_hash: str,
    roles: Sequence[str],
    locale: str,
    by_actor: str | None,
    request_id: str,
) -> None:
    """Make an account (`sealed`: e-mail and name); EmailTakenError."""
    with translate(REFUSALS):
        await executor.fetch_one(
            "select identity.create_account(%s, %s, %s, %s, %s, %s::text[], %s, %s, %s)",
            (account_id, email_index, *sealed, password_hash, list(roles), locale, by_actor, request_id),
        )


async def open_session(
    executor: Executor,
    session_id: UUID,
    account_id: UUID,
    checked_hash: str,
    token: bytes,
    device: tuple[bytes, bytes],
    lives_s: float,
    replaces: UUID | None,
    at_most: int,
    second: SecondFactor,
    request_id: str,
) -> None:
    """Open a session (`device`: sealed, and its index).

    WrongCredentialsError when the password changed since it was checked, AccountBlockedError, TotpRequiredError, WrongTotpCodeError.
    """
    with translate(REFUSALS):
        await executor.fetch_one(
            "select identity.open_session(%s, %s, %s, %s, %s, %s, %s, %s, %s::integer, %s::bigint, %s, %s)",
            (session_id, account_id, checked_hash, token, *device, lives_s, replaces, at_most, *second, request_id),
        )


async def end_session(executor: Executor, account_id: UUID, session_id: UUID) -> bool:
    """End one session of an account; False if there was none."""
    return (
        await executor.execute(
            "delete from identity.sessions where id = %s and account_id = %s", (session_id, account_id)
        )
        == 1
    )


async def end_other_sessions(executor: Executor, account_id: UUID, but: UUID | None) -> int:
    """End all sessions of an account but one; out goes how many."""
    return await executor.execute(
        "delete from identity.sessions where account_id = %s and id is distinct from %s", (account_id, but)
    )


async def list_sessions(executor: Executor, account_id: UUID, idle_s: float) -> list[SessionRow]:
    """An account's live sessions, last used first."""
    rows = await executor.fetch_all(
        "select s.id, s.device_sealed, s.created_at, s.last_seen_at, s.expires_at, s.impersonator_id is not null"
        " from identity.sessions s"
        " where s.account_id = %s and s.expires_at > clock_timestamp()"
        " and s.last_seen_at > clock_timestamp() - make_interval(secs => %s) order by s.last_seen_at desc limit %s",
        (account_id, idle_s, MAX_LISTED),
    )
    return [SessionRow(*row) for row in rows]


async def change_profile(
    executor: Executor, account_id: UUID, at_version: int, name: bytes | None, locale: str | None
) -> bool:
    """Change name and locale where given; False when the version is not that any more."""
    changed = await executor.execute(
        "update identity.accounts set name_sealed = coalesce(%s, name_sealed), locale = coalesce(%s, locale),"
        " version = version + 1 where id = %s and version = %s",
        (name, locale, account_id, at_version),
    )
    return changed == 1


async def change_password(
    executor: Executor,
    account_id: UUID,
    checked_hash: str,
    new_hash: str,
    session_id: UUID | None,
    new_token: bytes,
    asked: Asked,
) -> bool:
    """Set a password and end the other sessions; False when the password changed meanwhile."""
    row = await executor.fetch_one(
        "select identity.change_password(%s, %s, %s, %s, %s, %s, %s)",
        (account_id, checked_hash, new_hash, session_id, new_token, *asked),
    )
    return row is not None and bool(row[0])


async def rehash_password(executor: Executor, account_id: UUID, checked_hash: str, new_hash: str) -> bool:
    """The same password at today's costs; False when it changed meanwhile."""
    changed = await executor.execute(
        "update identity.accounts set password_hash = %s where id = %s and password_hash = %s",
        (new_hash, account_id, checked_hash),
    )
    return changed == 1


async def set_roles(
    executor: Executor, account_id: UUID, roles: Sequence[str], by_account: UUID | None, asked: Asked
) -> None:
    """Set roles and end the account's sessions; OwnRolesError, ForbiddenError, AccountNotFoundError."""
    with translate(REFUSALS):
        await executor.fetch_one(
            "select identity.set_roles(%s, %s::text[], %s, %s, %s)", (account_id, list(roles), by_account, *asked)
        )


async def set_status(
    executor: Executor, account_id: UUID, status: str, by_account: UUID | None, *, by_admin: bool, asked: Asked
) -> None:
    """Block or open an account and end its sessions; OwnRolesError, ForbiddenError, AccountNotFoundError."""
    with translate(REFUSALS):
        await executor.fetch_one(
            "select identity.set_status(%s, %s, %s, %s, %s, %s)", (account_id, status, by_account, by_admin, *asked)
        )


_ADDRESS = "select a.id, a.address_sealed, a.is_default, a.version from identity.addresses a"


async def list_addresses(executor: Executor, account_id: UUID) -> list[AddressRow]:
    """The address book: the default first, then the newest."""
    rows = await executor.fetch_all(
        f"{_ADDRESS} where a.account_id = %s order by a.is_default desc, a.created_at desc limit %s",
        (account_id, MAX_LISTED),
    )
    return [AddressRow(*row) for row in rows]


async def find_address(executor: Executor, account_id: UUID, address_id: UUID) -> AddressRow | None:
    """One address of the account's."""
    row = await executor.fetch_one(f"{_ADDRESS} where a.id = %s and a.account_id = %s", (address_id, account_id))
    return None if row is None else AddressRow(*row)


async def add_address(
    executor: Executor, account_id: UUID, address_id: UUID, address: bytes, *, as_default: bool, at_most: int
) -> None:
    """Add an address under its id; again changes nothing. AddressLimitError, AddressNotFoundError for somebody else's id."""
    with translate(REFUSALS):
        await executor.fetch_one(
            "select identity.add_address(%s, %s, %s, %s, %s::integer)",
            (address_id, account_id, address, as_default, at_most),
        )


async def change_address(
    executor: Executor, account_id: UUID, address_id: UUID, at_version: int, address: bytes, *, as_default: bool
) -> int | None:
    """Change an address; out goes its new version, or None when it is another one than `at_version` by now."""
    row = await executor.fetch_one(
        "select identity.change_address(%s, %s, %s, %s, %s)", (address_id, account_id, at_version, address, as_default)
    )
    return None if row is None else row[0]


async def remove_address(executor: Executor, account_id: UUID, address_id: UUID) -> None:
    """Remove an address if it is there."""
    await executor.fetch_one("select identity.remove_address(%s, %s)", (address_id, account_id))


async def create_api_key(
    executor: Executor,
    key_id: UUID,
    token: bytes,
    name: str,
    roles: Sequence[str],
    scopes: Sequence[str] | None,
    by_account: UUID | None,
    lives_s: float | None,
    asked: Asked,
) -> None:
    """Make a machine's key; without `scopes` it may all that its roles may, without `lives_s` it has no end."""
    narrowed = None if scopes is None else list(scopes)
    await executor.fetch_one(
        "select identity.create_api_key(%s, %s, %s, %s::text[], %s::text[], %s, %s, %s, %s)",
        (key_id, token, name, list(roles), narrowed, by_account, lives_s, *asked),
    )


async def revoke_api_key(executor: Executor, key_id: UUID, asked: Asked) -> bool:
    """Revoke a key; False if there is none."""
    row = await executor.fetch_one("select identity.revoke_api_key(%s, %s, %s)", (key_id, *asked))
    return row is not None and bool(row[0])


async def list_api_keys(executor: Executor) -> list[ApiKeyRow]:
    """All keys, newest first."""
    rows = await executor.fetch_all(
        "select k.id, k.name, k.roles, k.created_at, k.last_used_at, k.expires_at, k.revoked_at, k.scopes"
        " from identity.api_keys k order by k.id desc limit %s",
        (MAX_LISTED,),
    )
    return [ApiKeyRow(*row) for row in rows]


async def purge(executor: Executor, idle_s: float, forget_s: float, at_most: int) -> int:
    """Remove what is over; out goes how many."""
    row = await executor.fetch_one("select identity.purge(%s, %s, %s::integer)", (idle_s, forget_s, at_most))
    return int(row[0]) if row else 0
