"""Who a token belongs to: asked on every request of a signed-in person, so it is one round trip."""

from collections import OrderedDict
from time import monotonic

from surehold.kernel.errors import UnavailableError
from surehold.modules.identity import store
from surehold.modules.identity.model import IdentitySettings
from surehold.modules.identity.store.impersonation import note_write
from surehold.platform.db import Database
from surehold.platform.http import Actor, ActorKind, Role, account_of, guest_token_hash

API_KEY_PREFIX = "shk_"
SEEN_LATELY_S = 15 * 60.0
MAX_SEEN = 20_000


class SessionResolver:
    """Implements `platform.http.ActorResolver` on PostgreSQL; the database clock judges what is over.

    While PostgreSQL is away a customer whom this process has seen lately is still known, so that they are shown the copy of their
    cart; nothing else can be done then. Staff are not.
    """

    def __init__(self, db: Database, settings: IdentitySettings | None = None) -> None:
        self._db, self._settings = db, settings or IdentitySettings()
        self._seen: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()

    async def resolve(self, session_token: str) -> Actor | None:
        """The account of a session, or None."""
        token = guest_token_hash(session_token)
        try:
            found = await store.resolve_session(self._db, token, self._settings.idle_s, self._settings.touch_s)
        except UnavailableError:
            seen_at, known = self._seen.get(token, (0.0, None))
            if known is None or monotonic() - seen_at > SEEN_LATELY_S:
                raise
            return known
        if found is None:
            self._seen.pop(token, None)
            return None
        actor = self._actor(found)
        self._remember(token, actor)
        return actor

    async def resolve_api_key(self, api_key: str) -> Actor | None:
        """The machine of a key, or None."""
        if not api_key.startswith(API_KEY_PREFIX):
            return None
        found = await store.resolve_api_key(self._db, guest_token_hash(api_key), self._settings.touch_s)
        if found is None:
            return None
        key_id, roles, scopes = found
        allowed = None if scopes is None else frozenset(scopes)
        return Actor(kind=ActorKind.MACHINE, api_key_id=key_id, roles=_roles(roles), scopes=allowed)

    async def note_write(self, actor: Actor, operation: str) -> None:
        """Write into the audit log that staff is about to change something in a customer's place."""
        await note_write(self._db, actor.key, account_of(actor), operation, actor.request_id)

    def _actor(self, found: store.ResolvedRow) -> Actor:
        """Staff who has to have a second factor and has none is a customer until it is on."""
        roles = _roles(found.roles)
        is_staff = bool(roles - {Role.CUSTOMER})
        waits = self._settings.staff_totp and is_staff and not found.totp_on
        return Actor(
            kind=ActorKind.ACCOUNT,
            account_id=found.account_id,
            session_id=found.session_id,
            roles=frozenset({Role.CUSTOMER}) if waits else roles,
            needs_totp=waits,
            impersonator_id=found.impersonator_id,
        )

    def _remember(self, token: bytes, actor: Actor) -> None:
        if actor.is_staff or actor.needs_totp or actor.impersonator_id is not None:
            self._seen.pop(token, None)
            return
        self._seen[token] = (monotonic(), actor)
        self._seen.move_to_end(token)
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)


def _roles(names: list[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)
