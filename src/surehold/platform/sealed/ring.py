"""The keys of a shop: one that seals, those that still open, and what outlives a key. Also as text, which every source gives.

The text has one entry a line (or between commas): a role and 64 hexadecimal digits. A key alone is the current one, which is
all that a shop needs until it changes keys:

    current 4f2a…       seals; one, and only one
    next 91b3…          opens; seals from the next start on (`keys add`)
    previous 07cc…      opens what has not been sealed anew yet; newest first
    blind-index 5d10…   what look-ups are recomputed with; stays the same for ever
    order-access e2f4…  a secret that a retired key leaves behind, by its purpose
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

KEY_BYTES, KEY_ID_BYTES = 32, 8
CURRENT, NEXT, PREVIOUS, INDEX = "current", "next", "previous", "blind-index"
ENTRIES_MAX = 100
Secrets = tuple[bytes, ...]
"""Secrets of one purpose: the first makes, all verify."""

_ENTRY = re.compile(r"(?:([a-z]+(?:-[a-z]+)*)[\s:]+)?([0-9a-fA-F]+)")


class KeyRingError(ValueError):
    """What should be keys is none. The text says which entry and what to do, and holds no key."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeyRing:
    """Keys of 32 random bytes. `kept` holds derived secrets by purpose, which open nothing that is sealed."""

    current: bytes
    next: bytes | None = None
    previous: Secrets = ()
    kept: Mapping[str, Secrets] = field(default_factory=dict[str, Secrets])

    def __post_init__(self) -> None:
        for key in (*self.keys, *(secret for secrets in self.kept.values() for secret in secrets)):
            if len(key) != KEY_BYTES:
                raise KeyRingError(
                    f"a key must be {KEY_BYTES * 2} hexadecimal digits; make one with: openssl rand -hex 32"
                )
        if len(set(self.keys)) != len(self.keys):
            raise KeyRingError("a key is named twice; leave one of the two out")
        if self.previous and not self.kept.get(INDEX):
            raise KeyRingError(
                f"with previous keys there must be a {INDEX} entry, or nobody's e-mail address is found; "
                "`./surehold keys add` writes it"
            )

    @property
    def keys(self) -> Secrets:
        """Every key that opens, the current one first."""
        return (self.current, *(() if self.next is None else (self.next,)), *self.previous)

    @property
    def index_key(self) -> bytes:
        """What blind indexes are made with: that of the first key the shop ever had."""
        return self.kept[INDEX][0] if self.kept.get(INDEX) else derive(self.current, INDEX)

    def secrets(self, purpose: str) -> Secrets:
        """The secrets of a purpose: of the current key, of the others, and what retired keys left behind."""
        return (*(derive(key, purpose) for key in self.keys), *self.kept.get(purpose, ()))

    def with_next(self, key: bytes) -> "KeyRing":
        """With a key that is known before it is used, and the index fixed."""
        return replace(self, next=key, kept={**self.kept, INDEX: (self.index_key,)})

    def promoted(self) -> "KeyRing":
        """The next key is the current one now."""
        if self.next is None:
            return self
        return replace(self, current=self.next, next=None, previous=(self.current, *self.previous))

    def without(self, key: bytes, purposes: tuple[str, ...]) -> "KeyRing":
        """Without a previous key, but with what it leaves behind for `purposes`."""
        left = {purpose: (derive(key, purpose), *self.kept.get(purpose, ())) for purpose in purposes}
        kept = {**self.kept, INDEX: (self.index_key,), **left}
        return replace(self, previous=tuple(known for known in self.previous if known != key), kept=kept)

    def find(self, named: str) -> bytes | None:
        """The key with that id (hex)."""
        return next((key for key in self.keys if key_id(key).hex() == named.strip().lower()), None)

    def fingerprint(self) -> str:
        """A name for the whole ring, which tells nothing of its keys; a rename of roles changes it."""
        return hashlib.sha256(b"surehold key ring" + self.text().encode()).hexdigest()[:16]

    def text(self) -> str:
        """As sources give it. A ring of one is the key alone, as every version can read it."""
        entries = list(self._entries())
        if len(entries) == 1:
            return f"{entries[0][1]}\n"
        return "".join(f"{role} {digits}\n" for role, digits in entries)

    def _entries(self) -> Iterator[tuple[str, str]]:
        yield CURRENT, self.current.hex()
        if self.next is not None:
            yield NEXT, self.next.hex()
        yield from ((PREVIOUS, key.hex()) for key in self.previous)
        yield from ((purpose, secret.hex()) for purpose in sorted(self.kept) for secret in self.kept[purpose])


def parse_ring(text: str, others: str = "") -> KeyRing:
    """A ring from text. In `others` an entry without a role is a previous key. KeyRingError in words."""
    found: dict[str, list[bytes]] = {}
    for role, key in (*_parse(text, CURRENT), *_parse(others, PREVIOUS)):
        found.setdefault(role, []).append(key)
    current, upcoming, previous = (found.pop(role, []) for role in (CURRENT, NEXT, PREVIOUS))
    if len(current) != 1 or len(upcoming) > 1 or len(found.get(INDEX, [])) > 1:
        raise KeyRingError(f"there must be one {CURRENT} key, and at most one {NEXT} and one {INDEX}")
    return KeyRing(
        current=current[0],
        next=upcoming[0] if upcoming else None,
        previous=tuple(previous),
        kept={purpose: tuple(secrets) for purpose, secrets in found.items()},
    )


def _parse(text: str, bare_role: str) -> Iterator[tuple[str, bytes]]:
    lines = [line.partition("#")[0].strip() for line in re.split(r"[,\n]", text)]
    entries = [line for line in lines if line]
    if len(entries) > ENTRIES_MAX:
        raise KeyRingError(f"these are more than {ENTRIES_MAX} keys; retire those that seal nothing")
    for number, line in enumerate(entries, start=1):
        match = _ENTRY.fullmatch(line)
        if match is None or len(match[2]) != KEY_BYTES * 2:
            raise KeyRingError(
                f"entry {number} must be {KEY_BYTES * 2} hexadecimal digits, or a role and these; "
                "make a key with: openssl rand -hex 32"
            )
        yield match[1] or bare_role, bytes.fromhex(match[2])


def derive(key: bytes, purpose: str) -> bytes:
    """A key for one purpose from a master key (HMAC-SHA256 with the purpose as message)."""
    return hmac.digest(key, purpose.encode(), hashlib.sha256)


def key_id(key: bytes) -> bytes:
    """The public name of a key."""
    return hashlib.sha256(b"surehold key id" + key).digest()[:KEY_ID_BYTES]
