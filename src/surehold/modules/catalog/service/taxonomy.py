"""What staff does to the category tree, to brands and to the shop's face."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.ids import uuid7
from surehold.modules.catalog.errors import CategoryInUseError
from surehold.modules.catalog.model import MAX_CATEGORIES, BrandRecord, CategoryRecord, ShopProfile
from surehold.modules.catalog.store import edits, reads, taxonomy
from surehold.platform.cache import Invalidator
from surehold.platform.db import Database, Unit
from surehold.platform.http import Actor, check_if_match


class CatalogTaxonomy:
    """Edits of what products are ordered by."""

    def __init__(self, db: Database, *, invalidator: Invalidator) -> None:
        self._db, self._invalidator = db, invalidator

    async def add_category(
        self, actor: Actor, segment: str, parent_id: UUID | None, facts: Mapping[str, Any]
    ) -> CategoryRecord:
        """Add a category; `segment` is the last part of its path."""
        new = CategoryRecord(id=uuid7(), version=1, path=segment, parent_id=parent_id, **facts)
        async with self._db.unit() as unit:
            if await taxonomy.count_categories(unit) >= MAX_CATEGORIES:
                raise InvalidInputError(f"A shop has at most {MAX_CATEGORIES} categories.")
            await taxonomy.insert_category(unit, new, segment)
            return await self._told(unit, actor, "catalog.category_added", new.id)

    async def change_category(
        self, actor: Actor, category_id: UUID, if_match: str | None, changes: Mapping[str, Any]
    ) -> CategoryRecord:
        """Set members of a category; `segment` and `parent_id` move it and all below it."""
        async with self._db.unit() as unit:
            current = await taxonomy.lock_category(unit, category_id)
            check_if_match(if_match, current.version, current)
            segment = changes.get("segment", current.path.rpartition("/")[2])
            parent_id = changes.get("parent_id", current.parent_id)
            await taxonomy.place_category(unit, category_id, parent_id, segment)
            facts = {name: value for name, value in changes.items() if name not in {"segment", "parent_id"}}
            await taxonomy.update_category(unit, msgspec.structs.replace(current, **facts))
            return await self._told(unit, actor, "catalog.category_changed", category_id)

    async def remove_category(self, actor: Actor, category_id: UUID, if_match: str | None) -> None:
        """Remove a category that has nothing in it or below it."""
        async with self._db.unit() as unit:
            current = await taxonomy.lock_category(unit, category_id)
            check_if_match(if_match, current.version, current)
            if not await taxonomy.delete_category(unit, category_id):
                raise CategoryInUseError("Other categories are below it; move or remove them first.")
            await edits.record_audit(unit, actor, "catalog.category_removed", ("category", category_id), {})
            self._drop_after(unit, [f"category:{category_id}", "listing", "categories"])

    async def _told(self, unit: Unit, actor: Actor, action: str, category_id: UUID) -> CategoryRecord:
        category = await taxonomy.lock_category(unit, category_id)
        await edits.record_audit(unit, actor, action, ("category", category_id), {"version": category.version})
        # What shows a category shows its ancestors too, so a page below a moved one carries its tag.
        self._drop_after(unit, [f"category:{category_id}", "listing", "categories"])
        return category

    async def brand(self, brand_id: UUID) -> BrandRecord:
        """A brand as staff edits it."""
        return await taxonomy.lock_brand(self._db, brand_id)

    async def category(self, category_id: UUID) -> CategoryRecord:
        """A category as staff edits it."""
        return await taxonomy.lock_category(self._db, category_id)

    async def add_brand(self, actor: Actor, slug: str, title: str) -> BrandRecord:
        """Add a brand."""
        brand = BrandRecord(id=uuid7(), version=1, slug=slug, title=title)
        async with self._db.unit() as unit:
            await taxonomy.insert_brand(unit, brand)
            await edits.record_audit(unit, actor, "catalog.brand_added", ("brand", brand.id), {"version": 1})
            self._drop_after(unit, ["brands"])
        return brand

    async def change_brand(
        self, actor: Actor, brand_id: UUID, if_match: str | None, changes: Mapping[str, Any]
    ) -> BrandRecord:
        """Set members of a brand."""
        async with self._db.unit() as unit:
            current = await taxonomy.lock_brand(unit, brand_id)
            check_if_match(if_match, current.version, current)
            await taxonomy.update_brand(unit, msgspec.structs.replace(current, **changes))
            brand = await taxonomy.lock_brand(unit, brand_id)
            await edits.record_audit(
                unit, actor, "catalog.brand_changed", ("brand", brand_id), {"version": brand.version}
            )
            self._drop_after(unit, [f"brand:{brand_id}", "brands", "listing"])
        return brand

    async def remove_brand(self, actor: Actor, brand_id: UUID, if_match: str | None) -> None:
        """Remove a brand that no product carries."""
        async with self._db.unit() as unit:
            current = await taxonomy.lock_brand(unit, brand_id)
            check_if_match(if_match, current.version, current)
            await taxonomy.delete_brand(unit, brand_id)
            await edits.record_audit(unit, actor, "catalog.brand_removed", ("brand", brand_id), {})
            self._drop_after(unit, [f"brand:{brand_id}", "brands"])

    async def change_shop(self, actor: Actor, profile: ShopProfile, if_match: str | None) -> ShopProfile:
        """Write the shop's profile; `version` of what is given does not matter."""
        if profile.currency not in profile.currencies:
            raise InvalidInputError("The shop's currency must be one of its currencies.", field="currency")
        async with self._db.unit() as unit:
            version = await taxonomy.lock_shop_version(unit)
            check_if_match(if_match, version, await reads.get_shop(unit))
            await taxonomy.write_shop(unit, profile)
            await edits.record_audit(
                unit, actor, "catalog.shop_changed", ("shop", SHOP_SUBJECT), {"version": version + 1}
            )
            # Without a currency in the request, every price of a cached page is in the shop's.
            self._drop_after(unit, ["shop", "listing"])
            return await reads.get_shop(unit)

    def _drop_after(self, unit: Unit, tags: Sequence[str]) -> None:
        unit.after_commit(lambda: self._invalidator.invalidate(tags))


SHOP_SUBJECT = UUID(int=0)
"""The shop itself, where an audit row needs a subject; there is one."""
