"""`./surehold import orders`: a retailer's invoice lines become products, stock and invoices that `replay` buys again."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from surehold.app.retail.booking import BookingError
from surehold.app.retail.desk import ImportResult, book
from surehold.app.retail.folder import ReplayFolder
from surehold.app.retail.reading import Reading, read_invoices
from surehold.app.retail.rejections import RejectionReport
from surehold.app.retail.rows import InvoiceFileError
from surehold.app.retail.telling import tell_import
from surehold.app.schema import bring_up_to_date
from surehold.app.settings import SettingsError, read_settings
from surehold.app.up.borrow import borrowed_shop
from surehold.app.up.options import DEFAULT_DATA_DIR, ServerUrls
from surehold.app.up.screen import Screen
from surehold.kernel.errors import ShopError
from surehold.platform.db.migrations import MigrationError
from surehold.platform.embedded import EmbeddedError

REFUSED = 1


def orders(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Invoice lines: CSV, or CSV in xz.")],
    data_dir: Annotated[
        Path, typer.Option(envvar="SUREHOLD_DATA_DIR", help="Where the shop keeps its data.")
    ] = DEFAULT_DATA_DIR,
    database_url: Annotated[
        str | None, typer.Option(envvar="SUREHOLD_DATABASE_URL", help="A PostgreSQL (17 or newer) of your own.")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="Where to put the report of rejected rows as well.")] = None,
) -> None:
    """Make a catalogue with stock out of a retailer's invoice lines. Done twice, it changes nothing."""
    screen, folder = Screen(), ReplayFolder(data_dir.expanduser().resolve())
    try:
        folder.make()
        reading, rejections = _read(file, folder, screen)
        with borrowed_shop(data_dir, ServerUrls(database_url or None)) as environment:
            result = _book(reading, folder, environment, screen)
        summary = folder.summarize(file.name, reading, result.invoices, rejections.counts)
    except (InvoiceFileError, BookingError, EmbeddedError, MigrationError, SettingsError, ShopError, OSError) as error:
        screen.refuse(str(error))
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
    owner_url = environment.get("SUREHOLD_DATABASE_OWNER_URL")
    if owner_url:
        bring_up_to_date(owner_url)  # a shop that was never up has no tables yet
    settings = read_settings({**os.environ, **environment})
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen.console, transient=True) as progress:
        task = progress.add_task("Booking products and stock", total=None)

        def tell(doing: str, done: int, total: int) -> None:
            progress.update(task, description=doing, completed=done, total=total)

        return asyncio.run(book(reading, folder, settings, tell))
