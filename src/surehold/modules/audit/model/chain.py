"""The chain of seals, computed again from what stands in the log; docs/audit.md says how, so that anybody can.

It shares no code with `audit.seal_hash`, which made the chain: one that was tampered with does not vouch for itself.
"""

import hashlib
import re
from collections.abc import Sequence

import msgspec

EXPORT_FORMAT = "surehold.audit.1"
_HEAD = re.compile(r"(0|[1-9][0-9]{0,18}):([0-9a-f]{64})")


class Head(msgspec.Struct, frozen=True):
    """A place in the chain: the number of a seal and its hash, in hexadecimal digits."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """As it is written down elsewhere: `SEQ:HASH`."""
        return f"{self.seq}:{self.hash}"


NO_SEAL = Head(0, "00" * 32)
"""Before the first seal."""


def parse_head(text: str) -> Head:
    """Read `SEQ:HASH`; ValueError says what it looks like."""
    match = _HEAD.fullmatch(text.strip())
    if match is None:
        msg = f"{text!r} is no head: it is SEQ:HASH, the number of a seal and 64 hexadecimal digits, as `audit head` prints it."
        raise ValueError(msg)
    return Head(int(match[1]), match[2])


class EntryTexts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry as it is hashed: every field in the words of PostgreSQL, `at` in UTC, `facts` as `jsonb` writes them."""

    at: str
    actor: str
    action: str
    subject_type: str
    subject_id: str
    facts: str
    request_id: str | None


class Seal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A seal and the entry that it names, None if there is none (any more). One is a line of an export."""

    seal: int
    sealed_at: str
    prev: str
    hash: str
    entry_seq: int
    entry: EntryTexts | None


class ExportHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line of an export: what it goes on from, and where it ends, as `SEQ:HASH`."""

    format: str
    after: str
    head: str


def parse_header(line: bytes) -> tuple[Head, Head]:
    """What an export goes on from, and where it ends; ValueError if this is no first line of one."""
    header = msgspec.json.decode(line, type=ExportHeader)
    if header.format != EXPORT_FORMAT:
        msg = f"its format is {header.format!r}, this version reads {EXPORT_FORMAT!r}"
        raise ValueError(msg)
    return parse_head(header.after), parse_head(header.head)


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """The first thing that is wrong, in a sentence; with the seal and the entry it is about, as far as they are known."""

    says: str
    seal_seq: int | None = None
    entry_seq: int | None = None


def hash_of(seal: Seal, entry: EntryTexts) -> str:
    """What the hash of a seal is if it is that of this entry, in hexadecimal digits. ValueError if `prev` is no hash."""
    fields = (
        EXPORT_FORMAT, str(seal.seal), seal.sealed_at, str(seal.entry_seq), entry.at, entry.actor, entry.action,
        entry.subject_type, entry.subject_id, entry.facts, entry.request_id,
    )  # fmt: skip
    return hashlib.sha256(bytes.fromhex(seal.prev) + b"".join(map(_netstring, fields))).hexdigest()


def _netstring(field: str | None) -> bytes:
    if field is None:
        return b"-,"
    text = field.encode()
    return b"%d:%b," % (len(text), text)


class ChainWalk:
    """Goes along the chain from a place that is trusted, and stops at the first seal that does not hold.

    `expected` is a head that was kept elsewhere: the chain must come by it, or whoever could write everything wrote it anew.
    """

    def __init__(self, start: Head = NO_SEAL, expected: Head | None = None) -> None:
        self.start, self.head, self._expected = start, start, expected
        self._suspect: Seal | None = None
        self._near: Sequence[Seal] = ()

    def take(self, seals: Sequence[Seal]) -> Break | None:
        """The next seals, in the order of their numbers; out goes what is wrong, if anything is."""
        if self.head == self.start and (found := self._check_expected()):
            return found
        for seal in seals:
            if found := self._take_one(seal, seals):
                return found
        return None

    def end(self) -> Break | None:
        """There are no more; out goes what only then is known to be wrong."""
        if self._suspect is not None:
            return self._judge(self._suspect, None)
        if self.head == self.start and (found := self._check_expected()):
            return found
        if self._expected is not None and self._expected.seq > self.head.seq:
            return Break(
                seal_seq=self.head.seq,
                says=f"The chain ends at seal {self.head.seq}, but seal {self._expected.seq} was kept elsewhere: the end is gone.",
            )
        return None

    def _take_one(self, seal: Seal, near: Sequence[Seal]) -> Break | None:
        if self._suspect is not None:
            return self._judge(self._suspect, seal if seal.seal == self._suspect.seal + 1 else None)
        wanted, about = self.head.seq + 1, {"seal_seq": seal.seal, "entry_seq": seal.entry_seq}
        if seal.seal != wanted:
            return Break(seal_seq=wanted, says=f"Seal {wanted} is missing: the next one is {seal.seal}.")
        if seal.prev != self.head.hash:
            return Break(
                **about,
                says=f"Seal {wanted} (entry {seal.entry_seq}) does not follow from seal {self.head.seq}:"
                " seals were reordered, or one of the two was forged.",
            )
        if seal.entry is None:
            return Break(**about, says=f"Entry {seal.entry_seq} was removed after it was sealed (seal {wanted}).")
        if hash_of(seal, seal.entry) != seal.hash:
            self._suspect, self._near = seal, near  # whether it is the entry or the seal, the next seal tells
            return None
        self.head = Head(seal.seal, seal.hash)
        return self._check_expected()

    def _judge(self, seal: Seal, following: Seal | None) -> Break:
        about = {"seal_seq": seal.seal, "entry_seq": seal.entry_seq}
        if following is not None and following.prev != seal.hash:
            return Break(
                **about,
                says=f"Seal {seal.seal} (entry {seal.entry_seq}) was forged: its hash is not that of the chain.",
            )
        other = next(
            (one for one in self._near if one.entry is not None and hash_of(seal, one.entry) == seal.hash), None
        )
        if other is not None:
            return Break(
                **about,
                says=f"Entry {seal.entry_seq} was reordered after it was sealed (seal {seal.seal}):"
                f" what it said stands at entry {other.entry_seq} now.",
            )
        if following is None:
            return Break(
                **about,
                says=f"Entry {seal.entry_seq} was changed, or its seal was, after it was sealed (seal {seal.seal}).",
            )
        return Break(
            **about,
            says=f"Entry {seal.entry_seq} was changed after it was sealed (seal {seal.seal}), or the seal's moment was.",
        )

    def _check_expected(self) -> Break | None:
        expected = self._expected
        if expected is not None and expected.seq < self.start.seq:
            return Break(
                seal_seq=expected.seq,
                says=f"Seal {expected.seq}, which was kept elsewhere, comes before the first one here ({self.start.seq + 1}):"
                " take an export that goes back to it.",
            )
        if expected is None or expected.seq != self.head.seq or expected == self.head:
            return None
        return Break(
            seal_seq=self.head.seq,
            says=f"Seal {self.head.seq} is not the one that was kept elsewhere: the chain was written anew up to it.",
        )
