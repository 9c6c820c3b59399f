"""Saved addresses of an account."""

from uuid import UUID

from surehold.kernel.errors import StaleVersionError
from surehold.kernel.ids import uuid7
from surehold.modules.identity import store
from surehold.modules.identity.errors import AddressNotFoundError
from surehold.modules.identity.model import Address, IdentitySettings, SavedAddress, validate_address
from surehold.modules.identity.service.records import Records
from surehold.platform.db import Database
from surehold.platform.http import check_if_match


class AddressBook:
    """Each account's own; somebody else's address is simply not there."""

    def __init__(self, db: Database, records: Records, settings: IdentitySettings) -> None:
        self._db, self._records, self._settings = db, records, settings

    async def list_addresses(self, account_id: UUID) -> list[SavedAddress]:
        """All addresses: the default first, then the newest."""
        return [self._records.address(row) for row in await store.list_addresses(self._db, account_id)]

    async def get(self, account_id: UUID, address_id: UUID) -> SavedAddress:
        """One address; AddressNotFoundError."""
        row = await store.find_address(self._db, account_id, address_id)
        if row is None:
            raise AddressNotFoundError
        return self._records.address(row)

    async def add(
        self, account_id: UUID, address: Address, *, as_default: bool, address_id: UUID | None = None
    ) -> SavedAddress:
        """Add an address; sent again with the same id it changes nothing. InvalidAddressError, AddressLimitError."""
        address_id = address_id or uuid7()
        sealed = self._records.seal_address(address_id, validate_address(address))
        await store.add_address(
            self._db, account_id, address_id, sealed, as_default=as_default, at_most=self._settings.max_addresses
        )
        return await self.get(account_id, address_id)

    async def change(
        self, account_id: UUID, address_id: UUID, if_match: str | None, address: Address, *, as_default: bool
    ) -> SavedAddress:
        """Set an address that was read at a version; StaleVersionError carries what it is now."""
        now = await self.get(account_id, address_id)
        check_if_match(if_match, now.version, now)
        sealed = self._records.seal_address(address_id, validate_address(address))
        version = await store.change_address(
            self._db, account_id, address_id, now.version, sealed, as_default=as_default
        )
        after = await self.get(account_id, address_id)
        if version is None:
            raise StaleVersionError("Somebody changed it meanwhile; look at `current` and try again.", current=after)
        return after

    async def remove(self, account_id: UUID, address_id: UUID) -> None:
        """Remove an address, if it is there."""
        await store.remove_address(self._db, account_id, address_id)
