"""Facts that identity publishes: ids only, no personal data."""

from typing import ClassVar
from uuid import UUID

from surehold.kernel.events import Event
from surehold.kernel.ids import AccountId


class AccountRegistered(Event, frozen=True, kw_only=True):
    """Somebody has an account now."""

    wire_name: ClassVar[str] = "identity.account_registered.v1"

    account_id: AccountId


class SignedIn(Event, frozen=True, kw_only=True):
    """Somebody signed in."""

    wire_name: ClassVar[str] = "identity.signed_in.v1"

    account_id: AccountId
    session_id: str


class NewDeviceSignedIn(Event, frozen=True, kw_only=True):
    """Somebody signed in with a device that the account was not signed in with before, but with others."""

    wire_name: ClassVar[str] = "identity.new_device_signed_in.v1"

    account_id: AccountId
    session_id: UUID


class TokenAsked(Event, frozen=True, kw_only=True):
    """Somebody asked for a letter with a token; whether there is anybody to write to is not known yet."""

    wire_name: ClassVar[str] = "identity.token_asked.v1"

    token_id: UUID


class EmailChanged(Event, frozen=True, kw_only=True):
    """An account has another e-mail address now; `change_id` leads to the one before."""

    wire_name: ClassVar[str] = "identity.email_changed.v1"

    account_id: AccountId
    change_id: UUID
