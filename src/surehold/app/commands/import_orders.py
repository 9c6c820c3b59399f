"""`./surehold import orders`: a retailer's invoice lines become products, stock and invoices that `replay` buys again."""

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DatabaseOwnerUrl, DatabaseUrl, DataDir, ValkeyUrl
from surehold.app.retail.booking import BookingError
from surehold.app.retail.desk import ImportResult, book
from surehold.app.retail.folder import ReplayFolder
from surehold.app.retail.reading import Reading, read_invoices
from surehold.app.retail.rejections import RejectionReport
from surehold.app.retail.rows import InvoiceFileError
from surehold.app.retail.telling import tell_import
from surehold.app.schema import bring_up_to_date
from surehold.app.up.borrow import borrowed_shop
from surehold.app.up.options import DEFAULT_DATA_DIR, ServerUrls
from surehold.app.up.screen import Screen
from surehold.app.up.secret_key import settings_of

REFUSED = 1


def orders(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Invoice lines: CSV, or CSV in xz.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
    database_owner_url: DatabaseOwnerUrl = None,
    valkey_url: ValkeyUrl = None,
    report: Annotated[Path | None, typer.Option(help="Where to put the report of rejected rows as well.")] = None,
) -> None:
    """Make a catalogue with stock out of a retailer's invoice lines. Done twice, it changes nothing."""
    screen, folder = Screen(), ReplayFolder(data_dir.expanduser().resolve())
    urls = ServerUrls(database_url or None, database_owner_url or None, None, valkey_url or None)
    try:
        folder.make()
        reading, rejections = _read(file, folder, screen)
        with borrowed_shop(data_dir, urls) as shop:
            result = _book(reading, folder, shop.environment, screen)
        summary = folder.summarize(file.name, reading, result.invoices, rejections.counts)
    except (InvoiceFileError, BookingError, *REFUSALS) as error:
        screen.refuse(in_words(error, data_dir))
        raise typer.Exit(REFUSED) from error
    tell_import(screen.console, summary, result, folder.rejected)
    if report is not None:
        shutil.copyfile(folder.rejected, report)


def _read(file: Path, folder: ReplayFolder, screen: Screen) -> tuple[Reading, RejectionReport]:
    columns = (SpinnerColumn(), TextColumn("Reading {task.fields[name]}"), TextColumn("{task.completed:,} rows"))
    with RejectionReport(folder.rejected) as rejections, Progress(*columns, console=screen.console) as progress:
        task = progress.add_task("", total=None, name=file.name)
        return read_invoices(file, rejections, lambda rows: progress.update(task, completed=rows)), rejections


def _book(reading: Reading, folder: ReplayFolder, environment: Mapping[str, str], screen: Screen) -> ImportResult:
    settings = settings_of(environment)
    bring_up_to_date(environment["SUREHOLD_DATABASE_OWNER_URL"])  # a shop that was never up has no tables yet
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen.console, transient=True) as progress:
        task = progress.add_task("Booking products and stock", total=None)

        def tell(doing: str, done: int, total: int) -> None:
            progress.update(task, description=doing, completed=done, total=total)

        return asyncio.run(book(reading, folder, settings, tell))
