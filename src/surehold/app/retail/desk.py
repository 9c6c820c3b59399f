"""Puts together what an import needs of the shop, and takes its steps in order."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from surehold.app.container import Tools, open_tools
from surehold.app.importing import ImportOptions
from surehold.app.importing.services import make_importer
from surehold.app.retail.booking import Booking, BookingError
from surehold.app.retail.folder import ReplayFolder
from surehold.app.retail.plan import Invoice, product_documents
from surehold.app.retail.reading import Reading
from surehold.app.settings import Settings
from surehold.platform.http import SYSTEM

Tell = Callable[[str, int, int], None]
BOOKING_TIMEOUT_MS = 120_000
DEVICE = "import orders"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was done: products in the file, receipts and units newly booked, accounts newly wholesale, invoices to replay."""

    products: int
    receipts: int
    units: int
    wholesale_accounts: int
    invoices: list[Invoice]


async def book(reading: Reading, folder: ReplayFolder, settings: Settings, tell: Tell) -> ImportResult:
    """Take all steps of an import; each may be repeated. BookingError, ShopError."""
    patient = msgspec.structs.replace(settings.db, statement_timeout_ms=BOOKING_TIMEOUT_MS)
    async with open_tools(msgspec.structs.replace(settings, db=patient)) as tools:
        try:
            return await _book(reading, folder, _booking(tools, folder), settings, tell)
        finally:
            tools.parts.identity.close()


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
    if receipts:  # this database has not seen the file before, whatever the folder remembers of another
        folder.start_anew(reading.digest)
    invoices = plan.invoices(await booking.limits(settings.cart.max_network_units_per_variant))
    emails = sorted({invoice.account for invoice in invoices if invoice.account and invoice.is_wholesale})
    moved = await booking.wholesale(
        emails, folder.accounts, lambda done: tell("Making wholesale accounts", done, len(emails))
    )
    return ImportResult(len(products), receipts, units, moved, invoices)


def _booking(tools: Tools, folder: ReplayFolder) -> Booking:
    nerves, identity = tools.nerves, tools.parts.identity
    importer = make_importer(tools.db, tools.parts.pictures, nerves.invalidator, nerves.waker)

    async def import_products(file: Path) -> None:
        report = await importer.run(file, ImportOptions(resume=True))
        if report.rejected:
            fault = next(iter(report.faults), None)
            where = f": line {fault.line}: {fault.reason}" if fault else ""
            raise BookingError(f"{report.rejected} products were not taken{where}")

    async def make_account(email: str, password: str, name: str) -> UUID:
        signed_in = await identity.sign_up(SYSTEM, email, password, name, "en", DEVICE)
        return signed_in.account.id

    return Booking(tools.db, import_products, make_account, folder.password)
