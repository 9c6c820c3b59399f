"""Examining the chain of seals: all of it from the first seal on, in batches, while the shop goes on."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime

import msgspec

from surehold.modules.audit import store
from surehold.modules.audit.model import NO_SEAL, Break, ChainWalk, Head, Seal
from surehold.platform.db import Database

BATCH = 5_000

Tell = Callable[[int, int], None]
"""Told how far it is, and of how much."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Where the chain ended or broke, what is wrong with it (None: nothing), and since when the oldest entry waits for its seal."""

    head: Head
    found: Break | None
    waiting_since: datetime | None


class AuditChain:
    """Reads the chain; nothing here changes anything."""

    def __init__(self, db: Database, batch: int = BATCH) -> None:
        self._db, self._batch = db, batch

    async def get_head(self) -> Head:
        """Where it ends now."""
        last = await store.get_head(self._db)
        return Head(last.seq, last.hash)

    async def get_start(self, since: datetime) -> Head:
        """The last place before a moment: from there on, every seal was made at or after it."""
        low, high = 0, (await self.get_head()).seq
        while low < high:  # seals of before lie at or below `low`, those of after above `high`
            middle = (low + high + 1) // 2
            sealed_at = await store.find_sealed_at(self._db, middle)
            low, high = (middle, high) if sealed_at is not None and sealed_at < since else (low, middle - 1)
        return await store.find_place(self._db, low) or NO_SEAL

    async def walk(self, after: int, up_to: int) -> AsyncGenerator[Sequence[Seal]]:
        """The seals after one number up to another, in batches, each with the entry that it names."""
        while after < up_to:
            seals = await store.list_seals(self._db, after, up_to, self._batch)
            if not seals:
                return
            yield seals
            after = seals[-1].seal

    async def verify(self, expected: Head | None, tell: Tell) -> Verdict:
        """Compute the whole chain again, then look for entries that were slipped in without a seal."""
        last, walk = await self.get_head(), ChainWalk(NO_SEAL, expected)
        found: Break | None = None
        async for seals in self.walk(NO_SEAL.seq, last.seq):
            if found := walk.take(seals):
                break
            tell(walk.head.seq, last.seq)
        found = found or walk.end() or await self._find_stray()
        return Verdict(head=walk.head, found=found, waiting_since=await store.find_oldest_waiting(self._db))

    async def _find_stray(self) -> Break | None:
        """An entry that has no seal though the sealer went by it, and its number is not one that is waited for."""
        start = store.LOWEST_SEQ
        while True:
            seen = await store.look_for_stray(self._db, start, self._batch)
            if seen is None:
                return None
            last, stray = seen
            start = last + 1
            if stray is not None:
                return Break(
                    entry_seq=stray, says=f"Entry {stray} was inserted later, or its seal was removed: it has none."
                )
