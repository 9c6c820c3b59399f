"""Staff accounts, their roles, and machines' keys."""

from collections.abc import Sequence
from uuid import UUID

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.ids import AccountId, uuid7
from surehold.modules.identity import store
from surehold.modules.identity.errors import AccountNotFoundError, ApiKeyNotFoundError
from surehold.modules.identity.model import AccountSummary, ApiKey, Status, check_password, normalize_email
from surehold.modules.identity.service.access import Access
from surehold.modules.identity.service.passwords import Passwords
from surehold.modules.identity.service.records import Records, api_key
from surehold.modules.identity.service.sessions import API_KEY_PREFIX
from surehold.modules.identity.store import Asked
from surehold.platform.db import Database
from surehold.platform.http import Actor, Role, guest_token_hash, new_token

DEFAULT_LOCALE = "en"
_DAY_S = 86_400.0


class Staff:
    """What only an admin may do; the routes ask for the role, the database looks again where it matters."""

    def __init__(
        self, db: Database, records: Records, passwords: Passwords, access: Access, known_scopes: frozenset[str] | None
    ) -> None:
        self._db, self._records, self._passwords, self._access = db, records, passwords, access
        self._known_scopes = known_scopes

    async def create(self, actor: Actor, email: str, password: str, roles: Sequence[Role], name: str = "") -> AccountId:
        """A staff account; EmailTakenError, WeakPasswordError, InvalidEmailError."""
        email = normalize_email(email)
        password_hash = await self._passwords.hash(check_password(password, email))
        held = sorted({Role.CUSTOMER, *roles})
        return await self._access.create_account(email, password_hash, name, held, DEFAULT_LOCALE, actor.key, actor)

    async def list_accounts(self) -> list[AccountSummary]:
        """Everybody with a staff role."""
        return [self._records.summary(row) for row in await store.list_staff(self._db)]

    async def has_admin(self) -> bool:
        """Whether anybody can administer the shop."""
        return await store.has_admin(self._db)

    async def opens_as_admin(self, email: str, password: str) -> bool:
        """Whether this is the login of an admin whose account is open. Looks only: no session, no attempt counted."""
        row = await store.find_account_by_email(self._db, self._records.email_index(normalize_email(email)))
        if row is None or row.status != "active" or Role.ADMIN not in row.roles:
            return False
        return await self._passwords.verify(row.password_hash, password)

    async def find_by_email(self, email: str) -> AccountSummary | None:
        """The account of an e-mail address, if there is one."""
        row = await store.find_account_by_email(self._db, self._records.email_index(normalize_email(email)))
        return None if row is None else self._records.summary(row)

    async def set_roles(self, actor: Actor, account_id: UUID, roles: Sequence[Role]) -> AccountSummary:
        """Set an account's roles (a customer's role always stays); its sessions end. OwnRolesError, AccountNotFoundError."""
        held = sorted({Role.CUSTOMER, *roles})
        await store.set_roles(self._db, account_id, held, actor.account_id, Asked(actor.key, actor.request_id))
        return await self._get(account_id)

    async def set_status(self, actor: Actor, account_id: UUID, status: Status) -> AccountSummary:
        """Close an account to its owner, or open it again; its sessions end.

        AccountNotFoundError, OwnRolesError, and ForbiddenError for an account of staff unless an admin asks.
        """
        asked, by_admin = Asked(actor.key, actor.request_id), Role.ADMIN in actor.roles
        await store.set_status(self._db, account_id, status, actor.account_id, by_admin=by_admin, asked=asked)
        return await self._get(account_id)

    async def create_api_key(
        self,
        actor: Actor,
        name: str,
        roles: Sequence[Role],
        lives_days: int | None,
        scopes: Sequence[str] | None = None,
    ) -> tuple[UUID, str]:
        """A machine's key: its id, and the secret that is told this once. InvalidInputError names the scopes there are."""
        self._check_scopes(scopes)
        narrowed = None if scopes is None else sorted(set(scopes))
        key_id, secret = uuid7(), API_KEY_PREFIX + new_token()
        lives_s = None if lives_days is None else lives_days * _DAY_S
        asked = Asked(actor.key, actor.request_id)
        await store.create_api_key(
            self._db,
            key_id,
            guest_token_hash(secret),
            name,
            sorted(set(roles)),
            narrowed,
            actor.account_id,
            lives_s,
            asked,
        )
        return key_id, secret

    async def list_api_keys(self) -> list[ApiKey]:
        """All keys, newest first."""
        return [api_key(row) for row in await store.list_api_keys(self._db)]

    async def revoke_api_key(self, actor: Actor, key_id: UUID) -> None:
        """End a key; again changes nothing. ApiKeyNotFoundError."""
        if not await store.revoke_api_key(self._db, key_id, Asked(actor.key, actor.request_id)):
            raise ApiKeyNotFoundError

    def _check_scopes(self, scopes: Sequence[str] | None) -> None:
        unknown = sorted(set(scopes or ()) - (self._known_scopes or set(scopes or ())))
        if unknown:
            known = ", ".join(sorted(self._known_scopes or ()))
            problems = [{"field": "scopes", "message": f"{scope} is no scope"} for scope in unknown]
            raise InvalidInputError(f"Scopes are: {known}.", errors=problems)

    async def _get(self, account_id: UUID) -> AccountSummary:
        row = await store.find_account(self._db, account_id)
        if row is None:
            raise AccountNotFoundError
        return self._records.summary(row)
