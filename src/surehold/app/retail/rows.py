"""Reading invoice lines as a stream, from CSV or xz-compressed CSV. One line is one row, so a broken quote costs one row only."""

import csv
import hashlib
import lzma
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
MAX_LINE_CHARS = 4_096
MAX_COLUMNS = 64
XZ_MAGIC = b"\xfd7zXZ\x00"


class InvoiceFileError(Exception):
    """The file as a whole cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A line of the file. `fields` is None where the line is no row of the header's width; `text` is the line as it was."""

    line: int
    text: str
    fields: Mapping[str, str] | None


class InvoiceFile:
    """One pass over a file. `digest` is of the whole text and known after the last row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 of the (decompressed) text that was read so far; the same for `x.csv` and `x.csv.xz`."""
        return self._hash.hexdigest()

    def rows(self) -> Generator[RawRow]:
        """Every line after the header, in order. InvoiceFileError for a file that cannot be read or lacks columns."""
        try:
            with _opened(self._path) as file:
                header = self._header(file)
                for number, (text, is_whole) in enumerate(self._lines(file), start=2):
                    yield RawRow(number, text, _fields(text, header) if is_whole else None)
        except (OSError, EOFError, lzma.LZMAError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InvoiceFileError(f"{self._path} cannot be read: {reason}.") from error

    def _header(self, file: TextIO) -> Sequence[str]:
        text, _ = next(self._lines(file), ("", True))
        names = [name.strip() for name in _cells(text) or []]
        missing = [column for column in COLUMNS if column not in names]
        if missing or len(names) > MAX_COLUMNS or len(set(names)) != len(names):
            raise InvoiceFileError(
                f"{self._path} is no file of invoice lines: its first line must name the columns {', '.join(COLUMNS)} once"
                + (f"; missing: {', '.join(missing)}." if missing else ".")
            )
        return names

    def _lines(self, file: TextIO) -> Generator[tuple[str, bool]]:
        """Each line without its end, and whether it fits; of a longer one only its beginning is kept."""
        while text := file.readline(MAX_LINE_CHARS):
            self._hash.update(text.encode())
            is_whole = text.endswith("\n") or len(text) < MAX_LINE_CHARS
            if not is_whole:
                self._skip_rest(file)
            yield text.rstrip("\r\n"), is_whole

    def _skip_rest(self, file: TextIO) -> None:
        while rest := file.readline(MAX_LINE_CHARS):
            self._hash.update(rest.encode())
            if rest.endswith("\n"):
                return


@contextmanager
def _opened(path: Path) -> Generator[TextIO]:
    """The file as text; what is not UTF-8 becomes U+FFFD, which the cleaning refuses row by row."""
    with path.open("rb") as probe:
        is_xz = probe.read(len(XZ_MAGIC)) == XZ_MAGIC
    if is_xz:
        with lzma.open(path, "rt", encoding="utf-8-sig", errors="replace", newline="\n") as file:
            yield file  # pyright: ignore[reportReturnType]  "rt" gives text
    else:
        with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
            yield file


def _cells(text: str) -> list[str] | None:
    try:
        return next(csv.reader([text], strict=True), None)
    except csv.Error:
        return None


def _fields(text: str, header: Sequence[str]) -> Mapping[str, str] | None:
    cells = _cells(text)
    if cells is None or len(cells) != len(header):
        return None
    return dict(zip(header, cells, strict=True))
