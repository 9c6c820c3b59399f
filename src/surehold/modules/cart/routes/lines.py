"""Reading a cart and changing its lines."""

from typing import Any
from uuid import UUID

from litestar import Response

from surehold.modules.cart.errors import (
    CartNotFoundError,
    HoldLimitError,
    InsufficientInventoryError,
    LineLimitError,
    LineNotFoundError,
    QuantityLimitError,
    ReservationExpiredError,
    VariantNotFoundError,
)
from surehold.modules.cart.routes.shapes import (
    AddLinesIn,
    CartChangeOut,
    CartOut,
    SetQuantityIn,
    cart_out,
    change_out,
)
from surehold.modules.cart.service import CartService
from surehold.platform.http import SHOPPER, Actor, Cookies, Dep, delete, get, json_response, post, put

_STOCK = (
    InsufficientInventoryError,
    ReservationExpiredError,
    HoldLimitError,
    QuantityLimitError,
    LineLimitError,
    VariantNotFoundError,
)


@get("/v1/cart", policy=SHOPPER, summary="Read your cart", returns=CartOut, problems=(CartNotFoundError,), tag="cart")
async def read_cart(actor: Dep[Actor], cart: Dep[CartService]) -> Response[Any]:
    """The cart of the session's account, or of the guest token. Reading renews no hold."""
    found, is_copy = await cart.read(actor)
    out = cart_out(found, cart.settings.hold_on, confirmed=not is_copy)
    if is_copy:
        return json_response(out, x_surehold_stale="1", cache_control="no-store")
    return json_response(out, version=found.version, cache_control="no-store")


@delete(
    "/v1/cart",
    policy=SHOPPER,
    summary="Empty your cart",
    returns=CartChangeOut,
    problems=(CartNotFoundError,),
    tag="cart",
)
async def clear_cart(actor: Dep[Actor], cart: Dep[CartService]) -> Response[Any]:
    """Removes all lines and gives their holds back at once."""
    written = await cart.remove(actor, None)
    return json_response(change_out(written), version=written.version)


@post("/v1/cart/lines", policy=SHOPPER, summary="Add to your cart", returns=CartChangeOut, problems=_STOCK, tag="cart")
async def add_cart_lines(
    data: AddLinesIn, actor: Dep[Actor], cart: Dep[CartService], jar: Dep[Cookies]
) -> Response[Any]:
    """Adds units and holds them. Makes the cart, and a guest's token, if there is none."""
    written, guest = await cart.add(actor, data.pairs(), data.currency)
    out = change_out(written)
    return json_response(out, version=written.version, cookies=[jar.guest(guest.token)] if guest else ())


@put(
    "/v1/cart/lines/{variant_id:uuid}",
    policy=SHOPPER,
    summary="Set the quantity of a line",
    returns=CartChangeOut,
    problems=(*_STOCK, LineNotFoundError, CartNotFoundError),
    tag="cart",
)
async def set_cart_line(
    variant_id: UUID, data: SetQuantityIn, actor: Dep[Actor], cart: Dep[CartService]
) -> Response[Any]:
    """Sets a line to a quantity and takes its hold again if that ran out. Repeating it changes nothing."""
    written = await cart.set_quantity(actor, variant_id, data.quantity)
    return json_response(change_out(written), version=written.version)


@delete(
    "/v1/cart/lines/{variant_id:uuid}",
    policy=SHOPPER,
    summary="Remove a line",
    returns=CartChangeOut,
    problems=(CartNotFoundError,),
    tag="cart",
)
async def remove_cart_line(variant_id: UUID, actor: Dep[Actor], cart: Dep[CartService]) -> Response[Any]:
    """Removes a line and gives its hold back at once; removing what is gone already is no error."""
    written = await cart.remove(actor, [variant_id])
    return json_response(change_out(written), version=written.version)
