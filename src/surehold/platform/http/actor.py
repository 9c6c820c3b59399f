"""Who is asking. Resolved once a request, before the handler, and passed in; nothing else reads cookies."""

import hashlib
import secrets
from enum import StrEnum
from typing import Protocol
from uuid import UUID

import msgspec

TOKEN_BYTES = 32


class Role(StrEnum):
    """What a signed-in person may do; `admin` may do all of it."""

    CUSTOMER = "customer"
    SUPPORT = "support"
    CATALOGUE = "catalogue"
    OPERATIONS = "operations"
    ADMIN = "admin"


class ActorKind(StrEnum):
    """How the asker is known to us."""

    ANONYMOUS = "anonymous"  # no token at all
    GUEST = "guest"  # a guest token
    ACCOUNT = "account"  # a session of an account
    MACHINE = "machine"  # an API key
    SYSTEM = "system"  # our own jobs and the command line


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """The asker of one request.

    `guest_hash` is the SHA-256 of the guest token where one was sent (also beside a session, until the carts are merged).
    `network` names the address block for anti-hoarding caps and throttles: /24 for IPv4, /56 for IPv6.
    `scopes` narrow what a machine's roles allow (None: not at all). `impersonator_id` is the account of staff who acts in this
    account's place. `needs_totp`: staff without the second factor that the shop asks for, and so without their roles.
    """

    kind: ActorKind
    account_id: UUID | None = None
    session_id: UUID | None = None
    api_key_id: UUID | None = None
    roles: frozenset[Role] = frozenset()
    scopes: frozenset[str] | None = None
    impersonator_id: UUID | None = None
    needs_totp: bool = False
    guest_hash: bytes | None = None
    network: str = ""
    request_id: str = ""

    @property
    def is_staff(self) -> bool:
        """Whether any staff role is held."""
        return bool(self.roles - {Role.CUSTOMER})

    @property
    def key(self) -> str:
        """A stable name for idempotency keys and audit rows: never personal data. Staff in an account's place is named too."""
        if self.impersonator_id is not None:
            return f"account:{self.account_id} by account:{self.impersonator_id}"
        if self.account_id is not None:
            return f"account:{self.account_id}"
        if self.api_key_id is not None:
            return f"machine:{self.api_key_id}"
        if self.guest_hash is not None:
            return f"guest:{self.guest_hash.hex()[:32]}"
        return self.kind.value

    def may_in(self, scope: str) -> bool:
        """Whether a machine's scopes allow it; people have none."""
        return self.scopes is None or scope in self.scopes


ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS)
SYSTEM = Actor(kind=ActorKind.SYSTEM)


class ActorResolver(Protocol):
    """Finds who is behind a session token or a machine's key; each in one round trip."""

    async def resolve(self, session_token: str) -> Actor | None:
        """The account's actor, or None when the session does not exist, expired or was revoked."""
        ...

    async def resolve_api_key(self, api_key: str) -> Actor | None:
        """The machine's actor, or None when the key does not exist, expired or was revoked."""
        ...

    async def note_write(self, actor: Actor, operation: str) -> None:
        """Put on record that staff is about to change something in an account's place; raises rather than leave it out."""
        ...


def new_token() -> str:
    """A 256-bit random token, URL-safe."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def guest_token_hash(token: str) -> bytes:
    """What we store of a token: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


def account_of(actor: Actor) -> UUID:
    """The account behind a request whose route asked for one (policy `ACCOUNT`)."""
    if actor.account_id is None:
        msg = "a route that needs an account must say so in its policy"
        raise AssertionError(msg)
    return actor.account_id
