"""Loading products in batches: each batch is one unit of work with its products, prices, stock, events and progress."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from surehold.kernel.ids import uuid7
from surehold.modules.catalog.model import ProductDraft, ShopProfile, VariantDraft, brand_slug_of, title_key_of
from surehold.modules.catalog.store import bulk, edits, taxonomy
from surehold.modules.catalog.store.bulk import KnownProduct, KnownVariant, Progress
from surehold.platform.cache import Invalidator
from surehold.platform.db import Database, Unit
from surehold.platform.events import Waker
from surehold.platform.http import Actor


class Rejection(msgspec.Struct, frozen=True):
    """A product (by its place in the batch), or one variant of it, that was not taken, and why."""

    place: int
    reason: str
    sku: str | None = None


@dataclass(slots=True)
class BatchOutcome:
    """What came of a batch. `tags` name what cached answers may have been made from."""

    products: int = 0
    variants: int = 0
    rejections: list[Rejection] = field(default_factory=list[Rejection])
    tags: set[str] = field(default_factory=set[str])

    @property
    def counts(self) -> tuple[int, int, int]:
        """Products and variants taken, and rejections."""
        return self.products, self.variants, len(self.rejections)


@dataclass(frozen=True, slots=True)
class ReadyDraft:
    """A draft with all that can be worked out of it without the database, so that this is done while another batch is written."""

    draft: ProductDraft
    faults: tuple[str, ...]
    document: dict[str, Any]
    variants: tuple[dict[str, Any], ...]

    @classmethod
    def of(cls, draft: ProductDraft) -> "ReadyDraft":
        """Work it out."""
        document = draft.document()
        if draft.title is not UNSET:
            document["title_key"] = title_key_of(draft.title)
        variants = tuple(variant.document() for variant in draft.variants)
        return cls(draft, tuple(draft.faults()), document, variants)


@dataclass(slots=True)
class _Plan:
    """What is to be written of a batch."""

    products: dict[UUID, dict[str, Any]] = field(default_factory=dict[UUID, dict[str, Any]])
    drafts: list[tuple[UUID, ProductDraft]] = field(default_factory=list[tuple[UUID, ProductDraft]])
    variants: list[tuple[UUID, VariantDraft]] = field(default_factory=list[tuple[UUID, VariantDraft]])
    documents: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


class _DryRun(Exception):  # noqa: N818  no error
    """Ends the unit of a dry run, so that nothing of it stays."""


class CatalogIntake:
    """Takes batches of products into the shop."""

    def __init__(self, db: Database, *, invalidator: Invalidator, waker: Waker) -> None:
        self._db, self._invalidator, self._waker = db, invalidator, waker

    async def is_empty(self) -> bool:
        """Whether the shop has no product at all."""
        return not await bulk.has_products(self._db)

    async def was_cut_short(self, file_name: str) -> bool:
        """Whether an import of a file of this name began and did not end."""
        return await bulk.has_unfinished_import(self._db, file_name)

    async def begin(self, file_hash: bytes, file_name: str, *, resume: bool) -> Progress:
        """Where the import of a file (by the SHA-256 of its bytes) stands."""
        async with self._db.unit() as unit:
            return await bulk.begin_import(unit, uuid7(), file_hash, file_name, resume=resume)

    async def finish(self, actor: Actor, progress: Progress) -> None:
        """Close an import."""
        facts = {"products": progress.products, "variants": progress.variants, "rejected": progress.rejected}
        async with self._db.unit() as unit:
            await bulk.save_progress(unit, msgspec.structs.replace(progress, finished=True))
            await edits.record_audit(unit, actor, "catalog.products_imported", ("import", progress.id), facts)

    async def ensure_categories(self, categories: Sequence[Mapping[str, Any]]) -> None:
        """Bring categories (path, title, description, position) to what is given."""
        documents = [{"id": uuid7(), **category} for category in categories]
        async with self._db.unit() as unit:
            await bulk.take_import_lock(unit)
            await bulk.ensure_categories(unit, documents, overwrite=True)

    async def write_shop(self, profile: ShopProfile) -> None:
        """Give the shop its face."""
        async with self._db.unit() as unit:
            await taxonomy.lock_shop_version(unit)
            await taxonomy.write_shop(unit, profile)
        self._invalidator.invalidate(["shop", "listing"])

    async def load(
        self,
        drafts: Sequence[ReadyDraft],
        locations: Mapping[str, UUID],
        ref: str,
        progress: Progress | None = None,
        *,
        dry_run: bool = False,
    ) -> BatchOutcome:
        """Take a batch in, all that can be taken. `ref` names the delivery that its stock is; repeating it adds none.

        `progress` is where the file stands once this batch is in; it is written with it. Raises the database's error when
        the batch as a whole cannot be written; then nothing of it is.
        """
        outcome = BatchOutcome()
        try:
            async with self._db.unit() as unit:
                await self._write(unit, drafts, locations, ref, outcome)
                if progress is not None:
                    await bulk.save_progress(unit, progress.with_batch(*outcome.counts))
                if dry_run:
                    raise _DryRun  # noqa: TRY301  this is how a unit is rolled back
        except _DryRun:
            return outcome
        self._invalidator.invalidate(outcome.tags)
        self._waker.wake()
        return outcome

    async def _write(
        self, unit: Unit, drafts: Sequence[ReadyDraft], locations: Mapping[str, UUID], ref: str, outcome: BatchOutcome
    ) -> None:
        await bulk.take_import_lock(unit)
        plan = await _plan(unit, drafts, locations, outcome)
        if not plan.drafts:
            return
        await _name(unit, plan)
        changed = await edits.write_products(unit, list(plan.products.values()), plan.documents)
        await _price_and_stock(unit, plan, locations, ref)
        await edits.announce(unit, changed)
        await bulk.refresh_listed_prices(unit, sorted(set(plan.products) - set(changed)))
        outcome.products, outcome.variants = len(plan.products), len(plan.variants)


async def _plan(
    unit: Unit, drafts: Sequence[ReadyDraft], locations: Mapping[str, UUID], outcome: BatchOutcome
) -> _Plan:
    slugs = [ready.draft.slug for ready in drafts if ready.draft.slug is not UNSET]
    skus = [variant.sku for ready in drafts for variant in ready.draft.variants]
    products, variants = await bulk.find_known(unit, slugs, skus)
    plan = _Plan()
    outcome.tags |= {"listing", "categories", "brands"}
    for place, ready in enumerate(drafts):
        draft = ready.draft
        known = _find_product(draft, products, variants)
        faults = _faults(ready, known, variants, locations)
        outcome.rejections += [Rejection(place, reason, sku) for reason, sku in faults]
        bad_skus = {sku for _, sku in faults}
        both = zip(draft.variants, ready.variants, strict=True)
        good = [(variant, facts) for variant, facts in both if variant.sku not in bad_skus]
        if None in bad_skus or not good:
            continue
        product_id = known.id if known else uuid7()
        document = ready.document | {"id": product_id, "slug": known.slug if known else draft.slug}
        plan.products[product_id] = plan.products.get(product_id, {}) | document
        plan.drafts.append((product_id, draft))
        for position, (variant, facts) in enumerate(good):
            owner = variants.get(variant.sku)
            variant_id = owner.id if owner else uuid7()
            plan.variants.append((variant_id, variant))
            plan.documents.append(facts | {"id": variant_id, "product_id": product_id, "retired_at": None})
            if len(good) > 1 or owner is None:
                plan.documents[-1]["position"] = position
            if owner:
                outcome.tags.add(f"variant:{owner.id}")
        if known:
            outcome.tags.add(f"product:{known.id}")
    return plan


def _find_product(
    draft: ProductDraft, products: Mapping[str, KnownProduct], variants: Mapping[str, KnownVariant]
) -> KnownProduct | None:
    if draft.slug is not UNSET:
        return products.get(draft.slug)
    owner = next((variants[variant.sku] for variant in draft.variants if variant.sku in variants), None)
    return KnownProduct(owner.product_id, owner.product_slug, published=False) if owner else None


def _faults(
    ready: ReadyDraft,
    known: KnownProduct | None,
    variants: Mapping[str, KnownVariant],
    locations: Mapping[str, UUID],
) -> list[tuple[str, str | None]]:
    """Reasons against the product (no SKU) or against one of its variants."""
    draft = ready.draft
    faults: list[tuple[str, str | None]] = [(fault, None) for fault in ready.faults]
    if known is None:
        faults += [(fault, None) for fault in _faults_of_new(draft)]
    for variant in draft.variants:
        owner = variants.get(variant.sku)
        if owner is not None and (known is None or owner.product_id != known.id):
            faults.append((f"SKU {variant.sku} belongs to another product, {owner.product_slug}", variant.sku))
        if not variant.stock.keys() <= locations.keys():
            unknown = min(variant.stock.keys() - locations.keys())
            faults.append((f"stock: there is no location {unknown}", variant.sku))
    return faults


def _faults_of_new(draft: ProductDraft) -> Iterable[str]:
    if draft.slug is UNSET:
        yield f"SKU {draft.variants[0].sku} is not known, and a new product needs a slug and a title"
    elif draft.title is UNSET:
        yield f"there is no product {draft.slug} yet, and a new one needs a title"
    if draft.published is not False and not any(variant.prices for variant in draft.variants):
        yield "a published product needs a price in at least one currency"


async def _name(unit: Unit, plan: _Plan) -> None:
    """Put the ids of brands and categories into the documents, making those that are new."""
    named = dict.fromkeys(draft.brand for _, draft in plan.drafts if isinstance(draft.brand, str))
    brand_slugs = {title: brand_slug_of(title) for title in named}
    titles = {slug: title for title, slug in brand_slugs.items()}
    brands = await bulk.ensure_brands(
        unit,
        [
            {"id": uuid7(), "slug": slug, "title": title, "title_key": title_key_of(title)}
            for slug, title in sorted(titles.items())
        ],
    )
    leaves = {draft.category for _, draft in plan.drafts if isinstance(draft.category, str)}
    paths = {path for leaf in leaves for path in _prefixes(leaf)}
    categories = await bulk.ensure_categories(
        unit,
        [
            {"id": uuid7(), "path": path, "title": _title_of(path), "description": "", "position": 0}
            for path in sorted(paths)
        ],
        overwrite=False,
    )
    for product_id, draft in plan.drafts:
        document = plan.products[product_id]
        if draft.brand is not UNSET:
            document["brand_id"] = brands[brand_slugs[draft.brand]] if draft.brand else None
        if draft.category is not UNSET:
            document["category_id"] = categories[draft.category] if draft.category else None


def _prefixes(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def _title_of(path: str) -> str:
    return path.rpartition("/")[2].replace("-", " ").capitalize()


async def _price_and_stock(unit: Unit, plan: _Plan, locations: Mapping[str, UUID], ref: str) -> None:
    prices = [
        (variant_id, currency, amount)
        for variant_id, draft in plan.variants
        for currency, amount in draft.prices.items()
    ]
    if prices:
        await bulk.import_prices(unit, prices)
    receipts = [
        (variant_id, locations[code], units)
        for variant_id, draft in plan.variants
        for code, units in draft.stock.items()
        if units > 0
    ]
    if receipts:  # before anything else makes rows of stock: what is delivered with its variant was never sold out
        await bulk.receive(unit, receipts, ref)
    policies = [
        (variant_id, *_policy(draft))
        for variant_id, draft in plan.variants
        if draft.backorder is not UNSET or draft.low_stock_threshold is not UNSET
    ]
    if policies:
        await bulk.set_policies(unit, policies)
    received = {variant_id for variant_id, _, _ in receipts}
    await bulk.ensure_stock(unit, [variant_id for variant_id, _ in plan.variants if variant_id not in received])


def _policy(draft: VariantDraft) -> tuple[int | None, int | None, int | None]:
    threshold = None if draft.low_stock_threshold is UNSET else draft.low_stock_threshold
    if draft.backorder is UNSET:
        return None, None, threshold
    if draft.backorder is None:
        return 0, None, threshold
    return draft.backorder.limit, draft.backorder.promised_in_days, threshold
