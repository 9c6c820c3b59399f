"""What everybody may read. Each answer names what makes it old in `x-surehold-tags`, for the cache in front."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from surehold.modules.catalog.errors import (
    BrandNotFoundError,
    CategoryNotFoundError,
    ProductNotFoundError,
)
from surehold.modules.catalog.model import (
    CURRENCY_PATTERN,
    BrandRef,
    Category,
    Listing,
    ProductPage,
    ShopProfile,
    Sort,
)
from surehold.modules.catalog.service import CatalogService, ListingQuery, ProductMoved
from surehold.platform.http import PUBLIC, CursorCodec, Dep, Out, get, json_response

PAGE_DEFAULT, PAGE_MAX = 24, 100

Currency = Annotated[str | None, Meta(pattern=CURRENCY_PATTERN)]
Limit = Annotated[int, Meta(ge=1, le=PAGE_MAX)]
Cursor = Annotated[str | None, Meta(max_length=512)]


class CategoriesOut(Out, frozen=True, kw_only=True):
    """The tree, depth first."""

    items: list[Category]

    example: ClassVar[dict[str, Any] | None] = {
        "items": [
            {
                "id": "0193a1c0-0000-7000-8000-000000000003",
                "path": "kitchen",
                "title": "Kitchen",
                "description": "For cooks and for people who are fed by them.",
                "position": 1,
                "parent_id": None,
                "depth": 0,
                "product_count": 12,
                "version": 1,
            }
        ]
    }


class BrandsOut(Out, frozen=True, kw_only=True):
    """One page of brands, by title."""

    items: list[BrandRef]
    next_cursor: str | None

    example: ClassVar[dict[str, Any] | None] = {
        "items": [{"id": "0193a1c0-0000-7000-8000-000000000002", "slug": "fernhill", "title": "Fernhill"}],
        "next_cursor": None,
    }


def tagged(body: object, tags: Iterable[str], version: int | None = None) -> Response[bytes]:
    """A cacheable answer: what it was made from travels in a header that the edge takes off."""
    return json_response(body, version=version, x_surehold_tags=" ".join(tags))


@get(
    "/v1/products",
    policy=PUBLIC,
    summary="List products",
    returns=Listing,
    problems=(CategoryNotFoundError, BrandNotFoundError),
    tag="catalog",
)
async def list_products(
    catalog: Dep[CatalogService],
    cursors: Dep[CursorCodec],
    price_list: Dep[UUID | None],
    category: Annotated[str | None, Meta(min_length=1, max_length=500)] = None,
    brand: Annotated[str | None, Meta(min_length=1, max_length=120)] = None,
    sort: Sort = Sort.NEWEST,
    cursor: Cursor = None,
    limit: Limit = PAGE_DEFAULT,
    currency: Currency = None,
) -> Response[bytes]:
    """Published products, newest first unless asked otherwise; pages are linked by cursors.

    `category` is a path or an id and means all below it too; `brand` is a slug or an id. Without a `currency` prices are in the
    shop's. By price only those are listed that have one in the currency.
    """
    query = ListingQuery(
        category=category,
        brand=brand,
        sort=sort,
        cursor=cursor,
        limit=limit,
        currency=currency,
        price_list=price_list,
    )
    listing = await catalog.listing(query, cursors)
    return tagged(listing, listing.tags)


@get(
    "/v1/products/{id_or_slug:str}",
    policy=PUBLIC,
    summary="Read a product",
    returns=ProductPage,
    problems=(ProductNotFoundError,),
    also=(301,),
    tag="catalog",
)
async def get_product(
    catalog: Dep[CatalogService],
    price_list: Dep[UUID | None],
    id_or_slug: Annotated[str, Meta(max_length=120)],
    currency: Currency = None,
) -> Response[bytes]:
    """Everything about one product. An address that it had before answers 301 to the one it has now."""
    page = await catalog.page(id_or_slug, currency, price_list)
    if isinstance(page, ProductMoved):
        query = f"?currency={currency}" if currency else ""
        return Response(b"", status_code=301, headers={"location": f"/v1/products/{page.slug}{query}"})
    return tagged(page, page.tags)


@get("/v1/categories", policy=PUBLIC, summary="List all categories", returns=CategoriesOut, tag="catalog")
async def list_categories(catalog: Dep[CatalogService]) -> Response[bytes]:
    """The whole tree, depth first, with the number of published products in each subtree."""
    return tagged(CategoriesOut(items=await catalog.categories()), ("listing", "categories"))


@get("/v1/brands", policy=PUBLIC, summary="List brands", returns=BrandsOut, tag="catalog")
async def list_brands(
    catalog: Dep[CatalogService], cursors: Dep[CursorCodec], cursor: Cursor = None, limit: Limit = PAGE_DEFAULT
) -> Response[bytes]:
    """Brands by title."""
    brands, next_cursor = await catalog.brands(cursor, limit, cursors)
    return tagged(BrandsOut(items=brands, next_cursor=next_cursor), ("brands",))


@get("/v1/shop", policy=PUBLIC, summary="Read about the shop", returns=ShopProfile, tag="catalog")
async def get_shop(catalog: Dep[CatalogService]) -> Response[bytes]:
    """Its name, its currencies and the sections of its front page."""
    return tagged(await catalog.shop(), ("shop",))


HANDLERS: Sequence[HTTPRouteHandler] = (
    list_products,
    get_product,
    list_categories,
    list_brands,
    get_shop,
)
