"""Use cases of identity: access, recovery by letter, the second factor, profile, address book, staff and machines."""

from collections.abc import Sequence
from uuid import UUID

from surehold.kernel.errors import StaleVersionError
from surehold.kernel.ids import AccountId
from surehold.modules.identity import store
from surehold.modules.identity.errors import AccountNotFoundError
from surehold.modules.identity.model import IdentitySettings, Profile, SignedIn
from surehold.modules.identity.service.access import Access
from surehold.modules.identity.service.address_book import AddressBook
from surehold.modules.identity.service.brakes import Brakes
from surehold.modules.identity.service.impersonation import Impersonations
from surehold.modules.identity.service.passwords import Passwords, PasswordSettings
from surehold.modules.identity.service.records import Records
from surehold.modules.identity.service.recovery import Recovery
from surehold.modules.identity.service.second_factor import SecondFactors
from surehold.modules.identity.service.sessions import SessionResolver
from surehold.modules.identity.service.staff import Staff
from surehold.platform.db import Database
from surehold.platform.events import Waker
from surehold.platform.http import SYSTEM, Actor, Role, check_if_match
from surehold.platform.sealed import SealedCodec

PURGE_BATCH = 1_000

__all__ = [
    "Access",
    "AddressBook",
    "IdentityService",
    "Impersonations",
    "PasswordSettings",
    "Passwords",
    "Recovery",
    "SecondFactors",
    "SessionResolver",
    "Staff",
]


class IdentityService:
    """Everything about who is who; the parts are its attributes, what others need most is here."""

    def __init__(
        self,
        db: Database,
        codec: SealedCodec,
        waker: Waker,
        passwords: Passwords | None = None,
        settings: IdentitySettings | None = None,
        *,
        shop_name: str = "Surehold",
        known_scopes: frozenset[str] | None = None,
    ) -> None:
        self._db, self._records = db, Records(codec)
        self.settings = settings or IdentitySettings()
        self._passwords = passwords or Passwords()
        brakes = Brakes(db, self._records, self.settings)
        self.second_factors = SecondFactors(db, self._records, self.settings, brakes, shop_name)
        self.access = Access(db, self._records, self._passwords, waker, self.settings, brakes, self.second_factors)
        self.recovery = Recovery(db, self._records, self._passwords, waker, self.settings, brakes, self.access)
        self.address_book = AddressBook(db, self._records, self.settings)
        self.staff = Staff(db, self._records, self._passwords, self.access, known_scopes)
        self.impersonations = Impersonations(db, self._records, self.settings)

    async def sign_in(
        self, actor: Actor, email: str, password: str, device: str = "", totp_code: str | None = None
    ) -> SignedIn:
        """See `Access.sign_in`."""
        return await self.access.sign_in(actor, email, password, device, totp_code)

    async def sign_up(
        self, actor: Actor, email: str, password: str, name: str, locale: str, device: str = ""
    ) -> SignedIn:
        """See `Access.sign_up`."""
        return await self.access.sign_up(actor, email, password, name, locale, device)

    async def create_staff(self, email: str, password: str, roles: Sequence[Role], name: str = "") -> AccountId:
        """A staff account made by the command line; EmailTakenError if the address has an account already."""
        return await self.staff.create(SYSTEM, email, password, roles, name)

    async def get_profile(self, account_id: UUID) -> Profile:
        """An account as its owner sees it; AccountNotFoundError."""
        row = await store.find_account(self._db, account_id)
        if row is None:
            raise AccountNotFoundError
        return self._records.profile(row)

    async def change_profile(
        self, account_id: UUID, if_match: str | None, *, name: str | None, locale: str | None
    ) -> Profile:
        """Change what is given of a profile that was read at a version; StaleVersionError carries what it is now."""
        now = await self.get_profile(account_id)
        check_if_match(if_match, now.version, now)
        sealed = None if name is None else self._records.seal_name(account_id, name)
        changed = await store.change_profile(
            self._db, account_id, now.version, sealed, None if locale is None else locale.strip()
        )
        after = await self.get_profile(account_id)
        if not changed:
            raise StaleVersionError("Somebody changed it meanwhile; look at `current` and try again.", current=after)
        return after

    async def purge(self) -> int:
        """Remove a batch of ended sessions and forgotten attempts; out goes how many."""
        return await store.purge(self._db, self.settings.idle_s, self.settings.forget_s, PURGE_BATCH)

    def close(self) -> None:
        """End the hashing threads."""
        self._passwords.close()
