"""`./surehold import products`: products from a CSV or JSON Lines file (docs/import-format.md)."""

import asyncio
import csv
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DatabaseOwnerUrl, DatabaseUrl, DataDir, ValkeyUrl
from surehold.app.importing import FileError, ImportOptions, ImportReport
from surehold.app.importing.services import opened_importer
from surehold.app.schema import bring_up_to_date
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.options import DEFAULT_DATA_DIR, ServerUrls
from surehold.app.up.screen import Screen

SHOWN_FAULTS = 20
SOME_REJECTED = 1
REFUSED = 2


def products(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or JSON Lines, also in xz.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
    database_owner_url: DatabaseOwnerUrl = None,
    valkey_url: ValkeyUrl = None,
    report: Annotated[Path | None, typer.Option(help="Where to write all rejected rows, as CSV.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where this file stopped.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Take all of the file or nothing.")] = False,
) -> None:
    """Bring products in: known SKUs are changed, new ones added; rows that cannot be taken are told with their lines."""
    screen, began = Screen(), time.monotonic()
    options = ImportOptions(dry_run=dry_run, resume=resume, strict=strict)
    urls = ServerUrls(database_url or None, database_owner_url or None, None, valkey_url or None)
    try:
        if dry_run:
            require_shop(data_dir, urls)
        with borrowed_shop(data_dir, urls) as shop:
            if not dry_run:
                bring_up_to_date(shop.environment["SUREHOLD_DATABASE_OWNER_URL"])  # one that was never up has no tables
            result = _run(file, options, shop.environment, screen)
    except (FileError, *REFUSALS) as error:
        screen.refuse(in_words(error, data_dir))
        raise typer.Exit(REFUSED) from error
    _tell(result, screen, time.monotonic() - began, dry_run=dry_run)
    if report is not None:
        _write_report(result, report)
    if result.refused:
        raise typer.Exit(REFUSED)
    if result.rejected:
        raise typer.Exit(SOME_REJECTED)


def _run(file: Path, options: ImportOptions, environment: Mapping[str, str], screen: Screen) -> ImportReport:
    columns = (
        SpinnerColumn(),
        TextColumn("Importing {task.fields[name]}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[products]:,} products"),
    )
    with Progress(*columns, console=screen.console, transient=True) as progress:
        task = progress.add_task("", total=file.stat().st_size, name=escape(file.name), products=0)

        async def run() -> ImportReport:
            def tell(read_bytes: int, taken: int) -> None:
                progress.update(task, completed=read_bytes, products=taken)

            async with opened_importer(environment, tell) as importer:
                return await importer.run(file, options)

        return asyncio.run(run())


def _tell(result: ImportReport, screen: Screen, took_s: float, *, dry_run: bool) -> None:
    for fault in result.faults[:SHOWN_FAULTS]:
        screen.refuse(f"line {fault.line}: {fault.reason}")
    if result.rejected > SHOWN_FAULTS and result.faults:
        screen.note(f"… and {result.rejected - SHOWN_FAULTS} more; --report FILE writes them all")
    figures = f"{result.products:,} products with {result.variants:,} variants, {result.rejected:,} rejected"
    if result.already_done:
        screen.note(f"This file was imported whole before: {figures}.")
    elif result.refused:
        screen.refuse(f"Nothing was imported, because {result.rejected:,} rows cannot be taken (--strict).")
    elif dry_run:
        screen.note(f"Would import {figures}. Nothing was written.")
    else:
        if result.resumed_after_line:
            screen.note(f"Went on after line {result.resumed_after_line}.")
        screen.note(f"Imported {figures}, in {took_s:.1f} s.")


def _write_report(result: ImportReport, report: Path) -> None:
    with report.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason"])
        writer.writerows([fault.line, fault.reason] for fault in result.faults)
