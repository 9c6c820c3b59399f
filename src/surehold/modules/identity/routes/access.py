"""Ways in and out: POST /v1/accounts, POST and DELETE /v1/session."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from surehold.modules.identity.errors import (
    AccountBlockedError,
    EmailTakenError,
    InvalidEmailError,
    TooManyAttemptsError,
    TotpRequiredError,
    WeakPasswordError,
    WrongCredentialsError,
    WrongTotpCodeError,
)
from surehold.modules.identity.ports import SignIn, SignUp, Welcome
from surehold.modules.identity.routes.shapes import (
    MAX_DEVICE_CHARS,
    TAG,
    AccountOut,
    AnyPassword,
    Email,
    Locale,
    NewPassword,
    PersonName,
    TotpCode,
    UserAgent,
    account_out,
)
from surehold.modules.identity.service import IdentityService
from surehold.platform.http import PUBLIC, Actor, Cookies, Dep, In, Out, delete, json_response, post


class SignInIn(In, frozen=True, kw_only=True):
    """E-mail address and password, and a code where the account asks for one."""

    email: Email
    password: AnyPassword
    totp_code: TotpCode | None = None

    example: ClassVar[dict[str, Any] | None] = {"email": "ada@example.org", "password": "correct horse battery"}


class SignUpIn(In, frozen=True, kw_only=True):
    """A new account."""

    email: Email
    password: NewPassword
    name: PersonName = ""
    locale: Locale = "en"

    example: ClassVar[dict[str, Any] | None] = {
        "email": "ada@example.org",
        "password": "correct horse battery",
        "name": "Ada Byron",
    }


class MergedLineOut(Out, frozen=True, kw_only=True):
    """What became of one line of the guest's cart; `saved` of it went to the saved lines, for `reason`."""

    variant_id: UUID
    account_quantity: int
    guest_quantity: int
    quantity: int
    saved: int
    reason: str | None = None


class MergeOut(Out, frozen=True, kw_only=True):
    """What became of the guest's cart; `POST /v1/cart/merges/{merge_id}/undo` takes it back until `undo_until`."""

    merged: bool
    merge_id: UUID | None = None
    cart_id: UUID | None = None
    version: int | None = None
    undo_until: datetime | None = None
    changes: list[MergedLineOut] = []


class WelcomeOut(Out, frozen=True, kw_only=True):
    """The account that is signed in now, and what became of the cart that the guest had."""

    account: AccountOut
    merge: MergeOut | None = None

    example: ClassVar[dict[str, Any] | None] = {"account": AccountOut.example, "merge": None}


@post(
    "/v1/accounts",
    policy=PUBLIC,
    summary="Make an account and sign in",
    returns=WelcomeOut,
    status=201,
    problems=(
        EmailTakenError,
        InvalidEmailError,
        WeakPasswordError,
        TooManyAttemptsError,
        AccountBlockedError,
        TotpRequiredError,
    ),
    tag=TAG,
)
async def create_account(
    data: SignUpIn, actor: Dep[Actor], sign_up: Dep[SignUp], jar: Dep[Cookies], user_agent: UserAgent = None
) -> Response[bytes]:
    """Sent again with the same password it signs in, so a lost answer does no harm. A guest's cart comes along."""
    found = await sign_up(
        actor,
        email=data.email,
        password=data.password,
        name=data.name,
        locale=data.locale,
        device=(user_agent or "")[:MAX_DEVICE_CHARS],
    )
    return _welcome(found, jar, status=201)


@post(
    "/v1/session",
    policy=PUBLIC,
    summary="Sign in",
    returns=WelcomeOut,
    problems=(
        WrongCredentialsError,
        TotpRequiredError,
        WrongTotpCodeError,
        TooManyAttemptsError,
        AccountBlockedError,
        InvalidEmailError,
    ),
    tag=TAG,
)
async def sign_in(
    data: SignInIn, actor: Dep[Actor], sign_in: Dep[SignIn], jar: Dep[Cookies], user_agent: UserAgent = None
) -> Response[bytes]:
    """The session goes into a cookie with a new token; a guest's cart comes along. Customers and staff sign in alike.

    With a second factor on, the right password alone answers 401 `TOTP_REQUIRED`: send it again with `totp_code`.
    """
    found = await sign_in(
        actor,
        email=data.email,
        password=data.password,
        device=(user_agent or "")[:MAX_DEVICE_CHARS],
        totp_code=data.totp_code,
    )
    return _welcome(found, jar, status=200)


@delete("/v1/session", policy=PUBLIC, summary="Sign out", status=204, tag=TAG)
async def sign_out(actor: Dep[Actor], identity: Dep[IdentityService], jar: Dep[Cookies]) -> Response[None]:
    """Ends the session, if there is one; the account keeps its cart."""
    await identity.access.sign_out(actor)
    gone = [jar.forget(jar.session_name), jar.forget(jar.terms_name)]
    return Response(content=None, status_code=204, cookies=gone)


def _welcome(found: Welcome, jar: Cookies, *, status: int) -> Response[bytes]:
    terms = jar.forget(jar.terms_name) if found.terms_cookie is None else jar.terms(found.terms_cookie)
    cookies = [jar.session(found.session_token), terms]
    if found.guest_is_over:
        cookies.append(jar.forget(jar.guest_name))
    merge = None if found.merge is None else msgspec.convert(found.merge, MergeOut)
    out = WelcomeOut(account=account_out(found.account), merge=merge)
    return json_response(out, status=status, version=found.account.version, cookies=cookies, cache_control="no-store")


HANDLERS: Sequence[HTTPRouteHandler] = (create_account, sign_in, sign_out)
