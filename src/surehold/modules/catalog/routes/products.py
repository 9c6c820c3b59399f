"""Products and variants for staff."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from surehold.kernel.errors import InvalidInputError, StaleVersionError
from surehold.modules.catalog.errors import (
    NotPublishableError,
    OptionsTakenError,
    ProductNotFoundError,
    SkuTakenError,
    SlugTakenError,
    UnknownReferenceError,
    VariantNotFoundError,
)
from surehold.modules.catalog.model import ProductLine, ProductRecord, ProductState, VariantPrices
from surehold.modules.catalog.routes.bodies import PricesIn, ProductIn, ProductPatch, VariantIn, VariantPatch
from surehold.modules.catalog.routes.public import PAGE_DEFAULT, Cursor, Limit
from surehold.modules.catalog.service import CatalogDesk
from surehold.platform.http import (
    Actor,
    CursorCodec,
    Dep,
    IfMatch,
    Out,
    Role,
    delete,
    get,
    json_response,
    patch,
    post,
    put,
    staff,
)
from surehold.platform.http.etags import IfMatchMissingError

DESK = staff(Role.CATALOGUE)
EDIT_PROBLEMS = (
    InvalidInputError,
    NotPublishableError,
    UnknownReferenceError,
    StaleVersionError,
    IfMatchMissingError,
)


class ProductLinesOut(Out, frozen=True, kw_only=True):
    """One page of products, by title."""

    items: list[ProductLine]
    next_cursor: str | None

    example: ClassVar[dict[str, Any] | None] = {"items": [], "next_cursor": None}


def _answer(record: ProductRecord, status: int = 200) -> Response[bytes]:
    return json_response(record, status=status, version=record.version)


@get("/v1/admin/products", policy=DESK, summary="List products for staff", returns=ProductLinesOut, tag="catalog")
async def admin_list_products(
    catalog_desk: Dep[CatalogDesk],
    cursors: Dep[CursorCodec],
    q: Annotated[str | None, msgspec.Meta(min_length=1, max_length=120)] = None,
    in_state: Annotated[ProductState | None, QueryParameter(name="state")] = None,
    cursor: Cursor = None,
    limit: Limit = PAGE_DEFAULT,
) -> Response[bytes]:
    """All products by title, drafts and archived ones too; `q` is the start of a title, or a slug, SKU or barcode in full."""
    lines, next_cursor = await catalog_desk.lines(q, in_state, cursor, limit, cursors)
    return json_response(ProductLinesOut(items=lines, next_cursor=next_cursor))


@get(
    "/v1/admin/products/{product_id:uuid}",
    policy=DESK,
    summary="Read a product for staff",
    returns=ProductRecord,
    problems=(ProductNotFoundError,),
    tag="catalog",
)
async def admin_get_product(catalog_desk: Dep[CatalogDesk], product_id: UUID) -> Response[bytes]:
    """Everything that can be edited of a product; its ETag is what an edit sends back."""
    return _answer(await catalog_desk.record(product_id))


@post(
    "/v1/admin/products",
    policy=DESK,
    summary="Add a product",
    returns=ProductRecord,
    status=201,
    problems=(SlugTakenError, SkuTakenError, OptionsTakenError, *EDIT_PROBLEMS[:3]),
    tag="catalog",
)
async def admin_add_product(catalog_desk: Dep[CatalogDesk], actor: Dep[Actor], data: ProductIn) -> Response[bytes]:
    """Add a product with its variants and their base prices, as a draft unless it says otherwise."""
    product = msgspec.to_builtins(data)
    variants = product.pop("variants")
    return _answer(await catalog_desk.create(actor, product, variants), 201)


@patch(
    "/v1/admin/products/{product_id:uuid}",
    policy=DESK,
    summary="Change a product",
    returns=ProductRecord,
    problems=(ProductNotFoundError, SlugTakenError, *EDIT_PROBLEMS),
    tag="catalog",
    if_match=True,
)
async def admin_change_product(
    catalog_desk: Dep[CatalogDesk], actor: Dep[Actor], product_id: UUID, data: ProductPatch, if_match: IfMatch = None
) -> Response[bytes]:
    """Set the members that are given; `state` publishes, unpublishes or archives."""
    return _answer(await catalog_desk.change(actor, product_id, if_match, msgspec.to_builtins(data)))


@post(
    "/v1/admin/products/{product_id:uuid}/variants",
    policy=DESK,
    summary="Add a variant",
    returns=ProductRecord,
    status=201,
    problems=(ProductNotFoundError, SkuTakenError, OptionsTakenError, *EDIT_PROBLEMS),
    tag="catalog",
    if_match=True,
)
async def admin_add_variant(
    catalog_desk: Dep[CatalogDesk], actor: Dep[Actor], product_id: UUID, data: VariantIn, if_match: IfMatch = None
) -> Response[bytes]:
    """Add a variant with its base prices to a product."""
    return _answer(await catalog_desk.add_variant(actor, product_id, if_match, msgspec.to_builtins(data)), 201)


@patch(
    "/v1/admin/variants/{variant_id:uuid}",
    policy=DESK,
    summary="Change a variant",
    returns=ProductRecord,
    problems=(VariantNotFoundError, SkuTakenError, OptionsTakenError, *EDIT_PROBLEMS),
    tag="catalog",
    if_match=True,
)
async def admin_change_variant(
    catalog_desk: Dep[CatalogDesk], actor: Dep[Actor], variant_id: UUID, data: VariantPatch, if_match: IfMatch = None
) -> Response[bytes]:
    """Set the members that are given. The ETag is that of the product."""
    changes = msgspec.to_builtins(data)
    if "retired" in changes:
        changes["retired_at"] = "now" if changes.pop("retired") else None
    return _answer(await catalog_desk.change_variant(actor, variant_id, if_match, changes))


@delete(
    "/v1/admin/variants/{variant_id:uuid}",
    policy=DESK,
    summary="Retire a variant",
    returns=ProductRecord,
    problems=(VariantNotFoundError, *EDIT_PROBLEMS),
    tag="catalog",
    if_match=True,
)
async def admin_retire_variant(
    catalog_desk: Dep[CatalogDesk], actor: Dep[Actor], variant_id: UUID, if_match: IfMatch = None
) -> Response[bytes]:
    """Sell it no more; orders that name it go on knowing it."""
    return _answer(await catalog_desk.retire_variant(actor, variant_id, if_match))


@get(
    "/v1/admin/variants/{variant_id:uuid}/prices",
    policy=DESK,
    summary="Read a variant's prices",
    returns=VariantPrices,
    problems=(VariantNotFoundError,),
    tag="catalog",
)
async def admin_get_prices(catalog_desk: Dep[CatalogDesk], variant_id: UUID) -> Response[bytes]:
    """Base prices by currency; their ETag (`price_version` of the variant in its product) is what setting them sends back."""
    found = await catalog_desk.prices(variant_id)
    return json_response(found, version=found.version)


@put(
    "/v1/admin/variants/{variant_id:uuid}/prices",
    policy=DESK,
    summary="Set a variant's prices",
    returns=VariantPrices,
    problems=(VariantNotFoundError, InvalidInputError, NotPublishableError, StaleVersionError, IfMatchMissingError),
    tag="catalog",
    if_match=True,
)
async def admin_set_prices(
    catalog_desk: Dep[CatalogDesk], actor: Dep[Actor], variant_id: UUID, data: PricesIn, if_match: IfMatch = None
) -> Response[bytes]:
    """Set base prices by currency; those of currencies that are not named stay."""
    amounts = {price.currency: price.amount for price in data.prices}
    changed = await catalog_desk.set_prices(actor, variant_id, if_match, amounts)
    return json_response(changed, version=changed.version)


HANDLERS: Sequence[HTTPRouteHandler] = (
    admin_list_products,
    admin_get_product,
    admin_add_product,
    admin_change_product,
    admin_add_variant,
    admin_change_variant,
    admin_retire_variant,
    admin_get_prices,
    admin_set_prices,
)
