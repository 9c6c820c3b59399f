"""How far a replay came, kept line by line, so that the next one goes on there and buys nothing twice."""

import os
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

PRIVATE_FILE = 0o600


class Note(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an invoice. `filling`: a guest's cart exists; `placing`: this place request was about to be sent."""

    invoice: str
    state: Literal["filling", "placing", "placed", "refused"]
    jar: dict[str, str] = {}
    checkout: str = ""
    key: str = ""
    attempt: int = 0
    order: str = ""
    reason: str = ""


class Notes:
    """An append-only file of notes; the last one of an invoice holds. A context manager."""

    def __init__(self, path: Path) -> None:
        self._last: dict[str, Note] = {}
        if path.exists():
            for line in path.read_bytes().splitlines():
                self._recall(line)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE_FILE)
        self._file = os.fdopen(fd, "ab", buffering=0)
        self._file.write(b"\n")  # ends a line that a killed replay left half written

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def of(self, invoice: str) -> Note | None:
        """The last note of an invoice."""
        return self._last.get(invoice)

    def is_placed(self, invoice: str) -> bool:
        """Whether the invoice is an order already."""
        note = self._last.get(invoice)
        return note is not None and note.state == "placed"

    def write(self, note: Note) -> None:
        """Keep a note; it outlives this process."""
        self._last[note.invoice] = note
        self._file.write(msgspec.json.encode(note) + b"\n")

    def _recall(self, line: bytes) -> None:
        try:
            note = msgspec.json.decode(line, type=Note)
        except (
            msgspec.MsgspecError
        ):  # an empty line, or the half of one that a kill left: as if it had not been written
            return
        self._last[note.invoice] = note
