"""Who a token belongs to: asked on every request of a signed-in person, so it is one round trip."""

from surehold.modules.identity import store
from surehold.modules.identity.model import IdentitySettings
from surehold.platform.db import Database
from surehold.platform.http import Actor, ActorKind, Role, guest_token_hash

API_KEY_PREFIX = "shk_"


class SessionResolver:
    """Implements `platform.http.ActorResolver` on PostgreSQL; the database clock judges what is over."""

    def __init__(self, db: Database, settings: IdentitySettings | None = None) -> None:
        self._db, self._settings = db, settings or IdentitySettings()

    async def resolve(self, session_token: str) -> Actor | None:
        """The account of a session, or None."""
        token = guest_token_hash(session_token)
        found = await store.resolve_session(self._db, token, self._settings.idle_s, self._settings.touch_s)
        if found is None:
            return None
        session_id, account_id, roles = found
        return Actor(kind=ActorKind.ACCOUNT, account_id=account_id, session_id=session_id, roles=_roles(roles))

    async def resolve_api_key(self, api_key: str) -> Actor | None:
        """The machine of a key, or None."""
        if not api_key.startswith(API_KEY_PREFIX):
            return None
        found = await store.resolve_api_key(self._db, guest_token_hash(api_key), self._settings.touch_s)
        if found is None:
            return None
        key_id, roles = found
        return Actor(kind=ActorKind.MACHINE, api_key_id=key_id, roles=_roles(roles))


def _roles(names: list[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)
