"""Staff: price lists and the prices in them."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from surehold.kernel.errors import StaleVersionError
from surehold.modules.pricing.errors import AlreadyExistsError, PriceListNotFoundError
from surehold.modules.pricing.model import ListPrice, PriceList, PriceWish
from surehold.modules.pricing.routes.shared import EXAMPLE_ID, Amount, Code, CodePath, Currency, Limit, Title
from surehold.modules.pricing.service import PricingService
from surehold.platform.http import (
    Actor,
    CursorCodec,
    CursorText,
    Dep,
    IfMatch,
    In,
    Out,
    Role,
    get,
    json_response,
    patch,
    post,
    put,
    staff,
)
from surehold.platform.http.etags import IfMatchMissingError

MAX_PRICES = 500
_STAFF = staff(Role.CATALOGUE)
_EDIT_PROBLEMS = (PriceListNotFoundError, StaleVersionError, IfMatchMissingError)


class PriceListIn(In, frozen=True, kw_only=True):
    """A new list; what it has no price for is sold at the base list's price."""

    example: ClassVar[dict[str, Any] | None] = {"code": "trade", "title": "Trade prices"}

    code: Code
    title: Title


class PriceListTitleIn(In, frozen=True, kw_only=True):
    """A list's title."""

    example: ClassVar[dict[str, Any] | None] = {"title": "Trade prices"}

    title: Title


class PriceListsOut(Out, frozen=True, kw_only=True):
    """All price lists."""

    example: ClassVar[dict[str, Any] | None] = {
        "price_lists": [{"id": EXAMPLE_ID, "code": "trade", "title": "Trade prices", "version": 1}]
    }

    price_lists: list[PriceList]


class PriceIn(In, frozen=True, kw_only=True):
    """What a price shall be, in minor units; null removes it from the list."""

    variant_id: UUID
    currency: Currency
    amount: Amount | None


class PricesIn(In, frozen=True, kw_only=True):
    """Prices to set; all of them or none."""

    example: ClassVar[dict[str, Any] | None] = {
        "prices": [{"variant_id": EXAMPLE_ID, "currency": "USD", "amount": 1900}]
    }

    prices: Annotated[list[PriceIn], msgspec.Meta(min_length=1, max_length=MAX_PRICES)]


class PricesOut(Out, frozen=True, kw_only=True):
    """A page of a list's own prices."""

    example: ClassVar[dict[str, Any] | None] = {
        "prices": [
            {"variant_id": EXAMPLE_ID, "currency": "USD", "amount_minor": 1900, "changed_at": "2026-11-20T09:30:00Z"}
        ],
        "next_cursor": None,
    }

    prices: list[ListPrice]
    next_cursor: str | None = None


@get("/v1/admin/price-lists", policy=_STAFF, summary="All price lists", returns=PriceListsOut, tag="pricing")
async def list_price_lists(pricing: Dep[PricingService]) -> Response[Any]:
    """Price lists by code; `base` is what guests pay."""
    return json_response(PriceListsOut(price_lists=await pricing.price_lists()))


@post("/v1/admin/price-lists", policy=_STAFF, summary="Add a price list", returns=PriceList, status=201,
      problems=(AlreadyExistsError,), tag="pricing")  # fmt: skip
async def create_price_list(data: PriceListIn, actor: Dep[Actor], pricing: Dep[PricingService]) -> Response[Any]:
    """Its code is for good."""
    made = await pricing.create_price_list(actor, data.code, data.title)
    return json_response(made, status=201, version=made.version)


@get("/v1/admin/price-lists/{code:str}", policy=_STAFF, summary="A price list", returns=PriceList,
     problems=(PriceListNotFoundError,), tag="pricing")  # fmt: skip
async def get_price_list(code: CodePath, pricing: Dep[PricingService]) -> Response[Any]:
    """Its ETag is what changing it or its prices asks for."""
    found = await pricing.price_list(code)
    return json_response(found, version=found.version)


@patch("/v1/admin/price-lists/{code:str}", policy=_STAFF, summary="Rename a price list", returns=PriceList,
       problems=_EDIT_PROBLEMS, if_match=True, tag="pricing")  # fmt: skip
async def rename_price_list(
    code: CodePath,
    data: PriceListTitleIn,
    actor: Dep[Actor],
    pricing: Dep[PricingService],
    if_match: IfMatch = None,
) -> Response[Any]:
    """The code stays what it was."""
    changed = await pricing.rename_price_list(actor, code, data.title, if_match)
    return json_response(changed, version=changed.version)


@get("/v1/admin/price-lists/{code:str}/prices", policy=_STAFF, summary="Prices of a list", returns=PricesOut,
     problems=(PriceListNotFoundError,), tag="pricing")  # fmt: skip
async def list_prices(
    code: CodePath,
    pricing: Dep[PricingService],
    cursors: Dep[CursorCodec],
    cursor: CursorText = None,
    limit: Limit = 50,
) -> Response[Any]:
    """The list's own prices by variant and currency, without those it takes from the base list."""
    rows = await pricing.list_prices(code, cursors.decode(f"prices:{code}", cursor, tuple[UUID, str]), limit)
    last = (rows[-1].variant_id, rows[-1].currency) if len(rows) == limit else None
    following = cursors.encode(f"prices:{code}", last) if last else None
    return json_response(PricesOut(prices=rows, next_cursor=following))


@put("/v1/admin/price-lists/{code:str}/prices", policy=_STAFF, summary="Set prices of a list", returns=PriceList,
     problems=_EDIT_PROBLEMS, if_match=True, tag="pricing")  # fmt: skip
async def set_prices(
    code: CodePath,
    data: PricesIn,
    actor: Dep[Actor],
    pricing: Dep[PricingService],
    if_match: IfMatch = None,
) -> Response[Any]:
    """Sets all of them or none; prices that are not named stay."""
    wishes = [PriceWish(variant_id=p.variant_id, currency=p.currency, amount_minor=p.amount) for p in data.prices]
    changed = await pricing.set_list_prices(actor, code, wishes, if_match)
    return json_response(changed, version=changed.version)


HANDLERS: Sequence[HTTPRouteHandler] = (
    list_price_lists,
    create_price_list,
    get_price_list,
    rename_price_list,
    list_prices,
    set_prices,
)
