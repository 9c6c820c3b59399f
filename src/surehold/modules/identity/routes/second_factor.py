"""The second factor of one's own account."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from surehold.modules.identity.errors import (
    CodeDoesNotFitError,
    TooManyAttemptsError,
    TotpNotBegunError,
    TotpOnError,
    WrongPasswordError,
)
from surehold.modules.identity.routes.shapes import TAG, AnyPassword
from surehold.modules.identity.service import IdentityService
from surehold.platform.http import ACCOUNT, Actor, Dep, In, Out, delete, json_response, post, put

PATH = "/v1/me/totp"


class TotpIn(In, frozen=True, kw_only=True):
    """What the app shows."""

    code: Annotated[str, Meta(pattern="^[0-9]{6}$", max_length=6)]

    example: ClassVar[dict[str, Any] | None] = {"code": "123456"}


class TotpOffIn(In, frozen=True, kw_only=True):
    """The password, to prove who asks."""

    current_password: AnyPassword

    example: ClassVar[dict[str, Any] | None] = {"current_password": "correct horse battery"}


class TotpOut(Out, frozen=True, kw_only=True):
    """A secret for the app, to type or (as `uri`) to show as a QR code. It is told this once."""

    secret: str
    uri: str

    example: ClassVar[dict[str, Any] | None] = {
        "secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
        "uri": "otpauth://totp/Quillmoor:ada%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Quillmoor",
    }


class RecoveryCodesOut(Out, frozen=True, kw_only=True):
    """Codes to keep where the app is not: each signs in once. They are told this once."""

    recovery_codes: list[str]

    example: ClassVar[dict[str, Any] | None] = {"recovery_codes": ["mzxw-6ytb-oi2d-k3tp"]}


@post(
    PATH,
    policy=ACCOUNT,
    summary="Begin with a second factor",
    returns=TotpOut,
    problems=(TotpOnError,),
    tag=TAG,
    owner_only=True,
)
async def begin_totp(actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """A secret for an authenticator app (RFC 6238). Nothing changes until a code of it was sent."""
    made = await identity.second_factors.begin(actor)
    return json_response(TotpOut(secret=made.secret, uri=made.uri), cache_control="no-store")


@put(
    PATH,
    policy=ACCOUNT,
    summary="Turn the second factor on",
    returns=RecoveryCodesOut,
    problems=(TotpNotBegunError, TotpOnError, CodeDoesNotFitError, TooManyAttemptsError),
    tag=TAG,
    owner_only=True,
)
async def confirm_totp(data: TotpIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> Response[bytes]:
    """With a code of the app. All other sessions end, and signing in takes a code from now on."""
    codes = await identity.second_factors.confirm(actor, data.code)
    return json_response(RecoveryCodesOut(recovery_codes=list(codes)), cache_control="no-store")


@delete(
    PATH,
    policy=ACCOUNT,
    summary="Turn the second factor off",
    status=204,
    problems=(WrongPasswordError, TooManyAttemptsError),
    tag=TAG,
    owner_only=True,
)
async def remove_totp(data: TotpOffIn, actor: Dep[Actor], identity: Dep[IdentityService]) -> None:
    """Recovery codes end with it. Again changes nothing."""
    await identity.second_factors.remove(actor, data.current_password, identity.access.confirm_password)


HANDLERS: Sequence[HTTPRouteHandler] = (begin_totp, confirm_totp, remove_totp)
