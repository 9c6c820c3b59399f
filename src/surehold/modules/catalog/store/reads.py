"""What buyers read, one statement each; PostgreSQL builds the JSON."""

from typing import Any
from uuid import UUID

import msgspec

from surehold.modules.catalog.model import MAX_CATEGORIES, BrandRef, Category, ProductPage, ShopProfile
from surehold.modules.catalog.store.listing import After
from surehold.platform.db import Executor, fetch_json

_PRODUCT = """
select catalog.product_page(%(by_id)s::uuid, %(by_slug)s::text, %(currency)s::text, %(price_list)s::uuid)::text
"""
_CATEGORIES = "select catalog.category_tree(%s::integer)::text"
_BRANDS = """
select coalesce(json_agg(json_build_object('id', b.id, 'slug', b.slug, 'title', b.title) order by b.title_key, b.id), '[]')::text
from (
  select * from catalog.brands where (title_key, id) > (%s::text, %s::uuid) order by title_key, id limit %s) b
"""
_SHOP = """
select json_build_object('name', s.name, 'tagline', s.tagline, 'country', s.country, 'currency', s.currency,
  'currencies', s.currencies, 'sections', s.sections, 'version', s.version)::text
from catalog.shop_profile s
"""


class FoundPage(msgspec.Struct, frozen=True):
    """The page, or the address it moved to."""

    product: ProductPage | None = None
    moved_to: str | None = None


def _as_id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


async def find_page(executor: Executor, key: str, currency: str | None, price_list: UUID | None) -> FoundPage | None:
    """The page of a published product by id or slug, or where it moved to, or None."""
    by_id = _as_id(key)
    params = {"by_id": by_id, "by_slug": None if by_id else key, "currency": currency, "price_list": price_list}
    return await fetch_json(executor, _PRODUCT, params, FoundPage)


async def list_categories(executor: Executor) -> list[Category]:
    """The tree, depth first."""
    return await fetch_json(executor, _CATEGORIES, (MAX_CATEGORIES,), list[Category]) or []


async def list_brands(executor: Executor, after: After | None, limit: int) -> list[BrandRef]:
    """Brands by title, beyond the last one of the page before."""
    key = (after.key, after.id) if after else ("", UUID(int=0))
    return await fetch_json(executor, _BRANDS, (*key, limit), list[BrandRef]) or []


async def get_shop(executor: Executor) -> ShopProfile:
    """The face of the shop; there is always one."""
    profile = await fetch_json(executor, _SHOP, (), ShopProfile)
    assert profile is not None
    return profile


async def list_alternatives(executor: Executor, variant_id: UUID, currency: str, limit: int) -> list[dict[str, Any]]:
    """Cards of what is there instead of a variant that is short."""
    found = await fetch_json(
        executor, "select catalog.alternatives(%s, %s, %s)::text", (variant_id, currency, limit), list[dict[str, Any]]
    )
    return found or []
