"""Looking for words that must not be anywhere: in files whole, in every spelling in which a word is commonly written down."""

import base64
import json
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

CHUNK_BYTES = 1 << 20
OVERLAP_BYTES = 1 << 12
LETTERS_MIN = 8
"""A shorter spelling (what is left of base64 without its ends) turns up by chance."""


def spellings(word: str) -> dict[str, bytes]:
    """How a word may be written, in lower case where the case says nothing (see `find`)."""
    plain, wide = word.encode(), word.encode("utf-16-le")
    found = {
        "UTF-8": plain,
        "UTF-16": wide,
        "UTF-16 BE": word.encode("utf-16-be"),
        "JSON": json.dumps(word)[1:-1].encode(),
        "quoted-printable": quopri.encodestring(plain),
        "quoted-printable header": quopri.encodestring(plain, header=True),
        "URL": quote(word).encode(),
        "form": quote_plus(word).encode(),
        "hex": plain.hex().encode(),
        "hex of UTF-16": wide.hex().encode(),
    }
    found |= {f"base64 at {shift}": part for shift, part in enumerate(_base64(plain))}
    found |= {f"base64 of UTF-16 at {shift}": part for shift, part in enumerate(_base64(wide))}
    return {name: spelling for name, spelling in found.items() if len(spelling) >= LETTERS_MIN}


def _base64(raw: bytes) -> Iterator[bytes]:
    """The letters that stand for the bytes at each of three places, without those that depend on the neighbours."""
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + raw)
        first = -(-shift * 8 // 6)
        last = (shift + len(raw)) * 8 // 6
        yield whole[first:last]


class Search:
    """Words and their spellings, sought in files."""

    def __init__(self, words: Mapping[str, str]) -> None:
        """Words by what they are."""
        self._names: dict[bytes, str] = {}
        exact: list[bytes] = []
        folded: list[bytes] = []
        for what, word in words.items():
            for name, spelling in spellings(word).items():
                is_exact = name.startswith("base64")
                kept = spelling if is_exact else spelling.lower()
                self._names[kept] = f"{what} ({name})"
                (exact if is_exact else folded).append(kept)
        self._exact = re.compile(b"|".join(map(re.escape, exact)))
        self._folded = re.compile(b"|".join(map(re.escape, folded)))

    def in_bytes(self, raw: bytes) -> set[str]:
        """What is found, as `word (spelling)`."""
        hits = [*self._exact.findall(raw), *self._folded.findall(raw.lower())]
        return {self._names[hit] for hit in hits}

    def in_file(self, file: Path) -> set[str]:
        """The same of a file, also across chunks."""
        found, tail = set[str](), b""
        with file.open("rb") as opened:
            while chunk := opened.read(CHUNK_BYTES):
                found |= self.in_bytes(tail + chunk)
                tail = chunk[-OVERLAP_BYTES:]
        return found

    def in_folders(self, folders: Iterable[Path], *, but: Iterable[Path] = ()) -> dict[str, set[str]]:
        """What is found in all files of folders and in their names; `but` these folders."""
        leave = tuple(but)
        found: dict[str, set[str]] = {}
        for folder in folders:
            for file in sorted(folder.rglob("*")):
                if not file.is_file() or file.is_symlink() or any(file.is_relative_to(one) for one in leave):
                    continue
                hits = self.in_bytes(str(file.relative_to(folder)).encode())
                try:
                    hits |= self.in_file(file)
                except FileNotFoundError:  # an engine at work removes files of its own
                    continue
                if hits:
                    found[str(file.relative_to(folder))] = hits
        return found
