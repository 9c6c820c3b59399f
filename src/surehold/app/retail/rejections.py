"""The report of everything that was not replayed: one CSV row each, with its reason, and the totals."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from surehold.app.retail.cleaning import Reason

HEADER = ("line", "invoice", "reason", "detail", "row")


class RejectionReport:
    """Writes the report as rows come; `counts` has the totals. A context manager: the file is whole at its end."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.counts: Counter[Reason] = Counter()
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(HEADER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, line: int | None, invoice: str, reason: Reason, detail: str, row: str = "") -> None:
        """One rejected row (or invoice: without a line)."""
        self.counts[reason] += 1
        self._writer.writerow(("" if line is None else line, invoice, reason.value, detail, row))


def as_totals(counts: Mapping[Reason, int]) -> dict[str, int]:
    """Totals by reason, in the order of the rules, those of zero left out."""
    return {reason.value: counts[reason] for reason in Reason if counts.get(reason)}


def write_replay_report(path: Path, rejected: Path, refused: Sequence[tuple[str, str]]) -> Mapping[Reason, int]:
    """The report of an import with the invoices that the shop refused after it; out go the totals."""
    with RejectionReport(path) as report:
        for line, invoice, reason, detail, row in read_rejections(rejected):
            report.add(int(line) if line else None, invoice, Reason(reason), detail, row)
        for invoice, why in refused:
            report.add(None, invoice, Reason.REFUSED, why)
    return report.counts


def read_rejections(path: Path) -> Iterator[list[str]]:
    """The rows of a report, in its columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows, None)
        yield from rows
