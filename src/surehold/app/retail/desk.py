"""Puts together what an import needs of the shop, and takes its steps in order."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from surehold.adapters.storage.pictures import DiskPictures
from surehold.app.importing import ImportOptions, ProductImporter
from surehold.app.retail.booking import Booking, BookingError
from surehold.app.retail.folder import ReplayFolder
from surehold.app.retail.plan import Invoice, product_documents
from surehold.app.retail.reading import Reading
from surehold.app.settings import Settings
from surehold.modules.catalog import CatalogIntake
from surehold.modules.identity import IdentityService
from surehold.modules.inventory import InventoryService
from surehold.platform.db import Database
from surehold.platform.events.waker import SilentWaker
from surehold.platform.http import SYSTEM
from surehold.platform.realtime import Hint
from surehold.platform.sealed import SealedCodec

Tell = Callable[[str, int, int], None]
DEVICE = "import orders"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was done: products in the file, receipts and units newly booked, accounts newly wholesale, invoices to replay."""

    products: int
    receipts: int
    units: int
    wholesale_accounts: int
    invoices: list[Invoice]


class Unheard:
    """Tells nobody: what an import changes was not there before, so no cached answer holds an older state of it."""

    def invalidate(self, tags: Iterable[str]) -> None:
        """Do nothing."""

    def hint(self, *hints: Hint) -> None:
        """Do nothing."""


async def book(reading: Reading, folder: ReplayFolder, settings: Settings, tell: Tell) -> ImportResult:
    """Take all steps of an import; each may be repeated. BookingError, ShopError."""
    db = Database(settings.core.database_url, settings.db)
    await db.open()
    identity = IdentityService(db, SealedCodec(settings.core.secret_key), SilentWaker())
    try:
        return await _book(reading, folder, _booking(db, identity, folder, settings), settings, tell)
    finally:
        identity.close()
        await db.close()


async def _book(
    reading: Reading, folder: ReplayFolder, booking: Booking, settings: Settings, tell: Tell
) -> ImportResult:
    plan = reading.plan
    products = list(plan.products())
    tell("Importing products", 0, len(products))
    await asyncio.to_thread(folder.write_products, product_documents(products))
    variants = await booking.products(folder.products, [product.code for product in products])
    tell("Booking receipts", 0, len(products))
    receipts, units = await booking.receipts(reading.digest, variants, plan.receipts())
    invoices = plan.invoices(await booking.limits(settings.cart.max_network_units_per_variant))
    emails = sorted({invoice.account for invoice in invoices if invoice.account and invoice.is_wholesale})
    moved = await booking.wholesale(
        emails, folder.accounts, lambda done: tell("Making wholesale accounts", done, len(emails))
    )
    return ImportResult(len(products), receipts, units, moved, invoices)


def _booking(db: Database, identity: IdentityService, folder: ReplayFolder, settings: Settings) -> Booking:
    quiet, waker = Unheard(), SilentWaker()
    importer = ProductImporter(
        CatalogIntake(db, invalidator=quiet, waker=waker),
        InventoryService(db, waker=waker, hinter=quiet, invalidator=quiet),
        DiskPictures(settings.core.data_dir / "media"),
    )

    async def import_products(file: Path) -> None:
        report = await importer.run(file, ImportOptions(resume=True))
        if report.rejected:
            fault = next(iter(report.faults), None)
            where = f": line {fault.line}: {fault.reason}" if fault else ""
            raise BookingError(f"{report.rejected} products were not taken{where}")

    async def make_account(email: str, password: str, name: str) -> UUID:
        signed_in = await identity.sign_up(SYSTEM, email, password, name, "en", DEVICE)
        return signed_in.account.id

    return Booking(db, import_products, make_account, folder.password)
