"""Batches: what is known of them, and everything that is written of them, set-based, within one unit of work."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from surehold.modules.catalog.store.edits import conflicts
from surehold.platform.db import Executor, Unit

_KNOWN_PRODUCTS = """
select p.slug, p.id, p.slug, p.state = 'published' from catalog.products p where p.slug = any (%(slugs)s::text[])
union all
select h.slug, p.id, p.slug, p.state = 'published'
from catalog.slug_history h join catalog.products p on p.id = h.product_id where h.slug = any (%(slugs)s::text[])
"""
_KNOWN_VARIANTS = """
select v.sku, v.id, v.product_id, p.slug
from catalog.variants v join catalog.products p on p.id = v.product_id where v.sku = any (%s::text[])
"""
_BEGIN = """
insert into catalog.imports as i (id, file_hash, file_name) values (%(id)s, %(hash)s, %(name)s)
on conflict (file_hash) do update set file_name = excluded.file_name,
  lines_done = case when %(resume)s then i.lines_done else 0 end,
  products = case when %(resume)s then i.products else 0 end,
  variants = case when %(resume)s then i.variants else 0 end,
  rejected = case when %(resume)s then i.rejected else 0 end,
  started_at = case when %(resume)s then i.started_at else clock_timestamp() end,
  finished_at = case when %(resume)s then i.finished_at end
returning id, lines_done, products, variants, rejected, finished_at is not null
"""


class KnownProduct(msgspec.Struct, frozen=True):
    """A product that a slug leads to, by its present or an earlier one."""

    id: UUID
    slug: str
    published: bool


class KnownVariant(msgspec.Struct, frozen=True):
    """A variant that has a SKU, and the product it belongs to."""

    id: UUID
    product_id: UUID
    product_slug: str


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an import of one file came."""

    id: UUID
    lines_done: int = 0
    products: int = 0
    variants: int = 0
    rejected: int = 0
    finished: bool = False

    def with_batch(self, products: int, variants: int, rejected: int) -> "Progress":
        """Where it stands after a batch of so many."""
        return msgspec.structs.replace(
            self,
            products=self.products + products,
            variants=self.variants + variants,
            rejected=self.rejected + rejected,
        )


async def find_known(
    executor: Executor, slugs: Sequence[str], skus: Sequence[str]
) -> tuple[dict[str, KnownProduct], dict[str, KnownVariant]]:
    """What the shop knows of these slugs and SKUs; a present slug goes before an earlier one."""
    products: dict[str, KnownProduct] = {}
    for asked, product_id, slug, published in await executor.fetch_all(_KNOWN_PRODUCTS, {"slugs": list(slugs)}):
        if asked not in products or asked == slug:
            products[asked] = KnownProduct(product_id, slug, published)
    rows = await executor.fetch_all(_KNOWN_VARIANTS, (list(skus),))
    return products, {row[0]: KnownVariant(*row[1:]) for row in rows}


async def ensure_brands(executor: Executor, brands: Sequence[Mapping[str, Any]]) -> dict[str, UUID]:
    """Brands by slug, made where they are new."""
    await executor.execute("select catalog.ensure_brands(%s::jsonb)", (_json(brands),))
    slugs = [brand["slug"] for brand in brands]
    return dict(await executor.fetch_all("select slug, id from catalog.brands where slug = any (%s)", (slugs,)))


async def ensure_categories(
    executor: Executor, categories: Sequence[Mapping[str, Any]], *, overwrite: bool
) -> dict[str, UUID]:
    """Categories by path, made where they are new; their words are brought to what is given only with `overwrite`."""
    with conflicts():
        await executor.execute("select catalog.ensure_categories(%s::jsonb, %s)", (_json(categories), overwrite))
    paths = [category["path"] for category in categories]
    return dict(await executor.fetch_all("select path, id from catalog.categories where path = any (%s)", (paths,)))


async def import_prices(executor: Executor, prices: Sequence[tuple[UUID, str, int]]) -> None:
    """Bring base prices (variant, currency, minor units) to what is given."""
    columns = (_array(p[0] for p in prices), _array(p[1] for p in prices), _array(p[2] for p in prices))
    await executor.execute("select pricing.import_prices(%s::uuid[], %s::text[], %s::bigint[])", columns)


async def ensure_stock(executor: Executor, variants: Sequence[UUID]) -> None:
    """Give variants a row of stock."""
    await executor.execute("select inventory.ensure_stock(%s::uuid[])", (_array(variants),))


async def set_policies(executor: Executor, policies: Sequence[tuple[UUID, int | None, int | None, int | None]]) -> None:
    """Set (variant, backorder limit, days until promised, low-stock threshold); None keeps what is there."""
    columns = tuple(_array(column) for column in zip(*policies, strict=True))
    await executor.execute(
        """select inventory.set_policies(w.variants, w.limits, w.promised, w.thresholds) from (
             select array_agg(v) as variants, array_agg(l) as limits, array_agg(current_date + d) as promised,
               array_agg(t) as thresholds
             from unnest(%s::uuid[], %s::integer[], %s::integer[], %s::integer[]) as p (v, l, d, t)) w""",
        columns,
    )


async def receive(executor: Executor, receipts: Sequence[tuple[UUID, UUID, int]], ref: str) -> None:
    """Book a delivery of (variant, location, units), once per `ref`."""
    columns = (_array(r[0] for r in receipts), _array(r[1] for r in receipts), _array(r[2] for r in receipts))
    await executor.execute(
        "select inventory.receive(%s::uuid[], %s::uuid[], %s::integer[], 'receipt', %s)", (*columns, ref)
    )


async def refresh_listed_prices(executor: Executor, products: Sequence[UUID]) -> None:
    """Bring the sort keys of listings by price to the base prices of now."""
    await executor.execute("select catalog.refresh_listed_prices(%s::uuid[])", (_array(products),))


async def begin_import(unit: Unit, import_id: UUID, file_hash: bytes, file_name: str, *, resume: bool) -> Progress:
    """Where an import of a file stands: at its beginning, or with `resume` where it stopped."""
    params = {"id": import_id, "hash": file_hash, "name": file_name, "resume": resume}
    row = await unit.fetch_one(_BEGIN, params)
    assert row is not None
    return Progress(id=row[0], lines_done=row[1], products=row[2], variants=row[3], rejected=row[4], finished=row[5])


async def save_progress(executor: Executor, progress: Progress) -> None:
    """Write how far it came, with the batch that brought it there."""
    await executor.execute(
        """update catalog.imports set lines_done = %s, products = %s, variants = %s, rejected = %s,
             finished_at = case when %s then clock_timestamp() end where id = %s""",
        (
            progress.lines_done,
            progress.products,
            progress.variants,
            progress.rejected,
            progress.finished,
            progress.id,
        ),
    )


async def take_import_lock(unit: Unit) -> None:
    """Write alone among imports until the unit ends, so that two of them never make the same brand or product."""
    # A plan made while a table was small is kept as it grows by the batch: let no plan read whole tables.
    await unit.execute(
        "select set_config('enable_seqscan', 'off', true), pg_advisory_xact_lock(hashtext('catalog.import'))"
    )


async def has_products(executor: Executor) -> bool:
    """Whether there is any product."""
    row = await executor.fetch_one("select exists (select 1 from catalog.products)")
    return bool(row and row[0])


async def has_unfinished_import(executor: Executor, file_name: str) -> bool:
    """Whether an import of a file of this name is not at its end."""
    sql = "select exists (select 1 from catalog.imports where file_name = %s and finished_at is null)"
    row = await executor.fetch_one(sql, (file_name,))
    return bool(row and row[0])


def _array(values: Iterable[UUID | str | int | None]) -> str:
    """An array as PostgreSQL reads it, of ids, codes and numbers (nothing that needs quotes): several times faster than a list."""
    return "{" + ",".join("null" if value is None else str(value) for value in values) + "}"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
