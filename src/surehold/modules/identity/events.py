"""Facts that identity publishes: ids only, no personal data."""

from typing import ClassVar

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
