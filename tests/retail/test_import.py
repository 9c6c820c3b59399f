"""The import against a real database, twice; and the whole real file, where it is at hand."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from surehold.app.doctor import examine, load_checks
from surehold.app.retail.desk import ImportResult, book
from surehold.app.retail.folder import NothingImportedError, ReplayFolder, Summary
from surehold.app.retail.plan import Invoice, Limits
from surehold.app.retail.reading import read_invoices
from surehold.app.retail.rejections import RejectionReport
from surehold.app.settings import Settings, read_settings
from surehold.platform.db import Database
from tests.retail.samples import LANTERN, MUG, TIN, row, thirty_invoices, write_csv

REAL_FILE = Path(os.environ.get("SUREHOLD_REALDATA", "../shared/data")) / "online_retail" / "invoices.csv.xz"
SOLD = sum(1 + number % 5 for number in range(18))


@pytest.fixture
def folder(tmp_path: Path) -> ReplayFolder:
    folder = ReplayFolder(tmp_path / "shop")
    folder.make()
    return folder


@dataclass
class Imported:
    """An import and a second one of the same file."""

    first: ImportResult
    summary: Summary
    counts: list[int]
    second: ImportResult
    summary_again: Summary
    counts_again: list[int]
    kept: list[Invoice]


@pytest.fixture(scope="module")
async def imported(
    database_url: str, valkey_url: str, db: Database, tmp_path_factory: pytest.TempPathFactory
) -> Imported:
    place = tmp_path_factory.mktemp("import")
    file = write_csv(place / "x.csv", [*thirty_invoices(), row("C539001", quantity=-1), row(code="POST")])
    folder = ReplayFolder(place / "shop")
    folder.make()
    settings = read_settings(
        {
            "SUREHOLD_DATABASE_URL": database_url,
            "SUREHOLD_VALKEY_URL": valkey_url,
            "SUREHOLD_SECRET_KEY": "ab" * 32,
            "SUREHOLD_DATA_DIR": str(place),
        }
    )
    with RejectionReport(folder.rejected) as rejections:
        progress = folder.progress(read_invoices(file, rejections).digest)
    progress.write_text("of another database")
    first, summary = await bring_in(file, folder, settings)
    assert not progress.exists()
    progress.write_text("of this one")
    before = await counts(db)
    second, again = await bring_in(file, folder, settings)
    assert progress.read_text() == "of this one"
    return Imported(first, summary, before, second, again, await counts(db), list(folder.invoices()))


async def bring_in(file: Path, folder: ReplayFolder, settings: Settings) -> tuple[ImportResult, Summary]:
    with RejectionReport(folder.rejected) as rejections:
        reading = read_invoices(file, rejections)
    result = await book(reading, folder, settings, lambda _doing, _done, _total: None)
    return result, folder.summarize(file.name, reading, result.invoices, rejections.counts)


def test_an_import_makes_products_stock_and_wholesale_accounts(imported: Imported):
    first, summary = imported.first, imported.summary
    assert (first.products, first.wholesale_accounts, len(first.invoices)) == (153, 2, 30)
    assert first.units == summary.units == 2 * SOLD + 20 + 450 + 1500
    assert summary.rows == summary.accepted + sum(summary.rejected.values())
    assert summary.rejected == {"cancellation_invoice": 1, "not_a_product": 1}
    assert imported.kept == first.invoices


def test_a_second_import_of_the_same_file_changes_nothing(imported: Imported):
    second = imported.second
    assert (second.receipts, second.units, second.wholesale_accounts) == (0, 0, 0)
    assert imported.summary_again == imported.summary
    assert imported.counts_again == imported.counts


async def test_stock_is_exactly_what_is_sold_and_prices_are_the_most_frequent(imported: Imported, db: Database):
    rows = await db.fetch_all(
        """select s.sku, a.available, p.amount_minor, p.currency from catalog.sellable s
           join inventory.availability a on a.variant_id = s.variant_id
           join pricing.base_prices p on p.variant_id = s.variant_id
           where s.sku = any(%s) order by s.sku""",
        ([MUG, LANTERN, TIN],),
    )
    assert rows == [(TIN, 20, 495, "GBP"), (LANTERN, SOLD + 1500, 255, "GBP"), (MUG, SOLD, 255, "GBP")]


async def test_receipts_are_dated_by_the_month_that_they_are_for(imported: Imported, db: Database):
    rows = await db.fetch_all("select distinct right(ref, 7), reason from inventory.ledger order by 1")
    assert rows == [("2010-12", "receipt"), ("2011-01", "receipt")]


async def test_wholesale_buyers_are_on_its_terms(imported: Imported, db: Database):
    rows = await db.fetch_all("select (pricing.terms_of(a.id)).group_code from identity.accounts a")
    assert rows == [("wholesale",), ("wholesale",)]


async def test_the_shop_is_healthy_after_it(imported: Imported, database_url: str):
    assert [diagnosis.sentences for diagnosis in examine(database_url, load_checks()) if not diagnosis.is_healthy] == []


def test_passwords_are_the_same_for_every_run_and_another_for_every_shop(folder: ReplayFolder, tmp_path: Path):
    other = ReplayFolder(tmp_path / "other")
    other.make()
    folder.make()
    email = "customer-1@replay.example"
    assert folder.password(email) == folder.password(email) != other.password(email)
    assert folder.rejected.parent.stat().st_mode & 0o077 == 0


def test_without_an_import_there_is_nothing_to_replay(folder: ReplayFolder):
    with pytest.raises(NothingImportedError, match="import orders"):
        folder.summary()


def test_the_real_file_comes_out_as_known(tmp_path: Path):
    if not REAL_FILE.exists():
        pytest.skip(f"{REAL_FILE} is not here; name the folder of real data with SUREHOLD_REALDATA")
    with RejectionReport(tmp_path / "rejected.csv") as rejections:
        reading = read_invoices(REAL_FILE, rejections)
    invoices = reading.plan.invoices(Limits())
    assert reading.rows == 431_673 == reading.plan.sales + sum(rejections.counts.values())
    assert rejections.counts.total() == 12_038
    assert (len(invoices), sum(1 for _ in reading.plan.products())) == (16_206, 3_750)
    assert sum(len(invoice.lines) > 100 for invoice in invoices) == 510
    assert sum(max(units for _, units in invoice.lines) > 999 for invoice in invoices) == 75
    assert max(len(invoice.lines) for invoice in invoices) == 1_106


async def counts(db: Database) -> list[int]:
    tables = (
        "catalog.products",
        "catalog.variants",
        "inventory.ledger",
        "identity.accounts",
        "pricing.group_members",
        "platform.events",
    )
    return [(await db.fetch_all(f"select count(*) from {table}"))[0][0] for table in tables]
