"""A buyer's own orders."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response
from litestar.params import HeaderParameter
from msgspec import Meta

from surehold.modules.orders.errors import OrderInProgressError, OrderNotCancellableError, OrderNotFoundError
from surehold.modules.orders.ports import OrderCancellation
from surehold.modules.orders.routes.shapes import CancelIn, OrderOut, OrdersOut, order_out, row_out
from surehold.modules.orders.service import OrderService, last_key
from surehold.modules.orders.store import PageKey
from surehold.platform.http import (
    ACCOUNT,
    SHOPPER,
    Actor,
    Answer,
    CursorCodec,
    Dep,
    IdempotencyKey,
    get,
    guest_token_hash,
    json_response,
    post,
)
from surehold.platform.idempotency import Idempotency, StoredResponse

PAGE = 20
MAX_PAGE = 100
MAX_CURSOR_CHARS = 512
MAX_TOKEN_CHARS = 100
Limit = Annotated[int, Meta(ge=1, le=MAX_PAGE)]
Cursor = Annotated[str, Meta(max_length=MAX_CURSOR_CHARS)]
OrderToken = Annotated[str | None, HeaderParameter(name="Order-Token", max_length=MAX_TOKEN_CHARS)]


@get("/v1/orders", policy=ACCOUNT, summary="Your orders", returns=OrdersOut, tag="orders")
async def list_orders(
    actor: Dep[Actor],
    orders: Dep[OrderService],
    cursors: Dep[CursorCodec],
    limit: Limit = PAGE,
    cursor: Cursor | None = None,
) -> Response[Any]:
    """Newest first, with their status of now."""
    if actor.account_id is None:
        raise OrderNotFoundError
    purpose = f"orders:{actor.account_id}"
    rows = await orders.list_of_account(actor.account_id, cursors.decode(purpose, cursor, PageKey), limit + 1)
    more = len(rows) > limit
    out = OrdersOut(
        orders=[row_out(row) for row in rows[:limit]],
        next_cursor=cursors.encode(purpose, last_key(rows[:limit])) if more else None,
    )
    return json_response(out, cache_control="private, no-store")


@get(
    "/v1/orders/{order_id:uuid}",
    policy=SHOPPER,
    summary="Read an order",
    returns=OrderOut,
    problems=(OrderNotFoundError,),
    tag="orders",
)
async def read_order(
    order_id: UUID, actor: Dep[Actor], orders: Dep[OrderService], order_token: OrderToken = None
) -> Response[Any]:
    """For its account, for the guest who placed it, and for whoever has its token; the id alone opens nothing."""
    order = await orders.get_for(actor, order_id, order_token)
    out = order_out(order, orders.contact_of(order))
    return json_response(out, version=order.seq, cache_control="private, no-store")


@post(
    "/v1/orders/{order_id:uuid}/cancel",
    policy=SHOPPER,
    summary="Cancel an order that has not shipped",
    returns=OrderOut,
    problems=(OrderNotFoundError, OrderInProgressError, OrderNotCancellableError),
    tag="orders",
    idempotency_key=True,
)
async def cancel_order(
    order_id: UUID,
    request: Request[Any, Any, Any],
    actor: Dep[Actor],
    orders: Dep[OrderService],
    cancellation: Dep[OrderCancellation],
    idempotency: Dep[Idempotency],
    data: CancelIn | None = None,
    order_token: OrderToken = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """Its stock is back at once; what was paid is given back. Cancelling again changes nothing."""
    await orders.get_for(actor, order_id, order_token)
    reason = (data or CancelIn()).reason

    async def handle() -> StoredResponse:
        return stored_order(await cancellation.cancel(order_id, reason=reason, actor=actor.key), orders)

    answer = await idempotency.run(
        actor=actor,
        route="orders.cancel",
        key=idempotency_key,
        body=await request.body(),
        target=str(order_id),
        owner=f"order:{guest_token_hash(order_token).hex()[:32]}" if order_token else None,
        handle=handle,
    )
    return Answer(answer.body, status=answer.status, headers=answer.headers)


def stored_order(order: Any, orders: OrderService) -> StoredResponse:
    """An order as an answer that is kept."""
    body = msgspec.json.encode(order_out(order, orders.contact_of(order)))
    return StoredResponse(200, {"content-type": "application/json", "cache-control": "private, no-store"}, body)
