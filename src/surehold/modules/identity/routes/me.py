"""An account's own matters: profile, password, e-mail address, sessions."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from surehold.kernel.errors import StaleVersionError
from surehold.modules.identity.errors import (
    EmailIsVerifiedError,
    EmailTakenError,
    InvalidEmailError,
    SessionNotFoundError,
    TooManyAttemptsError,
    WeakPasswordError,
    WrongPasswordError,
)
from surehold.modules.identity.routes.shapes import (
    TAG,
    AccountOut,
    AnyPassword,
    Email,
    Locale,
    NewPassword,
    PersonName,
    SessionOut,
    account_out,
    session_out,
)
from surehold.modules.identity.service import IdentityService
from surehold.platform.http import (
    ACCOUNT,
    Actor,
    Cookies,
    Dep,
    IfMatch,
    IfMatchMissingError,
    In,
    Out,
    account_of,
    delete,
    get,
    json_response,
    patch,
    post,
)


class ProfileIn(In, frozen=True, kw_only=True):
    """What is to be changed; what is not given stays."""

    name: PersonName | None = None
    locale: Locale | None = None

    example: ClassVar[dict[str, Any] | None] = {"name": "Ada Lovelace"}


class PasswordIn(In, frozen=True, kw_only=True):
    """The password now, and the one that is to be."""

    current_password: AnyPassword
    new_password: NewPassword

    example: ClassVar[dict[str, Any] | None] = {
        "current_password": "correct horse battery",
        "new_password": "incorrect zebra charger",
    }


class EmailIn(In, frozen=True, kw_only=True):
    """The new e-mail address, and the password to prove who asks."""

    email: Email
    current_password: AnyPassword

    example: ClassVar[dict[str, Any] | None] = {
        "email": "ada@example.net",
        "current_password": "correct horse battery",
    }


class SessionsOut(Out, frozen=True, kw_only=True):
    """The account's sessions, last used first."""

    sessions: list[SessionOut]

    example: ClassVar[dict[str, Any] | None] = {
        "sessions": [
            {
                "id": "019aa3c0-0000-7000-8000-000000000007",
                "device": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
                "created_at": "2026-01-05T09:30:00Z",
                "last_seen_at": "2026-01-05T09:31:00Z",
                "expires_at": "2026-02-04T09:30:00Z",
                "is_current": True,
                "is_by_staff": False,
            }
        ]
    }


@get("/v1/me", policy=ACCOUNT, summary="The account that is signed in", returns=AccountOut, tag=TAG)
async def read_me(actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """Its version is in `ETag`."""
    profile = await identity.get_profile(account_of(actor))
    out = account_out(profile, actor.impersonator_id)
    return json_response(out, version=profile.version, cache_control="no-store")


@patch(
    "/v1/me",
    policy=ACCOUNT,
    summary="Change name or language",
    returns=AccountOut,
    problems=(StaleVersionError, IfMatchMissingError),
    tag=TAG,
    if_match=True,
)
async def change_me(
    data: ProfileIn, actor: Dep[Actor], identity: Dep[IdentityService], if_match: IfMatch = None
) -> Response[bytes]:
    """What is not given stays as it is."""
    profile = await identity.change_profile(account_of(actor), if_match, name=data.name, locale=data.locale)
    return json_response(account_out(profile), version=profile.version, cache_control="no-store")


@post(
    "/v1/me/password",
    policy=ACCOUNT,
    summary="Change the password",
    status=204,
    problems=(WrongPasswordError, WeakPasswordError, TooManyAttemptsError),
    tag=TAG,
    owner_only=True,
)
async def change_password(
    data: PasswordIn, actor: Dep[Actor], identity: Dep[IdentityService], jar: Dep[Cookies]
) -> Response[None]:
    """All other sessions end at once; this one goes on with a new token."""
    token = await identity.access.change_password(actor, data.current_password, data.new_password)
    return Response(content=None, status_code=204, cookies=[jar.session(token)])


@post(
    "/v1/me/email",
    policy=ACCOUNT,
    summary="Correct an e-mail address that was never verified",
    returns=AccountOut,
    problems=(WrongPasswordError, EmailTakenError, EmailIsVerifiedError, InvalidEmailError, TooManyAttemptsError),
    tag=TAG,
    owner_only=True,
)
async def change_email(data: EmailIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """At once: all other sessions end, and the old address is told. A verified address changes by `POST /v1/me/email-change`."""
    await identity.access.change_email(actor, data.email, data.current_password)
    profile = await identity.get_profile(account_of(actor))
    return json_response(account_out(profile), version=profile.version, cache_control="no-store")


@get("/v1/me/sessions", policy=ACCOUNT, summary="Where the account is signed in", returns=SessionsOut, tag=TAG)
async def list_sessions(actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """Last used first; the last use is known to the minute."""
    found = await identity.access.list_sessions(account_of(actor), actor.session_id)
    return json_response(SessionsOut(sessions=[session_out(session) for session in found]), cache_control="no-store")


@delete(
    "/v1/me/sessions/{session_id:uuid}",
    policy=ACCOUNT,
    summary="End one session",
    status=204,
    problems=(SessionNotFoundError,),
    tag=TAG,
    owner_only=True,
)
async def end_session(session_id: UUID, actor: Dep[Actor], identity: Dep[IdentityService]) -> None:
    """The browser that it belongs to is signed out at its next request."""
    await identity.access.end_session(account_of(actor), session_id)


@delete("/v1/me/sessions", policy=ACCOUNT, summary="End all other sessions", status=204, tag=TAG, owner_only=True)
async def end_other_sessions(actor: Dep[Actor], identity: Dep[IdentityService]) -> None:
    """Only the one that asks goes on."""
    await identity.access.end_other_sessions(account_of(actor), actor.session_id)


HANDLERS: Sequence[HTTPRouteHandler] = (
    read_me,
    change_me,
    change_password,
    change_email,
    list_sessions,
    end_session,
    end_other_sessions,
)
