"""Saving for later and sharing."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.params import Parameter

from surehold.kernel.money import Money
from surehold.modules.cart.errors import (
    CartNotFoundError,
    HoldLimitError,
    InsufficientInventoryError,
    LineLimitError,
    LineNotFoundError,
    QuantityLimitError,
    VariantNotFoundError,
)
from surehold.modules.cart.routes.shapes import CartChangeOut, SharedCartOut, ShareOut, change_out, line_out
from surehold.modules.cart.service import CartService
from surehold.platform.http import PUBLIC, SHOPPER, Actor, Dep, delete, get, json_response, post


@post(
    "/v1/cart/lines/{variant_id:uuid}/save",
    policy=SHOPPER,
    summary="Save a line for later",
    returns=CartChangeOut,
    problems=(LineNotFoundError,),
    tag="cart",
)
async def save_cart_line(variant_id: UUID, actor: Dep[Actor], cart: Dep[CartService]) -> Response[Any]:
    """Takes the line out of the cart, gives its hold back, and keeps it in the saved list."""
    written = await cart.save_for_later(actor, variant_id)
    return json_response(change_out(written), version=written.version)


@post(
    "/v1/cart/saved/{variant_id:uuid}/restore",
    policy=SHOPPER,
    summary="Put a saved line back into the cart",
    returns=CartChangeOut,
    problems=(
        LineNotFoundError,
        InsufficientInventoryError,
        HoldLimitError,
        QuantityLimitError,
        LineLimitError,
        VariantNotFoundError,
    ),
    tag="cart",
)
async def restore_saved_line(variant_id: UUID, actor: Dep[Actor], cart: Dep[CartService]) -> Response[Any]:
    """Checked like a fresh add: what is not there any more stays saved."""
    written = await cart.restore(actor, variant_id)
    return json_response(change_out(written), version=written.version)


@delete("/v1/cart/saved/{variant_id:uuid}", policy=SHOPPER, summary="Forget a saved line", status=204, tag="cart")
async def forget_saved_line(variant_id: UUID, actor: Dep[Actor], cart: Dep[CartService]) -> None:
    """Forgetting what is gone already is no error."""
    await cart.forget_saved(actor, variant_id)


@post(
    "/v1/cart/share",
    policy=SHOPPER,
    summary="Share your cart",
    returns=ShareOut,
    problems=(CartNotFoundError,),
    tag="cart",
)
async def share_cart(actor: Dep[Actor], cart: Dep[CartService]) -> Response[Any]:
    """A new link that shows the lines, and nothing about you; an earlier link ends."""
    token = await cart.share(actor)
    return json_response(ShareOut(token=token, path=f"/v1/shared-carts/{token}"), cache_control="no-store")


@delete(
    "/v1/cart/share",
    policy=SHOPPER,
    summary="Stop sharing your cart",
    status=204,
    problems=(CartNotFoundError,),
    tag="cart",
)
async def unshare_cart(actor: Dep[Actor], cart: Dep[CartService]) -> None:
    """The link shows nothing any more."""
    await cart.unshare(actor)


@get(
    "/v1/shared-carts/{token:str}",
    policy=PUBLIC,
    summary="Look into a shared cart",
    returns=SharedCartOut,
    problems=(CartNotFoundError,),
    tag="cart",
)
async def read_shared_cart(
    token: Annotated[str, Parameter(min_length=20, max_length=64)], cart: Dep[CartService]
) -> Response[Any]:
    """Titles, quantities and prices; never whose cart it is."""
    found = await cart.shared(token)
    lines = [line_out(line, found.currency, cart.settings.hold_on) for line in found.lines]
    subtotal = Money(sum(line.line_total.amount for line in lines if line.sellable), found.currency)
    out = SharedCartOut(currency=found.currency, subtotal=subtotal, lines=lines)
    return json_response(out, cache_control="no-store", referrer_policy="no-referrer", x_robots_tag="noindex")
