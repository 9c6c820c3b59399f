"""What an import does to the shop: products, receipts that cover what was sold, and the accounts of wholesale buyers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

import msgspec

from surehold.app.retail import store
from surehold.app.retail.plan import Limits, name_of
from surehold.app.retail.together import together
from surehold.platform.db import Database

ACCOUNTS_AT_ONCE = 4


class BookingError(Exception):
    """The shop did not take what was imported; the text says what."""


class MakeAccount(Protocol):
    """Makes an account, or finds the one that has this e-mail address and password."""

    async def __call__(self, email: str, password: str, name: str) -> UUID:
        """The account's id."""
        ...


class Booking:
    """Books into one shop. Every step may be repeated: what is there is found, not made again."""

    def __init__(
        self,
        db: Database,
        import_products: Callable[[Path], Awaitable[None]],
        make_account: MakeAccount,
        password: Callable[[str], str],
    ) -> None:
        self._db, self._import_products = db, import_products
        self._make_account, self._password = make_account, password

    async def limits(self, guest_units: int) -> Limits:
        """What ordinary buyers may put into a cart."""
        return await store.get_limits(self._db, guest_units)

    async def products(self, file: Path, skus: Sequence[str]) -> Mapping[str, UUID]:
        """Import a product file; out go the variants by SKU. BookingError if some of the SKUs are not on sale then."""
        await self._import_products(file)
        variants = await store.list_variants(self._db, skus)
        missing = sorted(set(skus) - set(variants))
        if missing:
            raise BookingError(f"{len(missing)} of {len(skus)} products are not on sale: {', '.join(missing[:5])} …")
        return variants

    async def receipts(
        self, digest: str, variants: Mapping[str, UUID], months: Mapping[str, Mapping[str, int]]
    ) -> tuple[int, int]:
        """Book for each month what was sold in it, once per file; out go the receipts and units that were new."""
        location = await store.ensure_warehouse(self._db)
        booked = units = 0
        for month, sold in months.items():
            ref = f"invoices {digest[:16]} {month}"
            async with self._db.unit() as unit:
                changed = await store.receive(unit, location, ref, {variants[code]: sold[code] for code in sold})
            booked += changed
            units += sum(sold.values()) if changed else 0
        return booked, units

    async def wholesale(self, emails: Sequence[str], known: Path, tell: Callable[[int], None]) -> int:
        """Make the accounts of wholesale buyers and put them on its terms; out goes how many were new.

        `known` remembers the accounts, because asking for one again costs as much as making it.
        """
        accounts = await asyncio.to_thread(_read_accounts, known)
        outside = await store.list_outside_group(self._db, [accounts[email] for email in emails if email in accounts])
        missing = [email for email in emails if email not in accounts or accounts[email] in outside]
        todo, done = iter(missing), 0

        async def make() -> None:
            nonlocal done
            for email in todo:
                accounts[email] = await self._make_account(email, self._password(email), name_of(email))
                done += 1
                tell(done)

        await together(make for _ in range(ACCOUNTS_AT_ONCE))
        moved = await store.set_wholesale(self._db, [accounts[email] for email in emails])
        await asyncio.to_thread(known.write_bytes, msgspec.json.encode(accounts))
        return moved


def _read_accounts(path: Path) -> dict[str, UUID]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, UUID])
    except (FileNotFoundError, msgspec.MsgspecError):
        return {}
