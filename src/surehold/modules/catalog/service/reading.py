"""What buyers read of the catalogue."""

from typing import Any
from uuid import UUID

import msgspec

from surehold.modules.catalog.errors import BrandNotFoundError, CategoryNotFoundError, ProductNotFoundError
from surehold.modules.catalog.model import (
    BrandRef,
    Category,
    Listing,
    ProductPage,
    ShopProfile,
    Sort,
    at_place,
    title_key_of,
)
from surehold.modules.catalog.store import reads
from surehold.modules.catalog.store.listing import After, PickedPage, Scope, pick_page
from surehold.platform.db import Database
from surehold.platform.http import CursorCodec


class ListingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a listing: its scope (a category by path or id with all below it, a brand by slug or id) and order."""

    category: str | None = None
    brand: str | None = None
    sort: Sort = Sort.NEWEST
    cursor: str | None = None
    limit: int = 24
    currency: str | None = None
    price_list: UUID | None = None


class ProductMoved(msgspec.Struct, frozen=True):
    """The product has another address now."""

    slug: str


MAX_ALTERNATIVES = 4


class CatalogService:
    """Answers for everybody: only what is published, each by one statement.

    `media_place`, where given, is the address that pictures are fetched from in place of ours; it ends in a slash.
    """

    def __init__(self, db: Database, *, media_place: str = "") -> None:
        self._db, self._place = db, media_place

    async def page(self, key: str, currency: str | None, price_list: UUID | None) -> ProductPage | ProductMoved:
        """A product by id or slug, with prices of a list (None: the base list) in a currency (None: the shop's)."""
        found = await reads.find_page(self._db, key, currency, price_list)
        if found is not None and found.moved_to is not None:
            return ProductMoved(found.moved_to)
        if found is None or found.product is None:
            raise ProductNotFoundError
        return at_place(found.product, self._place) if self._place else found.product

    async def listing(self, query: ListingQuery, cursors: CursorCodec) -> Listing:
        """One page of products. By price only those are listed that have one in the currency."""
        purpose = f"products:{query.sort}"
        after = cursors.decode(purpose, query.cursor, After)
        scope = Scope(category=query.category, brand=query.brand)
        page = await pick_page(self._db, scope, query.sort, after, query.limit, query.currency, query.price_list)
        if query.category is not None and page.category is None:
            raise CategoryNotFoundError
        if query.brand is not None and page.brand is None:
            raise BrandNotFoundError
        listing = Listing(
            items=page.items,
            category=page.category,
            breadcrumbs=page.breadcrumbs,
            brand=page.brand,
            currency=page.currency,
            next_cursor=_next_cursor(page, purpose, cursors),
        )
        return at_place(listing, self._place) if self._place else listing

    async def categories(self) -> list[Category]:
        """The whole tree, depth first."""
        return await reads.list_categories(self._db)

    async def brands(self, cursor: str | None, limit: int, cursors: CursorCodec) -> tuple[list[BrandRef], str | None]:
        """One page of brands by title, and the cursor of the next."""
        after = cursors.decode("brands", cursor, After)
        brands = await reads.list_brands(self._db, after, limit + 1)
        if len(brands) <= limit:
            return brands, None
        last = brands[limit - 1]
        return brands[:limit], cursors.encode("brands", After(title_key_of(last.title), last.id))

    async def alternatives(self, variant_id: UUID, currency: str) -> list[dict[str, Any]]:
        """Up to four cards of what is there instead of a variant that is short."""
        return await reads.list_alternatives(self._db, variant_id, currency, MAX_ALTERNATIVES)

    async def shop(self) -> ShopProfile:
        """Name, currencies and front page of the shop."""
        return await reads.get_shop(self._db)


def _next_cursor(page: PickedPage, purpose: str, cursors: CursorCodec) -> str | None:
    if not page.more or page.last_key is None:
        return None
    return cursors.encode(purpose, After(page.last_key, page.items[-1].id))
