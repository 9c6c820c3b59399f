"""What import and replay print at their ends."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from surehold.app.retail.cleaning import MEANING, Reason
from surehold.app.retail.desk import ImportResult
from surehold.app.retail.engine import Outcome
from surehold.app.retail.folder import Summary

STEPS = ("sign in", "add", "checkout", "place")
REFUSED_SHOWN = 10


def tell_import(console: Console, summary: Summary, result: ImportResult, report: Path) -> None:
    """What became of every row, and what the shop has now."""
    rejected = sum(summary.rejected.values())
    console.print(
        f"\n{summary.rows:,} rows = {summary.accepted:,} sales + {rejected:,} rejected "
        f"({summary.repeated:,} of the sales repeat an earlier row of their invoice; they are kept)."
    )
    tell_rejected(console, summary.rejected)
    console.print(f"Every rejected row with its reason: {report}", soft_wrap=True)
    console.print(
        f"Catalogue: {result.products:,} products. Stock: {result.receipts:,} receipts of {result.units:,} units are new."
    )
    console.print(
        f"To replay: {summary.invoices:,} invoices with {summary.lines:,} lines and {summary.units:,} units; "
        f"{summary.wholesale_invoices:,} on wholesale terms; {summary.accounts:,} accounts "
        f"({result.wholesale_accounts:,} newly wholesale)."
    )
    console.print("Next: ./surehold replay")


def tell_rejected(console: Console, rejected: Mapping[str, int]) -> None:
    """Totals by reason, with what the reasons mean."""
    table = Table(box=None, padding=(0, 2))
    table.add_column("rejected", justify="right")
    table.add_column("reason")
    table.add_column("because")
    for reason, count in rejected.items():
        table.add_row(f"{count:,}", reason, MEANING[Reason(reason)])
    console.print(table)


def tell_replay(console: Console, outcome: Outcome) -> None:
    """Orders, their rate, and how long each step took."""
    rate = outcome.placed / outcome.seconds if outcome.seconds else 0.0
    console.print(
        f"\n{outcome.placed:,} orders placed with {outcome.lines:,} lines and {outcome.units:,} units "
        f"in {outcome.seconds:,.1f} s: {rate:,.1f} orders/s, {outcome.lines / max(outcome.seconds, 1e-9):,.0f} lines/s."
    )
    if outcome.earlier:
        console.print(f"{outcome.earlier:,} invoices were orders already and were left alone.")
    table = Table(box=None, padding=(0, 2))
    table.add_column("step")
    for name in ("times", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for step in STEPS:
        p50, p99 = (outcome.measures.percentile_ms(step, percent) for percent in (50, 99))
        table.add_row(step, f"{outcome.measures.count(step):,}", f"{p50:,.1f}", f"{p99:,.1f}")
    console.print(table)
    for invoice, reason in outcome.refused[:REFUSED_SHOWN]:
        console.print(f"[red]Invoice {invoice} was refused: {reason}[/]", soft_wrap=True)
    if len(outcome.refused) > REFUSED_SHOWN:
        console.print(f"… and {len(outcome.refused) - REFUSED_SHOWN:,} more; the report has them all.")
