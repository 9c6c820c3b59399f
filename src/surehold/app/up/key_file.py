"""A file of keys and its changes: each under a lock and whole or not at all, so that no key is ever lost on the way."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from surehold.app.up.files import write_private
from surehold.platform.sealed import FileKeys, KeyRing


def promote_next(file: Path) -> KeyRing:
    """Make the next key the current one, if there is one; out go the keys as they are now. KeyRingError, OSError."""
    ring = FileKeys(file).read()
    if ring.next is None:
        return ring
    with changing(file) as now:
        promoted = now.promoted()
        write_private(file, promoted.text())
    return promoted


@contextmanager
def changing(file: Path) -> Generator[KeyRing]:
    """The keys of a file, which nobody else changes while the block lasts."""
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield FileKeys(file).read()
