"""Reads the checks beside this file.

A check is a query with three comment lines on top: `id` (the invariant and what it looks at), `means` (the promise, in one
sentence) and `says` (what is wrong with a row, with the row's columns in braces). A fourth, `-- needs: worker`, marks what only
a worker at work keeps right.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString, cast

HEADER = ("id", "means", "says")
NEEDS_WORKER = "-- needs: worker"


class DoctorError(Exception):
    """The examination itself could not be made; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Check:
    """One promise and the query that finds where it is broken; `needs_worker` if that takes a worker that runs."""

    id: str
    means: str
    says: str
    sql: LiteralString
    needs_worker: bool = False


def load_checks() -> list[Check]:
    """All checks, in the order of their file names."""
    return [_read(path) for path in sorted(Path(__file__).parent.glob("*.sql"))]


def _read(path: Path) -> Check:
    lines = path.read_text(encoding="utf-8").splitlines()
    check_id, means, says = (_fact(path, lines, number) for number in range(len(HEADER)))
    sql = cast("LiteralString", "\n".join(lines[len(HEADER) :]).strip().rstrip(";"))
    return Check(check_id, means, says, sql, needs_worker=NEEDS_WORKER in lines[: len(HEADER) + 1])


def _fact(path: Path, lines: list[str], number: int) -> str:
    start = f"-- {HEADER[number]}: "
    if len(lines) <= number or not lines[number].startswith(start):
        raise DoctorError(f"{path.name}: line {number + 1} must start with `{start}`")
    return lines[number].removeprefix(start)
