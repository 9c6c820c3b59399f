"""Pages of products in an order: a keyset scan over an index per order and scope, then the cards of what was picked.

A category is its whole subtree: each category in it gives its first rows off its own index, and the best of them win.
"""

from typing import LiteralString
from uuid import UUID

import msgspec

from surehold.modules.catalog.model import BrandRef, CategoryRef, ProductCard, Sort
from surehold.platform.db import Executor, fetch_json

_PRODUCTS: LiteralString = "catalog.products p where p.state = 'published'"
_PRICES: LiteralString = "catalog.listed_prices p where p.currency = (select currency from asked)"

# What a row is sorted by, where it comes from, its id, and the type of its key.
_SOURCES: dict[Sort, tuple[LiteralString, LiteralString, LiteralString, LiteralString]] = {
    Sort.NEWEST: ("p.published_at", _PRODUCTS, "p.id", "timestamptz"),
    Sort.TITLE: ("p.title_key", _PRODUCTS, "p.id", "text"),
    Sort.PRICE: ("p.from_minor", _PRICES, "p.product_id", "bigint"),
}
_FIRST_KEYS: dict[Sort, str] = {Sort.NEWEST: "infinity", Sort.TITLE: "", Sort.PRICE: "-1"}
_FIRST_IDS = {Sort.NEWEST: UUID(int=(1 << 128) - 1), Sort.TITLE: UUID(int=0), Sort.PRICE: UUID(int=0)}


class Scope(msgspec.Struct, frozen=True):
    """What a listing is about; a category by path or id, a brand by slug or id."""

    category: str | None = None
    brand: str | None = None


class After(msgspec.Struct, frozen=True):
    """The last row of the page before."""

    key: str
    id: UUID


class PickedPage(msgspec.Struct, frozen=True):
    """The cards, the key of the last one if there are more, and what the listing is about (None if it is not there)."""

    items: list[ProductCard]
    currency: str
    category: CategoryRef | None
    breadcrumbs: list[CategoryRef]
    brand: BrandRef | None
    last_key: str | None
    more: bool


def _statement(sort: Sort, *, in_category: bool, of_brand: bool) -> LiteralString:
    key, source, row_id, key_type = _SOURCES[sort]
    direction: LiteralString = "desc" if sort is Sort.NEWEST else "asc"
    beyond: LiteralString = "<" if sort is Sort.NEWEST else ">"
    brand: LiteralString = "and p.brand_id = (select id from the_brand)" if of_brand else ""
    # A brand's own index is in order already; what is of another category is passed over.
    per_category = in_category and not of_brand
    category: LiteralString = "and p.category_id = c.id" if per_category else ""
    if in_category and of_brand:
        category = "and p.category_id in (select id from subtree)"
    rows: LiteralString = f"""
      select {row_id} as id, {key} as key from {source} {category} {brand}
        and ({key}, {row_id}) {beyond} (%(after_key)s::{key_type}, %(after_id)s::uuid)
      order by {key} {direction}, {row_id} {direction} limit %(limit)s + 1"""  # noqa: S608  made of the constants above
    picked: LiteralString = rows
    if per_category:
        picked = f"""
      select found.id, found.key from subtree c cross join lateral ({rows}) found
      order by found.key {direction}, found.id {direction} limit %(limit)s + 1"""  # noqa: S608  same
    return f"""
with asked as (
  select coalesce(%(currency)s::text, (select s.currency from catalog.shop_profile s)) as currency
), the_category as (
  select c.id, c.path, c.title, c.ancestor_ids from catalog.categories c
  where c.path = %(category)s or c.id = %(category_id)s
), subtree as (
  select t.id from the_category t
  union all
  select c.id from the_category t join catalog.categories c on c.path > t.path || '/' and c.path < t.path || '0'
), the_brand as (
  select b.id, b.slug, b.title from catalog.brands b where b.slug = %(brand)s or b.id = %(brand_id)s
), picked as materialized ({picked}
), gathered as (
  select coalesce(array_agg(id order by key {direction}, id {direction}), '{{}}') as ids,
    array_agg(key::text order by key {direction}, id {direction}) as keys from picked
)
select json_build_object(
  'items', catalog.cards(g.ids[1:%(limit)s], a.currency, %(price_list)s::uuid),
  'currency', a.currency,
  'category', (select json_build_object('id', id, 'path', path, 'title', title) from the_category),
  'breadcrumbs', catalog.breadcrumbs((select ancestor_ids from the_category)),
  'brand', (select json_build_object('id', id, 'slug', slug, 'title', title) from the_brand),
  'last_key', g.keys[%(limit)s], 'more', cardinality(g.ids) > %(limit)s)::text
from gathered g, asked a
"""  # noqa: S608  same


_STATEMENTS: dict[tuple[Sort, bool, bool], LiteralString] = {
    (sort, in_category, of_brand): _statement(sort, in_category=in_category, of_brand=of_brand)
    for sort in Sort
    for in_category in (False, True)
    for of_brand in (False, True)
}


def _as_id(key: str | None) -> UUID | None:
    try:
        return UUID(key) if key else None
    except ValueError:
        return None


async def pick_page(
    executor: Executor,
    scope: Scope,
    sort: Sort,
    after: After | None,
    limit: int,
    currency: str | None,
    price_list: UUID | None,
) -> PickedPage:
    """One page of a listing; `limit` is at least 1."""
    page = await fetch_json(
        executor,
        _STATEMENTS[sort, scope.category is not None, scope.brand is not None],
        {
            "category": scope.category,
            "category_id": _as_id(scope.category),
            "brand": scope.brand,
            "brand_id": _as_id(scope.brand),
            "after_key": after.key if after else _FIRST_KEYS[sort],
            "after_id": after.id if after else _FIRST_IDS[sort],
            "limit": limit,
            "currency": currency,
            "price_list": price_list,
        },
        PickedPage,
    )
    assert page is not None
    return page
