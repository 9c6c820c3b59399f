"""Stored rows as what people see: the one place of identity that seals and opens."""

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
            device=self._codec.open(row.device, context=f"identity.sessions.device:{row.id}").decode(),
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            is_current=row.id == current,
        )

    def address(self, row: AddressRow) -> SavedAddress:
        """A saved address for its owner."""
        address = self._codec.open_json(row.address, Address, context=f"identity.addresses.address:{row.id}")
        return SavedAddress(id=row.id, address=address, is_default=row.is_default, version=row.version)

    def _email(self, row: AccountRow) -> str:
        return self._codec.open(row.email, context=f"identity.accounts.email:{row.id}").decode()

    def _name(self, row: AccountRow) -> str:
        return self._codec.open(row.name, context=f"identity.accounts.name:{row.id}").decode()


def credentials(row: AccountRow) -> Credentials:
    """What signing in needs of an account."""
    return Credentials(account_id=AccountId(row.id), password_hash=row.password_hash, is_active=row.status == "active")


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
    )


def tidy_name(name: str) -> str:
    """A person's name without what cannot be seen."""
    plain = unicodedata.normalize("NFC", name)
    return " ".join("".join(char if char.isprintable() else " " for char in plain).split())
