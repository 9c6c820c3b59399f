"""A cached answer, laid out so that a hit only has to add the request's id."""

import hashlib
from collections.abc import Sequence

import msgspec

Header = tuple[bytes, bytes]
TAGS_HEADER = b"x-surehold-tags"
DROPPED_HEADERS = frozenset(
    {TAGS_HEADER, b"etag", b"cache-control", b"content-length", b"date", b"server", b"connection", b"vary"}
)
ETAG_BYTES = 16
ENTRY_OVERHEAD_BYTES = 1_500  # the objects around a body, measured; counted so that the cap means memory


class Answer(msgspec.Struct, frozen=True):
    """What the inner application said, whole."""

    status: int
    headers: list[Header]
    body: bytes

    @property
    def tags(self) -> tuple[str, ...]:
        """What it was made from; empty when it may not be cached."""
        for name, value in self.headers:
            if name.lower() == TAGS_HEADER:
                return tuple(dict.fromkeys(value.decode("latin-1").split()))
        return ()

    @property
    def sets_cookie(self) -> bool:
        """Whether it is meant for one person only."""
        return any(name.lower() == b"set-cookie" for name, _ in self.headers)


class Entry(msgspec.Struct):
    """One cached answer. Times are this process's monotonic seconds; `born` is the epoch clock before it was read."""

    key: str
    body: bytes
    etag: bytes
    headers: list[Header]
    bare_headers: list[Header]  # those of a 304
    tags: tuple[str, ...]
    born: int
    filled_at: float
    expires_at: float
    used: bool = False

    @property
    def size(self) -> int:
        """Bytes it is counted with."""
        return len(self.body) + ENTRY_OVERHEAD_BYTES


def make_entry(
    *, key: str, answer: Answer, cache_control: bytes, vary: bytes, born: int, now: float, lives_s: float
) -> Entry:
    """An entry for an answer, with a strong ETag made from its bytes."""
    etag = b'"' + hashlib.blake2b(answer.body, digest_size=ETAG_BYTES).hexdigest().encode() + b'"'
    own: list[Header] = [(b"etag", etag), (b"cache-control", cache_control)]
    if vary:
        own.append((b"vary", vary))
    kept = [(name.lower(), value) for name, value in answer.headers if name.lower() not in DROPPED_HEADERS]
    length = (b"content-length", str(len(answer.body)).encode())
    return Entry(
        key=key,
        body=answer.body,
        etag=etag,
        headers=[*kept, length, *own],
        bare_headers=own,
        tags=answer.tags,
        born=born,
        filled_at=now,
        expires_at=now + lives_s,
    )


def matches(header: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match header names this ETag (RFC 9110, weak comparison)."""
    if header == etag:
        return True
    names: Sequence[bytes] = [name.strip().removeprefix(b"W/") for name in header.split(b",")]
    return etag in names or b"*" in names
