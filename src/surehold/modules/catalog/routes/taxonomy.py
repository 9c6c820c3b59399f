"""Categories, brands and the shop's face for staff."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from surehold.kernel.errors import InvalidInputError, StaleVersionError
from surehold.modules.catalog.errors import (
    BrandInUseError,
    BrandNotFoundError,
    CategoryInUseError,
    CategoryMisplacedError,
    CategoryNotFoundError,
    SlugTakenError,
    UnknownReferenceError,
)
from surehold.modules.catalog.model import BrandRecord, CategoryRecord, ShopProfile
from surehold.modules.catalog.routes.bodies import BrandIn, BrandPatch, CategoryIn, CategoryPatch, ShopIn
from surehold.modules.catalog.routes.products import DESK
from surehold.modules.catalog.service import CatalogTaxonomy
from surehold.platform.http import Actor, Dep, IfMatch, delete, get, json_response, patch, post, put
from surehold.platform.http.etags import IfMatchMissingError

VERSIONED = (StaleVersionError, IfMatchMissingError)
Tree = Dep[CatalogTaxonomy]


def _answer(record: BrandRecord | CategoryRecord | ShopProfile, status: int = 200) -> Response[bytes]:
    return json_response(record, status=status, version=record.version)


@get(
    "/v1/admin/categories/{category_id:uuid}",
    policy=DESK,
    summary="Read a category for staff",
    returns=CategoryRecord,
    problems=(CategoryNotFoundError,),
    tag="catalog",
)
async def admin_get_category(catalog_taxonomy: Tree, category_id: UUID) -> Response[bytes]:
    """A category with the ETag that an edit sends back."""
    return _answer(await catalog_taxonomy.category(category_id))


@post(
    "/v1/admin/categories",
    policy=DESK,
    summary="Add a category",
    returns=CategoryRecord,
    status=201,
    problems=(SlugTakenError, UnknownReferenceError, CategoryMisplacedError, InvalidInputError),
    tag="catalog",
)
async def admin_add_category(catalog_taxonomy: Tree, actor: Dep[Actor], data: CategoryIn) -> Response[bytes]:
    """Add a category at the top or below another one."""
    facts = {"title": data.title, "description": data.description, "position": data.position}
    return _answer(await catalog_taxonomy.add_category(actor, data.segment, data.parent_id, facts), 201)


@patch(
    "/v1/admin/categories/{category_id:uuid}",
    policy=DESK,
    summary="Change or move a category",
    returns=CategoryRecord,
    problems=(CategoryNotFoundError, SlugTakenError, UnknownReferenceError, CategoryMisplacedError, *VERSIONED),
    tag="catalog",
    if_match=True,
)
async def admin_change_category(
    catalog_taxonomy: Tree, actor: Dep[Actor], category_id: UUID, data: CategoryPatch, if_match: IfMatch = None
) -> Response[bytes]:
    """Set the members that are given; a moved category takes all below it along."""
    changes = {name: getattr(data, name) for name in msgspec.to_builtins(data)}
    return _answer(await catalog_taxonomy.change_category(actor, category_id, if_match, changes))


@delete(
    "/v1/admin/categories/{category_id:uuid}",
    policy=DESK,
    summary="Remove a category",
    status=204,
    problems=(CategoryNotFoundError, CategoryInUseError, *VERSIONED),
    tag="catalog",
    if_match=True,
)
async def admin_remove_category(
    catalog_taxonomy: Tree, actor: Dep[Actor], category_id: UUID, if_match: IfMatch = None
) -> None:
    """Remove a category with nothing in it or below it."""
    await catalog_taxonomy.remove_category(actor, category_id, if_match)


@get(
    "/v1/admin/brands/{brand_id:uuid}",
    policy=DESK,
    summary="Read a brand for staff",
    returns=BrandRecord,
    problems=(BrandNotFoundError,),
    tag="catalog",
)
async def admin_get_brand(catalog_taxonomy: Tree, brand_id: UUID) -> Response[bytes]:
    """A brand with the ETag that an edit sends back."""
    return _answer(await catalog_taxonomy.brand(brand_id))


@post(
    "/v1/admin/brands",
    policy=DESK,
    summary="Add a brand",
    returns=BrandRecord,
    status=201,
    problems=(SlugTakenError,),
    tag="catalog",
)
async def admin_add_brand(catalog_taxonomy: Tree, actor: Dep[Actor], data: BrandIn) -> Response[bytes]:
    """Add a brand."""
    return _answer(await catalog_taxonomy.add_brand(actor, data.slug, data.title), 201)


@patch(
    "/v1/admin/brands/{brand_id:uuid}",
    policy=DESK,
    summary="Change a brand",
    returns=BrandRecord,
    problems=(BrandNotFoundError, SlugTakenError, *VERSIONED),
    tag="catalog",
    if_match=True,
)
async def admin_change_brand(
    catalog_taxonomy: Tree, actor: Dep[Actor], brand_id: UUID, data: BrandPatch, if_match: IfMatch = None
) -> Response[bytes]:
    """Set the members that are given."""
    return _answer(await catalog_taxonomy.change_brand(actor, brand_id, if_match, msgspec.to_builtins(data)))


@delete(
    "/v1/admin/brands/{brand_id:uuid}",
    policy=DESK,
    summary="Remove a brand",
    status=204,
    problems=(BrandNotFoundError, BrandInUseError, *VERSIONED),
    tag="catalog",
    if_match=True,
)
async def admin_remove_brand(
    catalog_taxonomy: Tree, actor: Dep[Actor], brand_id: UUID, if_match: IfMatch = None
) -> None:
    """Remove a brand that no product carries."""
    await catalog_taxonomy.remove_brand(actor, brand_id, if_match)


@put(
    "/v1/admin/shop",
    policy=DESK,
    summary="Change the shop's face",
    returns=ShopProfile,
    problems=(InvalidInputError, *VERSIONED),
    tag="catalog",
    if_match=True,
)
async def admin_change_shop(
    catalog_taxonomy: Tree, actor: Dep[Actor], data: ShopIn, if_match: IfMatch = None
) -> Response[bytes]:
    """Name, currencies and front page of the shop, whole. Its version is in `GET /v1/shop`."""
    profile = msgspec.convert(msgspec.to_builtins(data), ShopProfile)
    return _answer(await catalog_taxonomy.change_shop(actor, profile, if_match))


HANDLERS: Sequence[HTTPRouteHandler] = (
    admin_get_category,
    admin_add_category,
    admin_change_category,
    admin_remove_category,
    admin_get_brand,
    admin_add_brand,
    admin_change_brand,
    admin_remove_brand,
    admin_change_shop,
)
