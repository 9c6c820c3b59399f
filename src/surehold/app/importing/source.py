"""A product file as numbered lines of text, whatever is in it: compressed or not, and never more than a line in memory."""

import hashlib
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from surehold.modules.catalog import ProductDraft

LINE_BYTES_MAX = 1_000_000
SNIFFED_BYTES = 8_192
HASHED_BYTES = 1 << 20
_XZ = b"\xfd7zXZ\x00"
_FOREIGN: dict[bytes, str] = {
    b"PK\x03\x04": "this is a spreadsheet or a zip file; save it as CSV",
    b"\x1f\x8b": "this is compressed with gzip; decompress it, or compress it with xz",
    b"\xff\xfe": "this is UTF-16; save it as UTF-8",
    b"\xfe\xff": "this is UTF-16; save it as UTF-8",
}


class FileError(Exception):
    """The file as a whole cannot be read; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that was not taken from the file, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A product as the file states it, with the lines it stands on."""

    first_line: int
    last_line: int
    draft: ProductDraft
    lines: dict[str, int]

    def line_of(self, sku: str | None) -> int:
        """Where a variant stands; the product itself stands on its first line."""
        return self.lines.get(sku or "", self.first_line)


Item = Parsed | Fault


def hash_file(path: Path) -> bytes:
    """The SHA-256 of the file's bytes."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(HASHED_BYTES):
                digest.update(block)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error
    return digest.digest()


def format_of(path: Path) -> str:
    """`csv` or `jsonl`, by the file's name."""
    name = path.name.lower().removesuffix(".xz")
    for suffix in ("csv", "jsonl"):
        if name.endswith(f".{suffix}"):
            return suffix
    raise FileError(f"{path.name}: a product file ends in .csv or .jsonl, or in one of them with .xz")


def read_lines(path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> Iterator[tuple[int, str | Fault]]:
    """Numbered lines without their ends; a line that cannot be text is a fault. FileError for what is no text at all.

    `on_bytes` hears how many bytes of the file were read so far.
    """
    try:
        with path.open("rb") as raw:
            yield from _numbered(path, raw, on_bytes)
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error


def _numbered(path: Path, raw: IO[bytes], on_bytes: Callable[[int], None]) -> Iterator[tuple[int, str | Fault]]:
    start = raw.read(SNIFFED_BYTES)
    raw.seek(0)
    compressed = start.startswith(_XZ)
    if not compressed:
        _refuse_foreign(path, start)
    file = cast("IO[bytes]", lzma.open(raw)) if compressed else raw  # noqa: SIM115  it closes with `raw`
    number = 0
    try:
        while line := file.readline(LINE_BYTES_MAX + 1):
            number += 1
            if number == 1 and compressed:
                _refuse_foreign(path, line[:SNIFFED_BYTES])
            yield number, _text(number, line, file)
            on_bytes(raw.tell())
    except (lzma.LZMAError, EOFError) as error:
        raise FileError(f"{path.name}: the compressed data is damaged after line {number}") from error


def _refuse_foreign(path: Path, start: bytes) -> None:
    for magic, advice in _FOREIGN.items():
        if start.startswith(magic):
            raise FileError(f"{path.name}: {advice}")
    if b"\0" in start:
        raise FileError(f"{path.name}: this is a binary file, not text")


def _text(number: int, line: bytes, file: IO[bytes]) -> str | Fault:
    if len(line) > LINE_BYTES_MAX:
        while line and not line.endswith(b"\n"):
            line = file.readline(LINE_BYTES_MAX)
        return Fault(number, f"the line is longer than {LINE_BYTES_MAX} bytes")
    if number == 1:
        line = line.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in line:
        return Fault(number, "the line has a NUL byte in it")
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        return Fault(number, f"the line is not UTF-8 (byte {line[error.start]:#04x} at {error.start + 1})")
