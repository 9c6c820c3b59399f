"""The first level: answers in this process, bounded in number and bytes; what was used lately stays (second chance)."""

from collections.abc import Iterable

from surehold.platform.cache.entries import Entry


class ByteStore:
    """Entries by key, and which keys were made from which tag."""

    def __init__(self, *, max_entries: int, max_bytes: int) -> None:
        self._max_entries, self._max_bytes = max_entries, max_bytes
        self._entries: dict[str, Entry] = {}
        self._by_tag: dict[str, set[str]] = {}
        self.size_bytes = 0
        self.get = self._entries.get

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, entry: Entry) -> None:
        """Keep an entry in place of an older one; the least used make room."""
        self.remove(entry.key)
        self._entries[entry.key] = entry
        self.size_bytes += entry.size
        for tag in entry.tags:
            self._by_tag.setdefault(tag, set()).add(entry.key)
        self._make_room()

    def remove(self, key: str) -> None:
        """Forget one entry."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return
        self.size_bytes -= entry.size
        for tag in entry.tags:
            keys = self._by_tag[tag]
            keys.discard(key)
            if not keys:
                del self._by_tag[tag]

    def drop(self, tags: Iterable[str]) -> int:
        """Forget whatever was made from these tags; how many entries that were."""
        keys = {key for tag in tags for key in self._by_tag.get(tag, ())}
        for key in keys:
            self.remove(key)
        return len(keys)

    def clear(self) -> None:
        """Forget all of it."""
        self._entries.clear()
        self._by_tag.clear()
        self.size_bytes = 0

    def _make_room(self) -> None:
        """Walk from the oldest; an entry used since the last walk goes to the back once, so the loop ends."""
        while self._entries and (len(self._entries) > self._max_entries or self.size_bytes > self._max_bytes):
            oldest = next(iter(self._entries.values()))
            if oldest.used:
                oldest.used = False
                self._entries[oldest.key] = self._entries.pop(oldest.key)
            else:
                self.remove(oldest.key)
