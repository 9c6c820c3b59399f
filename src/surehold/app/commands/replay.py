"""`./surehold replay`: buys the imported invoices again through the public API, as fast as it goes or at the pace of then."""

import asyncio
import http.client
import os
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from surehold.app.commands.doctor import conclusion, examine_shop
from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DataDir, target_of
from surehold.app.doctor import DoctorError, load_checks
from surehold.app.retail.caller import ShopGoneError
from surehold.app.retail.engine import MAX_CONCURRENCY, Ears, Options, Outcome, read_slugs, replay, to_buy
from surehold.app.retail.folder import NothingImportedError, ReplayFolder
from surehold.app.retail.notes import Notes
from surehold.app.retail.plan import Invoice
from surehold.app.retail.rejections import as_totals, write_replay_report
from surehold.app.retail.telling import tell_rejected, tell_replay
from surehold.app.retail.wire import Target
from surehold.app.up.options import DEFAULT_DATA_DIR
from surehold.app.up.screen import Screen
from surehold.platform.embedded import EmbeddedError

DEFAULT_CONCURRENCY = 8
HEALTH_TIMEOUT_S = 10.0
REFUSED, INTERRUPTED = 1, 130
SHOWN_SENTENCES = 5


class _Bar(Ears):
    """Shows a replay as it goes."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._search = progress.add_task("Products", total=None, facts="")
        self._sale = progress.add_task("Buying", total=total, facts="", start=False)

    def looking_up(self, done: int, total: int) -> None:
        """Products were found."""
        self._progress.update(self._search, completed=done, total=total)

    def bought(self, outcome: Outcome, invoice: Invoice) -> None:
        """An invoice is done."""
        rate = outcome.placed / max(outcome.seconds, 1e-9)
        facts = f"{rate:,.1f}/s {invoice.at:%d %b %Y}, {len(outcome.refused):,} refused"
        self._progress.start_task(self._sale)
        self._progress.update(self._sale, advance=1, facts=facts)


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("replay")(replay_command)


def replay_command(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    url: Annotated[
        str | None, typer.Option(help="The shop's address; else the one that runs from the data folder.")
    ] = None,
    speed: Annotated[str, typer.Option(help="max, or seconds of then per second of now: 1x, 3600x.")] = "max",
    concurrency: Annotated[int, typer.Option(min=1, max=MAX_CONCURRENCY, help="Buyers at once.")] = DEFAULT_CONCURRENCY,
    limit: Annotated[int | None, typer.Option(min=1, help="Buy at most so many invoices this time.")] = None,
    report: Annotated[Path | None, typer.Option(help="Where to put the report of everything rejected.")] = None,
) -> None:
    """Buy the imported invoices again through the public API, then examine the shop. Goes on where it stopped."""
    screen, folder = Screen(), ReplayFolder(data_dir.expanduser().resolve())
    try:
        summary = folder.summary()
        options = Options(target_of(url, data_dir), concurrency, _factor(speed), limit)
        _require_shop(options.target)
        outcome, why = _replay(folder, folder.progress(summary.digest), options, screen)
        totals = write_replay_report(report or folder.report, folder.rejected, outcome.refused)
    except (NothingImportedError, EmbeddedError, ValueError, OSError) as error:
        screen.refuse(str(error))
        raise typer.Exit(REFUSED) from error
    tell_replay(screen.console, outcome)
    screen.console.print("\nNot replayed, by reason (the report has each row):")
    tell_rejected(screen.console, as_totals(totals))
    screen.console.print(f"Report: {report or folder.report}", soft_wrap=True)
    is_healthy = _examine(screen, data_dir)
    if why:
        screen.refuse(why)
    if why or outcome.refused or not is_healthy:
        raise typer.Exit(INTERRUPTED if why == _STOPPED else REFUSED)


_STOPPED = "Stopped. Call it again to go on where it stopped."


def _replay(folder: ReplayFolder, progress_file: Path, options: Options, screen: Screen) -> tuple[Outcome, str]:
    """The outcome so far, and why it ended early if it did."""
    outcome = Outcome()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[facts]}"),
    )
    with Notes(progress_file) as notes, Progress(*columns, console=screen.console) as progress:
        invoices = to_buy(folder.invoices(), notes, outcome, options.limit)
        ears = _Bar(progress, len(invoices))
        slugs = read_slugs(folder.products)
        try:
            asyncio.run(replay(invoices, slugs, notes, folder.password, options, outcome, ears))
        except KeyboardInterrupt:
            return outcome, _STOPPED
        except ShopGoneError as error:
            return outcome, f"The shop does not answer any more: {error} Call it again to go on where it stopped."
    return outcome, ""


def _factor(speed: str) -> float | None:
    if speed == "max":
        return None
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)x", speed)
    if match is None or float(match[1]) <= 0:
        raise ValueError(f"--speed {speed}: write max, or a number with an x such as 1x or 3600x.")
    return float(match[1])


def _require_shop(target: Target) -> None:
    """One look before the progress bar: a shop that is not there is the most likely mistake."""
    context = target.context()
    connection = (
        http.client.HTTPConnection(target.host, target.port, timeout=HEALTH_TIMEOUT_S)
        if context is None
        else http.client.HTTPSConnection(target.host, target.port, timeout=HEALTH_TIMEOUT_S, context=context)
    )
    try:
        connection.request("GET", "/v1/shop")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise ValueError(f"No shop answers at {target.authority}. Start it with ./surehold up.") from error
    finally:
        connection.close()


def _examine(screen: Screen, data_dir: Path) -> bool:
    """Runs the doctor; a database that cannot be examined counts as ill."""
    try:
        with screen.step("Examining the shop", "The shop is examined"):
            diagnoses = examine_shop(data_dir, os.environ.get("SUREHOLD_DATABASE_URL"), load_checks())
    except (DoctorError, *REFUSALS) as error:
        screen.refuse(f"The shop was not examined: {in_words(error, data_dir)}")
        return False
    ill = [diagnosis for diagnosis in diagnoses if not diagnosis.is_healthy]
    for diagnosis in ill:
        screen.refuse(f"{diagnosis.check.id}: {diagnosis.check.means}")
        for sentence in diagnosis.sentences[:SHOWN_SENTENCES]:
            screen.note(sentence)
    if not ill:
        screen.console.print(f"The doctor: {conclusion(diagnoses)}")
    return not ill
