"""Where the mail sink keeps what it got: one file a message, the newest of them, in a folder for its owner's eyes only."""

import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import islice
from pathlib import Path

import msgspec

MAX_KEPT = 500
_NAME = re.compile(r"^[0-9a-f]{32}$")


class KeptMail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it is shown. `id` sorts by arrival."""

    id: str
    at: datetime
    to: list[str]
    sender: str
    subject: str
    message_id: str
    text: str
    html: str


class _Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What a message does not say itself."""

    at: datetime
    to: list[str]


class MailStore:
    """Adds, lists and clears messages; safe to use from several threads."""

    def __init__(self, folder: Path, kept: int = MAX_KEPT) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._kept, self._lock = folder, kept, threading.Lock()
        self._last_ns = 0
        self._oldest_first = deque(sorted(folder.glob("*.mail")))

    def add(self, raw: bytes, to: Sequence[str]) -> str:
        """Keep a message and let the oldest go; out goes its id."""
        name = self._next_name()
        envelope = msgspec.json.encode(_Envelope(at=datetime.now(UTC), to=list(to)))
        scratch = self._folder / f"{name}.tmp"
        scratch.write_bytes(envelope + b"\n" + raw)
        path = self._folder / f"{name}.mail"
        with self._lock:
            scratch.replace(path)
            self._oldest_first.append(path)
            while len(self._oldest_first) > self._kept:
                self._oldest_first.popleft().unlink(missing_ok=True)
        return name

    def list_newest(self, limit: int = MAX_KEPT) -> list[KeptMail]:
        """The newest messages first."""
        with self._lock:
            return [self._read(path) for path in islice(reversed(self._oldest_first), limit)]

    def find(self, name: str) -> KeptMail | None:
        """One message, or None."""
        path = self._folder / f"{name}.mail"
        if not _NAME.match(name) or not path.is_file():
            return None
        return self._read(path)

    def clear(self) -> None:
        """Forget all messages."""
        with self._lock:
            while self._oldest_first:
                self._oldest_first.popleft().unlink(missing_ok=True)

    def _next_name(self) -> str:
        """Names that sort by arrival, also when several arrive within one tick of the clock."""
        with self._lock:
            self._last_ns = max(self._last_ns + 1, time.time_ns())
            return f"{self._last_ns:016x}{secrets.token_hex(8)}"

    def _read(self, path: Path) -> KeptMail:
        head, _, raw = path.read_bytes().partition(b"\n")
        envelope = msgspec.json.decode(head, type=_Envelope)
        message = message_from_bytes(raw, EmailMessage, policy=policy.default)
        return KeptMail(
            id=path.stem,
            at=envelope.at,
            to=envelope.to,
            sender=str(message.get("From", "")),
            subject=str(message.get("Subject", "")),
            message_id=str(message.get("Message-ID", "")),
            text=_body(message, "plain"),
            html=_body(message, "html"),
        )


def _body(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, ValueError):
        return "(this part cannot be shown: its encoding is unknown)"
