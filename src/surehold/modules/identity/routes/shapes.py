"""Shapes that several of identity's endpoints share."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from litestar.params import HeaderParameter
from msgspec import Meta

from surehold.modules.identity.model import AccountSummary, Profile, SessionInfo
from surehold.platform.http import Out, Role

TAG = "identity"
UserAgent = Annotated[str | None, HeaderParameter(name="User-Agent")]
MAX_DEVICE_CHARS = 200

Email = Annotated[str, Meta(min_length=3, max_length=254, description="Compared without regard to case.")]
AnyPassword = Annotated[str, Meta(min_length=1, max_length=256)]
NewPassword = Annotated[
    str, Meta(min_length=10, max_length=128, description="Any characters; the best known ones are refused.")
]
TotpCode = Annotated[
    str,
    Meta(
        pattern="^([0-9]{6}|[A-Za-z2-7]{4}(-?[A-Za-z2-7]{4}){3})$",
        max_length=19,
        description="The six digits that the app shows, or a recovery code; each works once.",
    ),
]
PersonName = Annotated[str, Meta(max_length=100)]
Locale = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$", max_length=35)]

_ACCOUNT_EXAMPLE = {
    "id": "019aa3c0-0000-7000-8000-000000000001",
    "email": "ada@example.org",
    "name": "Ada Byron",
    "locale": "en",
    "roles": ["customer"],
    "version": 1,
    "created_at": "2026-01-05T09:30:00Z",
    "email_verified": True,
    "totp_on": False,
    "impersonated_by": None,
}


class AccountOut(Out, frozen=True, kw_only=True):
    """An account, as its owner sees it. `impersonated_by` is the account of staff who acts in its place in this session."""

    id: UUID
    email: str
    name: str
    locale: str
    roles: tuple[Role, ...]
    version: int
    created_at: datetime
    email_verified: bool
    totp_on: bool
    impersonated_by: UUID | None = None

    example: ClassVar[dict[str, Any] | None] = _ACCOUNT_EXAMPLE


class StaffAccountOut(Out, frozen=True, kw_only=True):
    """An account, as staff see it."""

    id: UUID
    email: str
    name: str
    roles: tuple[Role, ...]
    status: str
    version: int
    created_at: datetime

    example: ClassVar[dict[str, Any] | None] = {
        "id": "019aa3c0-0000-7000-8000-000000000002",
        "email": "sam@example.org",
        "name": "Sam",
        "roles": ["customer", "support"],
        "status": "active",
        "version": 2,
        "created_at": "2026-01-05T09:30:00Z",
    }


def account_out(profile: Profile, impersonated_by: UUID | None = None) -> AccountOut:
    """A profile on the wire."""
    return AccountOut(
        id=profile.id,
        email=profile.email,
        name=profile.name,
        locale=profile.locale,
        roles=tuple(Role(role) for role in profile.roles),
        version=profile.version,
        created_at=profile.created_at,
        email_verified=profile.email_verified,
        totp_on=profile.totp_on,
        impersonated_by=impersonated_by,
    )


def staff_account_out(account: AccountSummary) -> StaffAccountOut:
    """An account on the wire, for staff."""
    return StaffAccountOut(
        id=account.id,
        email=account.email,
        name=account.name,
        roles=tuple(Role(role) for role in account.roles),
        status=account.status,
        version=account.version,
        created_at=account.created_at,
    )


class SessionOut(Out, frozen=True, kw_only=True):
    """One of the account's sessions; `is_by_staff` for one of the shop's staff in the owner's place."""

    id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool
    is_by_staff: bool


def session_out(session: SessionInfo) -> SessionOut:
    """A session as it is shown."""
    return SessionOut(
        id=session.id,
        device=session.device,
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        expires_at=session.expires_at,
        is_current=session.is_current,
        is_by_staff=session.is_by_staff,
    )
