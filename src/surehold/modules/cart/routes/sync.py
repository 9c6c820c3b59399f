"""Offline clients, and taking a merge back."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from surehold.modules.cart.errors import MergeNotFoundError
from surehold.modules.cart.routes.shapes import CartChangeOut, SyncIn, SyncOut, change_out
from surehold.modules.cart.service import CartService
from surehold.platform.http import ACCOUNT, SHOPPER, Actor, Cookies, Dep, json_response, post


@post("/v1/cart/sync", policy=SHOPPER, summary="Send what was done offline", returns=SyncOut, tag="cart")
async def sync_cart(data: SyncIn, actor: Dep[Actor], cart: Dep[CartService], jar: Dep[Cookies]) -> Response[Any]:
    """Each operation takes effect once, whatever is replayed; conflicts and refusals are told per operation, nothing is lost."""
    synced, guest = await cart.sync(actor, data.base(), msgspec.to_builtins(data.checked()))
    out = SyncOut(cart_id=synced.cart_id, version=synced.version, outcomes=synced.outcomes)
    return json_response(out, version=synced.version, cookies=[jar.guest(guest.token)] if guest else ())


@post(
    "/v1/cart/merges/{merge_id:uuid}/undo",
    policy=ACCOUNT,
    summary="Take a merge back",
    returns=CartChangeOut,
    problems=(MergeNotFoundError,),
    tag="cart",
)
async def undo_cart_merge(merge_id: UUID, actor: Dep[Actor], cart: Dep[CartService]) -> Response[Any]:
    """Lines return to what they were before signing in; the guest cart's part is kept for later."""
    written = await cart.undo_merge(actor, merge_id)
    return json_response(change_out(written), version=written.version)
