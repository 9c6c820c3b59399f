"""Orders as staff sees and mends them."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response
from msgspec import Meta

from surehold.modules.orders.errors import OrderInProgressError, OrderNotCancellableError, OrderNotFoundError
from surehold.modules.orders.model import OrderStatus, read_number
from surehold.modules.orders.ports import OrderCancellation
from surehold.modules.orders.routes.own import PAGE, Cursor, Limit, stored_order
from surehold.modules.orders.routes.shapes import CancelIn, OrderOut, OrdersOut, order_out, row_out
from surehold.modules.orders.service import READERS, OrderService, last_key
from surehold.modules.orders.store import PageKey
from surehold.platform.http import (
    Actor,
    Answer,
    CursorCodec,
    Dep,
    IdempotencyKey,
    get,
    json_response,
    post,
)
from surehold.platform.idempotency import Idempotency

_PURPOSE = "orders:all"
Reference = Annotated[str, Meta(min_length=10, max_length=40, description="Its id, or its number as somebody typed it")]


@get("/v1/admin/orders", policy=READERS, summary="All orders", returns=OrdersOut, tag="orders")
async def list_all_orders(
    orders: Dep[OrderService],
    cursors: Dep[CursorCodec],
    status: OrderStatus | None = None,
    email: Annotated[str, Meta(max_length=254)] | None = None,
    limit: Limit = PAGE,
    cursor: Cursor | None = None,
) -> Response[Any]:
    """Newest first; of one status, or of one e-mail address."""
    rows = await orders.list_recent(status, email, cursors.decode(_PURPOSE, cursor, PageKey), limit + 1)
    more = len(rows) > limit
    out = OrdersOut(
        orders=[row_out(row) for row in rows[:limit]],
        next_cursor=cursors.encode(_PURPOSE, last_key(rows[:limit])) if more else None,
    )
    return json_response(out, cache_control="private, no-store")


@get(
    "/v1/admin/orders/{reference:str}",
    policy=READERS,
    summary="Read any order",
    returns=OrderOut,
    problems=(OrderNotFoundError,),
    tag="orders",
)
async def read_any_order(reference: Reference, orders: Dep[OrderService]) -> Response[Any]:
    """By its id, or by its number as a customer reads it out."""
    order = await orders.get_by_number(reference) if read_number(reference) else await orders.get(_id(reference))
    return json_response(
        order_out(order, orders.contact_of(order)), version=order.seq, cache_control="private, no-store"
    )


@post(
    "/v1/admin/orders/{order_id:uuid}/cancel",
    policy=READERS,
    summary="Cancel any order that has not shipped",
    returns=OrderOut,
    problems=(OrderNotFoundError, OrderInProgressError, OrderNotCancellableError),
    tag="orders",
    idempotency_key=True,
)
async def staff_cancel_order(
    order_id: UUID,
    request: Request[Any, Any, Any],
    actor: Dep[Actor],
    orders: Dep[OrderService],
    cancellation: Dep[OrderCancellation],
    idempotency: Dep[Idempotency],
    data: CancelIn | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """The same as the buyer's own, on record under the name of whoever did it."""
    await orders.get(order_id)
    reason = (data or CancelIn()).reason
    answer = await idempotency.run(
        actor=actor,
        route="orders.staff_cancel",
        key=idempotency_key,
        body=await request.body(),
        target=str(order_id),
        handle=lambda: _cancel(cancellation, orders, order_id, reason, actor),
    )
    return Answer(answer.body, status=answer.status, headers=answer.headers)


async def _cancel(
    cancellation: OrderCancellation, orders: OrderService, order_id: UUID, reason: str, actor: Actor
) -> Any:
    return stored_order(await cancellation.cancel(order_id, reason=reason, actor=actor.key), orders)


def _id(reference: str) -> UUID:
    try:
        return UUID(reference)
    except ValueError as error:
        raise OrderNotFoundError from error
