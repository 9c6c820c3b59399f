"""Accounts and what may be said about them: e-mail addresses, passwords, sessions, keys."""

import re
import unicodedata
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from surehold.kernel.ids import AccountId
from surehold.modules.identity.errors import InvalidEmailError, WeakPasswordError
from surehold.modules.identity.model.addresses import Address

MAX_EMAIL_CHARS = 254  # RFC 5321, 4.5.3.1.3
MIN_PASSWORD_CHARS = 10
MAX_PASSWORD_CHARS = 128
_EMAIL = re.compile(
    r"^[^@\s\x00-\x1f\x7f\"(),:;<>\[\\\]]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$"
)
_MIN_DISTINCT_CHARS = 4

# The most used of ten and more characters; shorter ones are refused by their length (NIST SP 800-63B, 5.1.1.2: no composition rules).
_WORST_PASSWORDS = frozenset(
    """1234567890,0123456789,0987654321,12345678910,123456789a,1q2w3e4r5t,1q2w3e4r5t6y,1qaz2wsx3edc,qwertyuiop,qwerty12345,qwerty123456,
    qwertyuiop123,asdfghjkl123,password12,password123,password1234,password12345,passw0rd123,p@ssw0rd123,p@ssword123,mypassword,
    iloveyou123,letmein123,welcome123,welcome1234,admin12345,administrator,changeme123,football123,princess123,sunshine123,
    abc1234567,abcd123456,abcdefghij,abcdefghijk,zxcvbnm123,trustno1234,superman123,starwars123,monkey12345,dragon12345,
    master12345,baseball123,surehold123,surehold1234""".replace("\n    ", "").split(",")
)


class IdentitySettings(msgspec.Struct, frozen=True, kw_only=True):
    """Named limits of identity; all ends are judged by the database clock.

    `session_s` ends a session whatever happens, `idle_s` one that nobody used; `touch_s` is how exactly the last use is known.
    After `free_…` failed attempts each further one costs twice the wait of the one before, up to `…_cap_s`; `forget_s` without
    any attempt starts anew. Codes of a second factor have a count of their own, and so have letters that are asked for: per e-mail
    address and per network. `staff_totp` leaves staff who have no second factor on without their roles.
    """

    session_s: float = 30 * 86_400.0
    idle_s: float = 14 * 86_400.0
    touch_s: float = 60.0
    max_sessions: int = 20
    max_addresses: int = 30
    free_per_account: int = 5
    account_cap_s: int = 300
    free_per_network: int = 30
    network_cap_s: int = 900
    forget_s: float = 86_400.0
    free_codes: int = 5
    codes_cap_s: int = 900
    free_letters: int = 4
    letters_cap_s: int = 3_600
    free_letters_per_network: int = 30
    reset_s: float = 3_600.0
    verify_s: float = 86_400.0
    recovery_codes: int = 10
    staff_totp: bool = False
    impersonation_s: float = 900.0


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its owner sees it."""

    id: AccountId
    email: str
    name: str
    locale: str
    roles: tuple[str, ...]
    version: int
    created_at: datetime
    email_verified: bool = False
    totp_on: bool = False


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What signing in needs of an account."""

    account_id: AccountId
    password_hash: str
    is_active: bool
    has_totp: bool = False


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A new session: the token goes into the cookie and is nowhere else."""

    account: Profile
    session_token: str


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One of an account's sessions, as its owner sees it."""

    id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool
    is_by_staff: bool = False


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address of an account's address book."""

    id: UUID
    address: Address
    is_default: bool
    version: int


Status = Literal["active", "blocked"]


class AccountSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An account as staff see it."""

    id: AccountId
    email: str
    name: str
    roles: tuple[str, ...]
    status: str
    version: int
    created_at: datetime


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A machine's key, without its secret."""

    id: UUID
    name: str
    roles: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    scopes: tuple[str, ...] | None = None


def normalize_email(raw: str) -> str:
    """One spelling of an address: lower case, the domain in its ASCII form. InvalidEmailError if it cannot be one."""
    local, at, domain = unicodedata.normalize("NFKC", raw).strip().casefold().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode() if at else ""
    except UnicodeError:
        ascii_domain = ""
    email = f"{local}@{ascii_domain}"
    if len(email) > MAX_EMAIL_CHARS or not _EMAIL.match(email) or local.startswith(".") or ".." in local:
        raise InvalidEmailError("Write an e-mail address like name@example.org.", field="email")
    return email


def check_password(password: str, email: str) -> str:
    """The password in one Unicode form (NFKC, so that every keyboard gives the same). WeakPasswordError says what to change."""
    plain = unicodedata.normalize("NFKC", password)
    if not MIN_PASSWORD_CHARS <= len(plain) <= MAX_PASSWORD_CHARS:
        raise WeakPasswordError(f"Use {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters.", field="password")
    folded = plain.casefold()
    if folded in _WORST_PASSWORDS or len(set(folded)) < _MIN_DISTINCT_CHARS:
        raise WeakPasswordError("This is one of the first passwords that anybody tries; use another.", field="password")
    if folded in {email, email.partition("@")[0]}:
        raise WeakPasswordError("Do not use your e-mail address as your password.", field="password")
    return plain
