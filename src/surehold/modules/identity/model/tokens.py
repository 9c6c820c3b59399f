"""What letters carry, and what they are about."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec


class Purpose(StrEnum):
    """What a token is for; it opens nothing else."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  a purpose
    CHANGE_EMAIL = "change_email"


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token for the letter that is being written: the secret is nowhere else. `email` is where the letter goes."""

    purpose: Purpose
    email: str
    name: str
    secret: str


class Addressee(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets a letter about an account; `device` is what a browser called itself, where the letter is about one."""

    email: str
    name: str
    device: str = ""


class Impersonation(msgspec.Struct, frozen=True, kw_only=True):
    """Staff who acted in a customer's place."""

    session_id: UUID
    account_id: UUID
    by_account: UUID
    reason: str
    started_at: datetime
    ends_at: datetime
