"""Stored rows as what people see: the one place of identity that seals and opens."""

import re
import unicodedata
from uuid import UUID

from surehold.kernel.ids import AccountId
from surehold.modules.identity.model import (
    AccountSummary,
    Address,
    ApiKey,
    Credentials,
    Profile,
    SavedAddress,
    SessionInfo,
)
from surehold.modules.identity.store import AccountRow, AddressRow, ApiKeyRow, SessionRow
from surehold.platform.sealed import SealedCodec

MAX_DEVICE_CHARS = 200
_VERSIONS = re.compile(r"[\d._]+")


class Records:
    """Seals what goes into rows and opens what comes out of them."""

    def __init__(self, codec: SealedCodec) -> None:
        self._codec = codec

    def email_index(self, email: str) -> bytes:
        """Where an e-mail address is looked up."""
        return self._codec.blind_index(email, purpose="identity.accounts.email")

    def brake(self, kind: str, value: str) -> bytes:
        """The name under which attempts on an e-mail address or from a network are counted."""
        return self._codec.blind_index(value, purpose=f"identity.sign_in_attempts.{kind}")

    def seal_email(self, account_id: UUID, email: str) -> bytes:
        """An e-mail address for its row."""
        return self._codec.seal(email.encode(), context=f"identity.accounts.email:{account_id}")

    def seal_name(self, account_id: UUID, name: str) -> bytes:
        """A name for its row."""
        return self._codec.seal(tidy_name(name).encode(), context=f"identity.accounts.name:{account_id}")

    def seal_device(self, session_id: UUID, device: str) -> bytes:
        """What a browser calls itself, for its row."""
        plain = "".join(char for char in device if char.isprintable())[:MAX_DEVICE_CHARS]
        return self._codec.seal(plain.encode(), context=f"identity.sessions.device:{session_id}")

    def device_index(self, account_id: UUID, device: str) -> bytes:
        """A browser under which an account is known; an update of it is not another one."""
        return self._codec.blind_index(f"{account_id} {_VERSIONS.sub('', device)}", purpose="identity.devices.device")

    def seal_token_email(self, token_id: UUID, email: str) -> bytes:
        """The address that an account is to have, for its token's row."""
        return self._codec.seal(email.encode(), context=f"identity.tokens.email:{token_id}")

    def open_token_email(self, token_id: UUID, sealed: bytes) -> str:
        """The address that an account is to have."""
        return self._codec.open(sealed, context=f"identity.tokens.email:{token_id}").decode()

    def seal_former_email(self, change_id: UUID, email: str) -> bytes:
        """The address that an account had before a change, for its row."""
        return self._codec.seal(email.encode(), context=f"identity.former_emails.email:{change_id}")

    def open_former_email(self, change_id: UUID, sealed: bytes) -> str:
        """The address that an account had before a change."""
        return self._codec.open(sealed, context=f"identity.former_emails.email:{change_id}").decode()

    def seal_totp(self, account_id: UUID, secret: str) -> bytes:
        """The secret of a second factor, for its row."""
        return self._codec.seal(secret.encode(), context=f"identity.totp.secret:{account_id}")

    def open_totp(self, account_id: UUID, sealed: bytes) -> str:
        """The secret of a second factor."""
        return self._codec.open(sealed, context=f"identity.totp.secret:{account_id}").decode()

    def seal_reason(self, session_id: UUID, reason: str) -> bytes:
        """Why staff acts in a customer's place, for its row."""
        return self._codec.seal(reason.encode(), context=f"identity.impersonations.reason:{session_id}")

    def open_reason(self, session_id: UUID, sealed: bytes) -> str:
        """Why staff acted in a customer's place."""
        return self._codec.open(sealed, context=f"identity.impersonations.reason:{session_id}").decode()

    def seal_address(self, address_id: UUID, address: Address) -> bytes:
        """An address for its row."""
        return self._codec.seal_json(address, context=f"identity.addresses.address:{address_id}")

    def profile(self, row: AccountRow) -> Profile:
        """An account for its owner."""
        return Profile(
            id=AccountId(row.id),
            email=self._email(row),
            name=self._name(row),
            locale=row.locale,
            roles=tuple(row.roles),
            version=row.version,
            created_at=row.created_at,
            email_verified=row.email_verified,
            totp_on=row.totp_on,
        )

    def summary(self, row: AccountRow) -> AccountSummary:
        """An account for staff."""
        return AccountSummary(
            id=AccountId(row.id),
            email=self._email(row),
            name=self._name(row),
            roles=tuple(row.roles),
            status=row.status,
            version=row.version,
            created_at=row.created_at,
        )

    def session(self, row: SessionRow, current: UUID | None) -> SessionInfo:
        """A session for its owner."""
        return SessionInfo(
            id=row.id,
            device=self.open_device(row.id, row.device),
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            is_current=row.id == current,
            is_by_staff=row.is_by_staff,
        )

    def address(self, row: AddressRow) -> SavedAddress:
        """A saved address for its owner."""
        address = self._codec.open_json(row.address, Address, context=f"identity.addresses.address:{row.id}")
        return SavedAddress(id=row.id, address=address, is_default=row.is_default, version=row.version)

    def open_email(self, account_id: UUID, sealed: bytes) -> str:
        """An account's e-mail address."""
        return self._codec.open(sealed, context=f"identity.accounts.email:{account_id}").decode()

    def open_name(self, account_id: UUID, sealed: bytes) -> str:
        """The name of an account's owner."""
        return self._codec.open(sealed, context=f"identity.accounts.name:{account_id}").decode()

    def open_device(self, session_id: UUID, sealed: bytes) -> str:
        """What a session's browser calls itself."""
        return self._codec.open(sealed, context=f"identity.sessions.device:{session_id}").decode()

    def _email(self, row: AccountRow) -> str:
        return self.open_email(row.id, row.email)

    def _name(self, row: AccountRow) -> str:
        return self.open_name(row.id, row.name)


def credentials(row: AccountRow) -> Credentials:
    """What signing in needs of an account."""
    return Credentials(
        account_id=AccountId(row.id),
        password_hash=row.password_hash,
        is_active=row.status == "active",
        has_totp=row.totp_on,
    )


def api_key(row: ApiKeyRow) -> ApiKey:
    """A machine's key for staff."""
    return ApiKey(
        id=row.id,
        name=row.name,
        roles=tuple(row.roles),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        scopes=None if row.scopes is None else tuple(row.scopes),
    )


def tidy_name(name: str) -> str:
    """A person's name without what cannot be seen."""
    plain = unicodedata.normalize("NFC", name)
    return " ".join("".join(char if char.isprintable() else " " for char in plain).split())
