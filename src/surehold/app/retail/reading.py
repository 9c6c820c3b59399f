"""One pass over a file of invoice lines: sales go into a plan, everything else into the report."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from surehold.app.retail.cleaning import Refusal, judge
from surehold.app.retail.plan import Plan
from surehold.app.retail.rejections import RejectionReport
from surehold.app.retail.rows import InvoiceFile, RawRow

TELL_EVERY_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds: every row is either in the plan or in the report."""

    plan: Plan
    digest: str
    rows: int


def read_invoices(path: Path, report: RejectionReport, tell: Callable[[int], None] = lambda _: None) -> Reading:
    """Read and judge a whole file; `tell` hears now and then how many rows are read. InvoiceFileError for no such file."""
    file, plan, rows = InvoiceFile(path), Plan(), 0
    for row in file.rows():
        rows += 1
        verdict = judge(row)
        refusal = verdict if isinstance(verdict, Refusal) else plan.add(verdict)
        if refusal is not None:
            report.add(row.line, _invoice_of(row), refusal.reason, refusal.detail, row.text)
        if rows % TELL_EVERY_ROWS == 0:
            tell(rows)
    tell(rows)
    return Reading(plan, file.digest, rows)


def _invoice_of(row: RawRow) -> str:
    return row.fields["InvoiceNo"] if row.fields else ""
