"""Stock for staff and for whoever looks. Carts and orders change it through its published SQL functions."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec

from surehold.kernel.ids import uuid7
from surehold.modules.inventory import store
from surehold.modules.inventory.model import Change, LedgerEntry, LiveStock, Location, Stock, StockPolicy
from surehold.platform.cache import Invalidator
from surehold.platform.db import Database
from surehold.platform.events import Waker
from surehold.platform.http import Actor, check_if_match
from surehold.platform.realtime import Hint, Hinter

SWEEP_BATCH = 500


class InventoryService:
    """Receipts, adjustments, policies, locations, and the sweeper of expired holds."""

    def __init__(self, db: Database, *, waker: Waker, hinter: Hinter, invalidator: Invalidator) -> None:
        self._db = db
        self._waker, self._hinter, self._invalidator = waker, hinter, invalidator

    async def stock(self, variant_id: UUID) -> Stock:
        """A variant's stock at all locations."""
        return await store.get_stock(self._db, variant_id)

    async def live(self, variant_id: UUID) -> LiveStock:
        """What a product page shows as it happens."""
        return await store.get_live(self._db, variant_id)

    async def ledger(self, variant_id: UUID, before_id: int | None, limit: int) -> list[LedgerEntry]:
        """Changes of on_hand, newest first; StockNotFoundError for an unknown variant."""
        entries = await store.list_ledger(self._db, variant_id, before_id, limit)
        if not entries:
            await store.get_stock(self._db, variant_id)
        return entries

    async def low_stock(self, after: UUID | None, limit: int) -> list[tuple[UUID, int, int]]:
        """Variants at or below their threshold."""
        return await store.list_low(self._db, after, limit)

    async def change_on_hand(self, actor: Actor, changes: Sequence[Change], reason: str, ref: str) -> int:
        """Book receipts (positive) or adjustments at locations, once per (reason, ref); out goes how many variants changed.

        Raises StockReservedError when less would be there than is promised, NotAtLocationError for a place without any.
        """
        async with self._db.unit() as unit:
            changed = await store.change_on_hand(unit, changes, reason, ref)
            if changed:
                facts = {"reason": reason, "ref": ref, "changes": changes}
                await store.record_audit(
                    unit, actor.key, "inventory.on_hand_changed", ("stock", changes[0].variant_id), _json(facts)
                )
        await self._tell(changed)
        return len(changed)

    async def policy(self, variant_id: UUID) -> StockPolicy:
        """A variant's policy, with the version that an edit of it states."""
        return await store.get_policy(self._db, variant_id)

    async def set_policy(
        self,
        actor: Actor,
        variant_id: UUID,
        if_match: str | None,
        backorder_limit: int,
        promised_on: date | None,
        low_stock_threshold: int,
    ) -> StockPolicy:
        """Set how much may be promised beyond what is there (0: nothing), for when, and when stock counts as low.

        `if_match` is the policy's version that was read. Raises StockNotFoundError for an unknown variant,
        BackordersPromisedError when more is promised already.
        """
        async with self._db.unit() as unit:
            current = await store.get_policy(unit, variant_id, lock=True)
            check_if_match(if_match, current.version, current)
            await store.set_policy(unit, variant_id, backorder_limit, promised_on, low_stock_threshold)
            facts = {"backorder_limit": backorder_limit, "promised_on": promised_on, "threshold": low_stock_threshold}
            await store.record_audit(unit, actor.key, "inventory.policy_changed", ("stock", variant_id), _json(facts))
            changed = await store.get_policy(unit, variant_id)
        await self._tell([variant_id])
        return changed

    async def locations(self) -> list[Location]:
        """All places with stock."""
        return await store.list_locations(self._db)

    async def add_location(self, actor: Actor, location: Location) -> Location:
        """Add a place; its id is made here."""
        added = msgspec.structs.replace(location, id=uuid7(), version=1)
        async with self._db.unit() as unit:
            await store.insert_location(unit, added)
            await store.record_audit(
                unit, actor.key, "inventory.location_added", ("location", added.id), _json({"code": added.code})
            )
        return added

    async def change_location(self, actor: Actor, location: Location, if_match: str | None) -> Location:
        """Change a place that was read at the version in `if_match`."""
        async with self._db.unit() as unit:
            current = await store.lock_location(unit, location.id)
            check_if_match(if_match, current.version, current)
            changed = msgspec.structs.replace(location, code=current.code, version=current.version + 1)
            await store.update_location(unit, changed)
            await store.record_audit(
                unit, actor.key, "inventory.location_changed", ("location", changed.id), _json({"code": changed.code})
            )
        return changed

    async def sweep(self) -> int:
        """Tidy one batch of expired holds and promises; out goes of how many variants units came back."""
        swept = await store.sweep_holds(self._db, SWEEP_BATCH)
        await self._tell([variant for variant, _ in swept])  # a promise that ended gives back no unit, and is seen too
        return sum(units > 0 for _, units in swept)

    async def _tell(self, variants: Sequence[UUID]) -> None:
        if not variants:
            return
        self._invalidator.invalidate([f"variant:{variant}" for variant in variants])
        self._waker.wake()
        for variant in variants[:SWEEP_BATCH]:
            stock = await store.get_live(self._db, variant)
            data = {"available": stock.available}
            self._hinter.hint(Hint(topic=f"variant:{variant}", version=stock.version, kind="stock", data=data))


def _json(facts: object) -> bytes:
    return msgspec.json.encode(facts)
