"""When things last changed, as far as this process knows; it keeps a raced fill from storing what is already old.

One clock counts invalidations. Each tag falls into one of 1,024 slots that remember the clock of their last invalidation; a fill
notes the clock before it reads and may store only if none of its tags' slots moved since. Two tags in one slot cost a refused
store now and then, never a stale one.
"""

from collections.abc import Iterable
from zlib import crc32

SLOTS = 1_024


class Epochs:
    """The clock and its slots; not shared between threads."""

    __slots__ = ("_slots", "clock", "floor")

    def __init__(self) -> None:
        self.clock = 0
        self.floor = 0
        self._slots = [0] * SLOTS

    def bump(self, tags: Iterable[str]) -> None:
        """Note that these things changed just now."""
        self.clock += 1
        for tag in tags:
            self._slots[crc32(tag.encode()) % SLOTS] = self.clock

    def bump_all(self) -> None:
        """Note that anything may have changed: something was missed."""
        self.clock += 1
        self.floor = self.clock

    def unchanged_since(self, noted: int, tags: Iterable[str]) -> bool:
        """Whether none of these things changed after the clock stood at `noted`."""
        if self.floor > noted:
            return False
        slots = self._slots
        return all(slots[crc32(tag.encode()) % SLOTS] <= noted for tag in tags)
