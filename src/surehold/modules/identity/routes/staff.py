"""Staff accounts, roles and machines' keys: for admins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from surehold.modules.identity.errors import (
    AccountNotFoundError,
    ApiKeyNotFoundError,
    EmailTakenError,
    InvalidEmailError,
    OwnRolesError,
    WeakPasswordError,
)
from surehold.modules.identity.model import ApiKey, Status
from surehold.modules.identity.routes.shapes import (
    TAG,
    Email,
    NewPassword,
    PersonName,
    StaffAccountOut,
    staff_account_out,
)
from surehold.modules.identity.service import IdentityService
from surehold.platform.http import Actor, Dep, In, Out, Role, delete, get, json_response, post, put, staff

ADMIN = staff(Role.ADMIN)
MAX_KEY_DAYS = 3_660
MAX_SCOPES = 64
Scope = Annotated[str, Meta(pattern="^[a-z_]+:(read|write)$", max_length=60)]
Roles = Annotated[list[Role], Meta(min_length=1, max_length=5)]
_KEY_EXAMPLE = {
    "id": "019aa3c0-0000-7000-8000-000000000004",
    "name": "Warehouse feed",
    "roles": ["operations"],
    "scopes": ["inventory:read", "inventory:write"],
    "created_at": "2026-01-05T09:30:00Z",
    "last_used_at": None,
    "expires_at": None,
    "revoked_at": None,
}


class StaffIn(In, frozen=True, kw_only=True):
    """A new member of staff."""

    email: Email
    password: NewPassword
    roles: Roles
    name: PersonName = ""

    example: ClassVar[dict[str, Any] | None] = {
        "email": "sam@example.org",
        "password": "correct horse battery",
        "roles": ["support"],
        "name": "Sam",
    }


class RolesIn(In, frozen=True, kw_only=True):
    """All roles that the account is to have; `["customer"]` takes every staff role away."""

    roles: Roles

    example: ClassVar[dict[str, Any] | None] = {"roles": ["support", "operations"]}


class StatusIn(In, frozen=True, kw_only=True):
    """What the account is to be: `blocked` closes it to its owner."""

    status: Status

    example: ClassVar[dict[str, Any] | None] = {"status": "blocked"}


class StaffOut(Out, frozen=True, kw_only=True):
    """Everybody with a staff role."""

    accounts: list[StaffAccountOut]

    example: ClassVar[dict[str, Any] | None] = {"accounts": [StaffAccountOut.example]}


class ApiKeyIn(In, frozen=True, kw_only=True):
    """A new key for a machine. `scopes` narrow what its roles allow to the tags named, for reading or writing."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    roles: Roles
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=MAX_SCOPES)] | None = None
    lives_days: Annotated[int, Meta(ge=1, le=MAX_KEY_DAYS)] | None = None

    example: ClassVar[dict[str, Any] | None] = {
        "name": "Warehouse feed",
        "roles": ["operations"],
        "scopes": ["inventory:read", "inventory:write"],
        "lives_days": 365,
    }


class ApiKeyOut(Out, frozen=True, kw_only=True):
    """A machine's key, without its secret; without `scopes` it may all that its roles may."""

    id: UUID
    name: str
    roles: tuple[Role, ...]
    scopes: tuple[str, ...] | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None

    example: ClassVar[dict[str, Any] | None] = _KEY_EXAMPLE


class NewApiKeyOut(Out, frozen=True, kw_only=True):
    """A new key. `secret` is told this once: send it as `Authorization: Bearer …`."""

    id: UUID
    secret: str

    example: ClassVar[dict[str, Any] | None] = {"id": "019aa3c0-0000-7000-8000-000000000004", "secret": "shk_…"}


class ApiKeysOut(Out, frozen=True, kw_only=True):
    """All keys, newest first."""

    api_keys: list[ApiKeyOut]

    example: ClassVar[dict[str, Any] | None] = {"api_keys": [_KEY_EXAMPLE]}


@get("/v1/admin/staff", policy=ADMIN, summary="Who has staff roles", returns=StaffOut, tag=TAG)
async def list_staff(identity: Dep[IdentityService]) -> Response[bytes]:
    """Oldest first."""
    return _accounts(await identity.staff.list_accounts())


@post(
    "/v1/admin/staff",
    policy=ADMIN,
    summary="Add a member of staff",
    returns=StaffAccountOut,
    status=201,
    problems=(EmailTakenError, InvalidEmailError, WeakPasswordError, AccountNotFoundError),
    tag=TAG,
)
async def add_staff(data: StaffIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """For somebody who has an account already, set its roles instead."""
    await identity.staff.create(actor, data.email, data.password, data.roles, data.name)
    account = await identity.staff.find_by_email(data.email)
    if account is None:
        raise AccountNotFoundError
    return json_response(staff_account_out(account), status=201, cache_control="no-store")


@get(
    "/v1/admin/accounts",
    policy=staff(Role.SUPPORT),
    summary="Find an account by its e-mail address",
    returns=StaffOut,
    problems=(InvalidEmailError,),
    tag=TAG,
)
async def find_accounts(
    email: Annotated[str, Meta(min_length=3, max_length=254)], identity: Dep[IdentityService]
) -> Response[bytes]:
    """One or none: addresses are sealed, so only a whole one can be looked up."""
    account = await identity.staff.find_by_email(email)
    return _accounts([] if account is None else [account])


@put(
    "/v1/admin/accounts/{account_id:uuid}/roles",
    policy=ADMIN,
    summary="Set an account's roles",
    returns=StaffAccountOut,
    problems=(AccountNotFoundError, OwnRolesError),
    tag=TAG,
)
async def set_roles(
    account_id: UUID, data: RolesIn, actor: Dep[Actor], identity: Dep[IdentityService]
) -> Response[bytes]:
    """Nobody changes their own. The account's sessions end, so that the new roles begin with a new sign-in."""
    account = await identity.staff.set_roles(actor, account_id, data.roles)
    return json_response(staff_account_out(account), cache_control="no-store")


@put(
    "/v1/admin/accounts/{account_id:uuid}/status",
    policy=staff(Role.SUPPORT),
    summary="Block an account, or open it again",
    returns=StaffAccountOut,
    problems=(AccountNotFoundError, OwnRolesError),
    tag=TAG,
)
async def set_status(
    account_id: UUID, data: StatusIn, actor: Dep[Actor], identity: Dep[IdentityService]
) -> Response[bytes]:
    """Its sessions end; its orders go on. Only an admin blocks staff."""
    account = await identity.staff.set_status(actor, account_id, data.status)
    return json_response(staff_account_out(account), cache_control="no-store")


@delete(
    "/v1/admin/accounts/{account_id:uuid}/totp",
    policy=ADMIN,
    summary="Take a lost second factor away",
    status=204,
    problems=(AccountNotFoundError,),
    tag=TAG,
)
async def take_totp_away(account_id: UUID, actor: Dep[Actor], identity: Dep[IdentityService]) -> None:
    """For somebody who lost the device and the codes, once you are sure who asks; their sessions end. Not for oneself."""
    await identity.second_factors.take_away(actor, account_id)


@get("/v1/admin/api-keys", policy=ADMIN, summary="Machines' keys", returns=ApiKeysOut, tag=TAG)
async def list_api_keys(identity: Dep[IdentityService]) -> Response[bytes]:
    """Newest first, also those that are over."""
    keys = [_key_out(key) for key in await identity.staff.list_api_keys()]
    return json_response(ApiKeysOut(api_keys=keys), cache_control="no-store")


@post(
    "/v1/admin/api-keys",
    policy=ADMIN,
    summary="Make a machine's key",
    returns=NewApiKeyOut,
    status=201,
    tag=TAG,
)
async def create_api_key(data: ApiKeyIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """The secret is told this once; should the answer be lost, revoke the key and make another."""
    key_id, secret = await identity.staff.create_api_key(actor, data.name, data.roles, data.lives_days, data.scopes)
    return json_response(NewApiKeyOut(id=key_id, secret=secret), status=201, cache_control="no-store")


@delete(
    "/v1/admin/api-keys/{key_id:uuid}",
    policy=ADMIN,
    summary="Revoke a machine's key",
    status=204,
    problems=(ApiKeyNotFoundError,),
    tag=TAG,
)
async def revoke_api_key(key_id: UUID, actor: Dep[Actor], identity: Dep[IdentityService]) -> None:
    """At once and for good."""
    await identity.staff.revoke_api_key(actor, key_id)


def _accounts(found: Sequence[Any]) -> Response[bytes]:
    return json_response(StaffOut(accounts=[staff_account_out(account) for account in found]), cache_control="no-store")


def _key_out(key: ApiKey) -> ApiKeyOut:
    return ApiKeyOut(
        id=key.id,
        name=key.name,
        roles=tuple(Role(role) for role in key.roles),
        scopes=key.scopes,
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


HANDLERS: Sequence[HTTPRouteHandler] = (
    list_staff,
    add_staff,
    find_accounts,
    set_roles,
    set_status,
    take_totp_away,
    list_api_keys,
    create_api_key,
    revoke_api_key,
)
