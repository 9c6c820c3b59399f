"""What letters are asked for, and what their links do: verifying an address, changing it, and resetting a password."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from surehold.modules.identity.errors import (
    EmailTakenError,
    InvalidEmailError,
    InvalidTokenError,
    TooManyAttemptsError,
    WeakPasswordError,
    WrongPasswordError,
)
from surehold.modules.identity.routes.me import EmailIn
from surehold.modules.identity.routes.shapes import TAG, Email, NewPassword
from surehold.modules.identity.service import IdentityService
from surehold.platform.http import ACCOUNT, PUBLIC, Actor, Dep, In, Out, json_response, post, put

_TOKEN_EXAMPLE = "3q2-7wAAAAD-7_3erb7v3q2-7wAAAAD-7_3erb7v3q0"  # noqa: S105  an example
Token = Annotated[
    str, Meta(pattern="^[A-Za-z0-9_-]{43}$", max_length=43, description="What the link carries behind its `#token=`.")
]


class ResetIn(In, frozen=True, kw_only=True):
    """Whose password is forgotten."""

    email: Email

    example: ClassVar[dict[str, Any] | None] = {"email": "ada@example.org"}


class TokenIn(In, frozen=True, kw_only=True):
    """The token of a letter."""

    token: Token

    example: ClassVar[dict[str, Any] | None] = {"token": _TOKEN_EXAMPLE}


class NewPasswordIn(In, frozen=True, kw_only=True):
    """The token of a letter, and the password that is to be."""

    token: Token
    password: NewPassword

    example: ClassVar[dict[str, Any] | None] = {"token": _TOKEN_EXAMPLE, "password": "incorrect zebra charger"}


class AskedOut(Out, frozen=True, kw_only=True):
    """A letter was asked for. Whether there is anybody to write to is not said; its link lives this long."""

    link_lives_s: float

    example: ClassVar[dict[str, Any] | None] = {"link_lives_s": 3600}


@post(
    "/v1/password-resets",
    policy=PUBLIC,
    summary="Ask for a letter to reset a password",
    returns=AskedOut,
    status=202,
    problems=(InvalidEmailError, TooManyAttemptsError),
    tag=TAG,
)
async def ask_password_reset(data: ResetIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """The same answer, for the same work, whether the address has an account or not: whoever writes the letter finds out."""
    await identity.recovery.ask_reset(actor, data.email)
    return _asked(identity.settings.reset_s)


@put(
    "/v1/password-resets",
    policy=PUBLIC,
    summary="Set a new password with the token of a letter",
    status=204,
    problems=(InvalidTokenError, WeakPasswordError),
    tag=TAG,
)
async def reset_password(data: NewPasswordIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> None:
    """Every session of the account ends; sign in with the new password, and with the second factor if there is one."""
    await identity.recovery.reset(actor, data.token, data.password)


@post(
    "/v1/me/email-verification",
    policy=ACCOUNT,
    summary="Ask for a letter to verify the e-mail address",
    returns=AskedOut,
    status=202,
    problems=(TooManyAttemptsError,),
    tag=TAG,
    owner_only=True,
)
async def ask_email_verification(actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """No letter comes for an address that is verified already."""
    await identity.recovery.ask_verification(actor)
    return _asked(identity.settings.verify_s)


@post(
    "/v1/me/email-change",
    policy=ACCOUNT,
    summary="Ask for another e-mail address",
    returns=AskedOut,
    status=202,
    problems=(WrongPasswordError, InvalidEmailError, TooManyAttemptsError),
    tag=TAG,
    owner_only=True,
)
async def ask_email_change(data: EmailIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """The new address gets a letter; once its link was used it is the account's, and the old one is told."""
    await identity.recovery.ask_change(actor, data.email, data.current_password)
    return _asked(identity.settings.verify_s)


@post(
    "/v1/email-verifications",
    policy=PUBLIC,
    summary="Verify an e-mail address with the token of a letter",
    status=204,
    problems=(InvalidTokenError, EmailTakenError),
    tag=TAG,
    owner_only=True,
)
async def verify_email(data: TokenIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> None:
    """The account's own address is verified, or the one that it changes to becomes its own. Works on any device."""
    await identity.recovery.redeem(actor, data.token)


def _asked(lives_s: float) -> Response[bytes]:
    return json_response(AskedOut(link_lives_s=lives_s), status=202, cache_control="no-store")


HANDLERS: Sequence[HTTPRouteHandler] = (
    ask_password_reset,
    reset_password,
    ask_email_verification,
    ask_email_change,
    verify_email,
)
