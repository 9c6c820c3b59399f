"""What staff's edits read and write, within a unit of work."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from surehold.kernel.errors import ShopError
from surehold.modules.catalog.errors import (
    BrandInUseError,
    CategoryInUseError,
    CategoryMisplacedError,
    OptionsTakenError,
    ProductNotFoundError,
    SkuTakenError,
    SlugTakenError,
    UnknownReferenceError,
    VariantNotFoundError,
)
from surehold.modules.catalog.model import ProductLine, ProductRecord, title_key_of
from surehold.platform.db import Executor, fetch_json, translate
from surehold.platform.http import Actor

_CONSTRAINTS: Mapping[str, type[ShopError]] = {
    "products_slug_unique": SlugTakenError,
    "brands_slug_unique": SlugTakenError,
    "categories_path_unique": SlugTakenError,
    "variants_sku_unique": SkuTakenError,
    "variants_options_unique": OptionsTakenError,
    "products_brand_known": UnknownReferenceError,
    "products_category_known": UnknownReferenceError,
}
_REFUSALS: Mapping[str, type[ShopError]] = {
    "CATEGORY_NOT_FOUND": UnknownReferenceError,
    "CATEGORY_MISPLACED": CategoryMisplacedError,
}
_IN_USE: Mapping[str, type[ShopError]] = {
    "products_brand_known": BrandInUseError,
    "products_category_known": CategoryInUseError,
}

_LINES = """
select coalesce(json_agg(json_build_object('id', p.id, 'version', p.version, 'state', p.state, 'slug', p.slug,
  'title', p.title, 'picture', p.pictures -> 0 ->> 'file', 'updated_at', p.updated_at,
  'skus', array(select v.sku from catalog.variants v where v.product_id = p.id and v.live order by v.position, v.id limit 20)
  ) order by p.title_key, p.id), '[]')::text
from (
  select * from catalog.products
  where (title_key, id) > (%(after_key)s::text, %(after_id)s::uuid)
    and (%(state)s::text is null or state = %(state)s)
  order by title_key, id limit %(limit)s) p
"""
_FOUND_LINES = """
with found as (
  select id from catalog.products where slug = %(words)s
  union
  select product_id from catalog.variants where sku = %(words)s or barcode = %(words)s
  union
  (select id from catalog.products
   where title_key >= %(title_key)s::text and title_key < %(title_key)s::text || chr(1114111)
     and (title_key, id) > (%(after_key)s::text, %(after_id)s::uuid)
   order by title_key, id limit %(limit)s)
)
select coalesce(json_agg(json_build_object('id', p.id, 'version', p.version, 'state', p.state, 'slug', p.slug,
  'title', p.title, 'picture', p.pictures -> 0 ->> 'file', 'updated_at', p.updated_at,
  'skus', array(select v.sku from catalog.variants v where v.product_id = p.id and v.live order by v.position, v.id limit 20)
  ) order by p.title_key, p.id), '[]')::text
from (
  select q.* from found join catalog.products q on q.id = found.id
  where (q.title_key, q.id) > (%(after_key)s::text, %(after_id)s::uuid)
    and (%(state)s::text is null or q.state = %(state)s)
  order by q.title_key, q.id limit %(limit)s) p
"""


@contextmanager
def conflicts(constraints: Mapping[str, type[ShopError]] = _CONSTRAINTS) -> Generator[None]:
    """Turn broken constraints and refusals into the catalogue's errors."""
    try:
        with translate(_REFUSALS):
            yield
    except psycopg.IntegrityError as error:
        error_type = constraints.get(error.diag.constraint_name or "")
        if error_type is None:
            raise
        raise error_type from error


@contextmanager
def in_use() -> Generator[None]:
    """Turn "something still points to it" into the catalogue's errors."""
    with conflicts(_IN_USE):
        yield


async def find_record(executor: Executor, product_id: UUID) -> ProductRecord | None:
    """A product as staff edits it, or None."""
    return await fetch_json(executor, "select catalog.product_record(%s)::text", (product_id,), ProductRecord)


async def lock_record(executor: Executor, product_id: UUID) -> ProductRecord:
    """A product, locked until the unit ends; ProductNotFoundError without it."""
    await executor.execute("select 1 from catalog.products where id = %s for update", (product_id,))
    record = await find_record(executor, product_id)
    if record is None:
        raise ProductNotFoundError
    return record


async def get_product_of(executor: Executor, variant_id: UUID) -> UUID:
    """The product that a variant belongs to (for ever); VariantNotFoundError without the variant."""
    row = await executor.fetch_one("select product_id from catalog.variants where id = %s", (variant_id,))
    if row is None:
        raise VariantNotFoundError
    return row[0]


async def list_lines(
    executor: Executor, words: str | None, state: str | None, after: tuple[str, UUID], limit: int
) -> list[ProductLine]:
    """Products by title: all, or those whose title begins with the words or that have them as slug, SKU or barcode."""
    params = {"state": state, "after_key": after[0], "after_id": after[1], "limit": limit}
    if words is None:
        return await fetch_json(executor, _LINES, params, list[ProductLine]) or []
    params |= {"words": words, "title_key": title_key_of(words)}
    return await fetch_json(executor, _FOUND_LINES, params, list[ProductLine]) or []


async def write_products(
    executor: Executor, products: Sequence[Mapping[str, Any]], variants: Sequence[Mapping[str, Any]]
) -> list[UUID]:
    """Write the given members of products and variants; the ids of the products that changed."""
    documents = (msgspec.json.encode(products).decode(), msgspec.json.encode(variants).decode())
    with conflicts():
        row = await executor.fetch_one("select catalog.write_products(%s::jsonb, %s::jsonb)", documents)
    assert row is not None
    return row[0]


async def announce(executor: Executor, products: Sequence[UUID]) -> None:
    """Tell what changed of products, once, at the end of a change."""
    await executor.execute("select catalog.announce(%s::uuid[])", (list(products),))


async def refresh_listed_prices(executor: Executor, variants: Sequence[UUID]) -> None:
    """Bring the sort keys of listings by price to the base prices of now, for the products of these variants."""
    await executor.execute(
        """select catalog.refresh_listed_prices(array(
             select distinct v.product_id from catalog.variants v where v.id = any (%s::uuid[])))""",
        (list(variants),),
    )


async def record_audit(
    executor: Executor, actor: Actor, action: str, subject: tuple[str, UUID], facts: Mapping[str, object]
) -> None:
    """Write down who did what, with the change."""
    await executor.execute(
        "select audit.record(%s, %s, %s, %s, %s::jsonb, %s)",
        (actor.key, action, *subject, msgspec.json.encode(facts).decode(), actor.request_id),
    )
