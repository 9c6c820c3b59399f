"""Placing the order of a checkout."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response

from surehold.kernel.money import Money
from surehold.modules.cart import HoldLimitError, InsufficientInventoryError, ReservationExpiredError
from surehold.modules.checkout.errors import (
    AddressUnconfirmedError,
    CartEmptyError,
    CheckoutIncompleteError,
    CheckoutNotFoundError,
    CheckoutStateError,
    LineUnavailableError,
    PaymentDeclinedError,
    TotalChangedError,
)
from surehold.modules.checkout.ports import OrderPlacement, Placed
from surehold.modules.checkout.routes.shapes import PlacedOut, PlaceIn, placed_out
from surehold.modules.orders import OrderService, OrderStatus
from surehold.modules.payments import PaymentMethodUnavailableError
from surehold.modules.pricing import ShippingMethodUnavailableError
from surehold.platform.http import SHOPPER, Actor, Answer, Dep, IdempotencyKey, post
from surehold.platform.idempotency import (
    Idempotency,
    IdempotencyInFlightError,
    IdempotencyKeyMissingError,
    IdempotencyMismatchError,
    StoredResponse,
)


@post(
    "/v1/checkouts/{checkout_id:uuid}/place",
    policy=SHOPPER,
    summary="Place the order",
    returns=PlacedOut,
    status=201,
    also=(200, 202),
    problems=(
        CheckoutNotFoundError,
        CheckoutStateError,
        CheckoutIncompleteError,
        AddressUnconfirmedError,
        CartEmptyError,
        LineUnavailableError,
        TotalChangedError,
        InsufficientInventoryError,
        ReservationExpiredError,
        HoldLimitError,
        ShippingMethodUnavailableError,
        PaymentMethodUnavailableError,
        PaymentDeclinedError,
        IdempotencyKeyMissingError,
        IdempotencyInFlightError,
        IdempotencyMismatchError,
    ),
    tag="checkout",
    idempotency_key=True,
    owner_only=True,
)
async def place_order(
    checkout_id: UUID,
    request: Request[Any, Any, Any],
    actor: Dep[Actor],
    placement: Dep[OrderPlacement],
    orders: Dep[OrderService],
    idempotency: Dep[Idempotency],
    data: PlaceIn | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response[bytes]:
    """One order and one charge per checkout, however often it is sent: 201 confirmed now, 200 confirmed before, 202 pending."""
    expected = data.expected_total if data else None
    total = None if expected is None else Money(expected.amount, expected.currency)

    async def handle() -> StoredResponse:
        return await _stored(await placement.place(actor, checkout_id, total), orders)

    answer = await idempotency.run(
        actor=actor,
        route="checkout.place",
        key=idempotency_key,
        body=await request.body(),
        target=str(checkout_id),
        handle=handle,
    )
    return Answer(answer.body, status=answer.status, headers=answer.headers)


async def _stored(placed: Placed, orders: OrderService) -> StoredResponse:
    order = placed.work.order
    is_pending = order.status is OrderStatus.PENDING
    out = placed_out(placed, await orders.access_token(order.order_id))
    return StoredResponse(
        202 if is_pending else 201 if placed.is_new else 200,
        {
            "content-type": "application/json",
            "location": f"/v1/orders/{order.order_id}",
            "cache-control": "private, no-store",
        },
        msgspec.json.encode(out),
    )
