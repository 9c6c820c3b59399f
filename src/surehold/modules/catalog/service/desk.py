"""What staff does to products: every edit states the version it was made from, is audited, and is told to the world."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.ids import uuid7
from surehold.modules.catalog.errors import ProductNotFoundError
from surehold.modules.catalog.model import (
    ProductLine,
    ProductRecord,
    ProductState,
    VariantPrices,
    check_record,
    slug_of,
    title_key_of,
    variant_title_of,
)
from surehold.modules.catalog.ports import PriceBook
from surehold.modules.catalog.service.pictures import PictureLibrary
from surehold.modules.catalog.store import bulk, edits
from surehold.modules.catalog.store.listing import After
from surehold.platform.cache import Invalidator
from surehold.platform.db import Database, Unit
from surehold.platform.events import Waker
from surehold.platform.http import Actor, CursorCodec, check_if_match

Changes = Mapping[str, Any]
"""The members to set, by their names in the tables; what is not in it stays."""


class CatalogDesk:
    """Edits of products and variants. `prices` keeps what they cost, `pictures` their pictures."""

    def __init__(
        self, db: Database, *, prices: PriceBook, pictures: PictureLibrary, invalidator: Invalidator, waker: Waker
    ) -> None:
        self._db, self._prices, self._pictures = db, prices, pictures
        self._invalidator, self._waker = invalidator, waker

    async def lines(
        self, words: str | None, state: ProductState | None, cursor: str | None, limit: int, cursors: CursorCodec
    ) -> tuple[list[ProductLine], str | None]:
        """One page of all products by title, and the cursor of the next."""
        after = cursors.decode("admin.products", cursor, After)
        key = (after.key, after.id) if after else ("", UUID(int=0))
        lines = await edits.list_lines(self._db, words, state, key, limit + 1)
        if len(lines) <= limit:
            return lines, None
        last = lines[limit - 1]
        return lines[:limit], cursors.encode("admin.products", After(title_key_of(last.title), last.id))

    async def record(self, product_id: UUID) -> ProductRecord:
        """A product as staff edits it."""
        record = await edits.find_record(self._db, product_id)
        if record is None:
            raise ProductNotFoundError
        return record

    async def create(self, actor: Actor, product: Changes, variants: Sequence[Changes]) -> ProductRecord:
        """Add a product with its variants, as a draft unless it says otherwise; `prices` of a variant are its base prices."""
        product_id = uuid7()
        wanted = {"state": ProductState.DRAFT, **product, "id": product_id}
        wanted.setdefault("slug", slug_of(str(product["title"])))
        if not wanted["slug"]:
            raise InvalidInputError("Give it a slug: none can be made of this title.", field="slug")
        documents = [_new_variant({"position": place, **variant}, product_id) for place, variant in enumerate(variants)]
        async with self._db.unit() as unit:
            return await self._write(unit, actor, "catalog.product_created", wanted, documents)

    async def change(self, actor: Actor, product_id: UUID, if_match: str | None, changes: Changes) -> ProductRecord:
        """Set members of a product. A new slug leaves the old one leading to it."""
        async with self._db.unit() as unit:
            await self._lock(unit, product_id, if_match)
            return await self._write(unit, actor, "catalog.product_changed", {**changes, "id": product_id}, [])

    async def add_variant(
        self, actor: Actor, product_id: UUID, if_match: str | None, variant: Changes
    ) -> ProductRecord:
        """Add a variant, after the others unless it says otherwise."""
        async with self._db.unit() as unit:
            record = await self._lock(unit, product_id, if_match)
            document = _new_variant({"position": len(record.variants), **variant}, product_id)
            return await self._write(unit, actor, "catalog.variant_added", {"id": product_id}, [document])

    async def change_variant(
        self, actor: Actor, variant_id: UUID, if_match: str | None, changes: Changes
    ) -> ProductRecord:
        """Set members of a variant; a retired one is sold again with `retired_at` None."""
        if "options" in changes:
            changes = {"title": variant_title_of(changes["options"]), **changes}
        async with self._db.unit() as unit:
            product_id = await edits.get_product_of(unit, variant_id)
            await self._lock(unit, product_id, if_match)
            document = {**changes, "id": variant_id}
            return await self._write(unit, actor, "catalog.variant_changed", {"id": product_id}, [document])

    async def retire_variant(self, actor: Actor, variant_id: UUID, if_match: str | None) -> ProductRecord:
        """Sell it no more. Orders and carts that name it go on knowing it."""
        # PostgreSQL reads 'now' as the moment of the transaction.
        return await self.change_variant(actor, variant_id, if_match, {"retired_at": "now"})

    async def prices(self, variant_id: UUID) -> VariantPrices:
        """A variant's base prices, with the version that an edit of them states."""
        product_id = await edits.get_product_of(self._db, variant_id)
        return (await self.record(product_id)).prices_of(variant_id)

    async def set_prices(
        self, actor: Actor, variant_id: UUID, if_match: str | None, amounts: Mapping[str, int | None]
    ) -> VariantPrices:
        """Set base prices by currency (None removes one) that were read at the version in `if_match`."""
        async with self._db.unit() as unit:
            product_id = await edits.get_product_of(unit, variant_id)
            await edits.lock_record(unit, product_id)
            await self._prices.lock_prices(unit, variant_id)
            current = (await edits.lock_record(unit, product_id)).prices_of(variant_id)
            check_if_match(if_match, current.version, current)
            await self._prices.set_prices(unit, variant_id, amounts, actor=actor.key)
            await edits.refresh_listed_prices(unit, [variant_id])
            record = await edits.lock_record(unit, product_id)
            check_record(record)
            self._tell_after(unit, record.tags)
            return record.prices_of(variant_id)

    async def follow_price(self, unit: Unit, variant_id: UUID) -> None:
        """Put a variant's product where its price now belongs in listings by price; it reads the prices of now."""
        await edits.refresh_listed_prices(unit, [variant_id])

    async def _lock(self, unit: Unit, product_id: UUID, if_match: str | None) -> ProductRecord:
        record = await edits.lock_record(unit, product_id)
        check_if_match(if_match, record.version, record)
        return record

    async def _write(
        self, unit: Unit, actor: Actor, action: str, product: Changes, variants: Sequence[dict[str, Any]]
    ) -> ProductRecord:
        await self._check_pictures(product, variants)
        prices = [(variant["id"], variant.pop("prices", ())) for variant in variants]
        changed = await edits.write_products(unit, [_with_title_key(product)], variants)
        await bulk.ensure_stock(unit, [UUID(str(variant["id"])) for variant in variants])
        for variant_id, amounts in prices:
            await self._set_first_prices(unit, actor, variant_id, amounts)
        record = await edits.lock_record(unit, product["id"])
        check_record(record)
        if changed:
            await edits.announce(unit, changed)
            fields = sorted({*product, *(name for variant in variants for name in variant)} - {"id", "product_id"})
            facts = {"version": record.version, "fields": fields, "variants": [variant["id"] for variant in variants]}
            await edits.record_audit(unit, actor, action, ("product", record.id), facts)
            self._tell_after(unit, [*record.tags, "listing"])
        return record

    async def _set_first_prices(self, unit: Unit, actor: Actor, variant_id: UUID, prices: Sequence[Changes]) -> None:
        amounts = {price["currency"]: price["amount"] for price in prices}
        if amounts:
            await self._prices.set_prices(unit, variant_id, amounts, actor=actor.key)

    async def _check_pictures(self, product: Changes, variants: Sequence[Changes]) -> None:
        names = {picture["file"] for picture in product.get("pictures") or ()}
        names |= {variant["picture"] for variant in variants if variant.get("picture")}
        missing = await self._pictures.missing(frozenset(names)) if names else frozenset()
        if missing:
            raise InvalidInputError(f"There is no picture {min(missing)}; upload it first.", field="pictures")

    def _tell_after(self, unit: Unit, tags: Sequence[str]) -> None:
        unit.after_commit(lambda: self._invalidator.invalidate(tags))
        unit.after_commit(self._waker.wake)


def _new_variant(variant: Changes, product_id: UUID) -> dict[str, Any]:
    options = dict(variant.get("options") or {})
    return {"title": variant_title_of(options), **variant, "options": options, "id": uuid7(), "product_id": product_id}


def _with_title_key(product: Changes) -> dict[str, Any]:
    document = dict(product)
    if "title" in document:
        document["title_key"] = title_key_of(document["title"])
    if "rating" in document:
        rating = document.pop("rating")
        document["rating_average"] = rating["average"] if rating else None
        document["rating_count"] = rating["count"] if rating else None
    return document
