"""Staff in a customer's place."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from surehold.kernel.errors import ForbiddenError
from surehold.modules.identity.errors import AccountBlockedError, AccountNotFoundError, StaffNotImpersonatedError
from surehold.modules.identity.model import Impersonation
from surehold.modules.identity.routes.shapes import TAG, AccountOut, account_out
from surehold.modules.identity.service import IdentityService
from surehold.platform.http import Actor, Cookies, Dep, In, Out, Role, get, json_response, post, staff


class ImpersonationIn(In, frozen=True, kw_only=True):
    """Why this customer's place has to be taken; kept, and shown to admins."""

    reason: Annotated[str, Meta(min_length=5, max_length=300)]

    example: ClassVar[dict[str, Any] | None] = {"reason": "Caller cannot see the cart that was merged; ticket 4711"}


class ImpersonationOut(Out, frozen=True, kw_only=True):
    """Staff who acted in a customer's place. Each write is in the audit log, with both."""

    session_id: UUID
    account_id: UUID
    by_account: UUID
    reason: str
    started_at: datetime
    ends_at: datetime


class ImpersonationsOut(Out, frozen=True, kw_only=True):
    """The newest, newest first."""

    impersonations: list[ImpersonationOut]

    example: ClassVar[dict[str, Any] | None] = {
        "impersonations": [
            {
                "session_id": "019aa3c0-0000-7000-8000-000000000007",
                "account_id": "019aa3c0-0000-7000-8000-000000000001",
                "by_account": "019aa3c0-0000-7000-8000-000000000002",
                "reason": "Caller cannot see the cart that was merged; ticket 4711",
                "started_at": "2026-01-05T09:30:00Z",
                "ends_at": "2026-01-05T09:45:00Z",
            }
        ]
    }


@post(
    "/v1/admin/accounts/{account_id:uuid}/impersonate",
    policy=staff(Role.SUPPORT),
    summary="Act in a customer's place",
    returns=AccountOut,
    problems=(AccountNotFoundError, StaffNotImpersonatedError, AccountBlockedError),
    tag=TAG,
)
async def impersonate(
    account_id: UUID, data: ImpersonationIn, actor: Dep[Actor], identity: Dep[IdentityService], jar: Dep[Cookies]
) -> Response[bytes]:
    """For 15 minutes this browser is the customer's; your own session ends, and signing out ends it earlier.

    Passwords, addresses, sessions and paying stay the customer's alone, and every write is in the audit log with both of you.
    """
    if actor.account_id is None:
        raise ForbiddenError("Only a person can act in a customer's place.")
    begun = await identity.impersonations.begin(actor, account_id, data.reason)
    out = account_out(begun.account, actor.account_id)
    cookies = [jar.session(begun.session_token), jar.forget(jar.guest_name), jar.forget(jar.terms_name)]
    return json_response(out, cookies=cookies, cache_control="no-store")


@get(
    "/v1/admin/impersonations",
    policy=staff(Role.ADMIN),
    summary="Who acted in customers' places",
    returns=ImpersonationsOut,
    tag=TAG,
)
async def list_impersonations(identity: Dep[IdentityService]) -> Response[bytes]:
    """The newest hundred; what was changed is in the audit log."""
    found = [_out(each) for each in await identity.impersonations.list_newest()]
    return json_response(ImpersonationsOut(impersonations=found), cache_control="no-store")


def _out(found: Impersonation) -> ImpersonationOut:
    return ImpersonationOut(
        session_id=found.session_id,
        account_id=found.account_id,
        by_account=found.by_account,
        reason=found.reason,
        started_at=found.started_at,
        ends_at=found.ends_at,
    )


HANDLERS: Sequence[HTTPRouteHandler] = (impersonate, list_impersonations)
