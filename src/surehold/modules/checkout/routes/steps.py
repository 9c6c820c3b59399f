"""Opening, reading and filling in a checkout."""

from typing import Any
from uuid import UUID

from litestar import Response

from surehold.kernel.errors import InvalidInputError, StaleVersionError
from surehold.modules.cart import HoldLimitError, InsufficientInventoryError, ReservationExpiredError
from surehold.modules.checkout.errors import (
    CartEmptyError,
    CheckoutNotFoundError,
    CheckoutStateError,
    LineUnavailableError,
)
from surehold.modules.checkout.model import AddressCheck
from surehold.modules.checkout.routes.shapes import (
    CheckoutOut,
    ConfirmAddressIn,
    OpenCheckoutIn,
    PaymentIn,
    ShippingIn,
    checkout_out,
)
from surehold.modules.checkout.service import CheckoutService, CheckoutView
from surehold.modules.identity import InvalidAddressError
from surehold.modules.payments import PaymentMethodUnavailableError, PaymentTokenError
from surehold.modules.pricing import ShippingMethodUnavailableError
from surehold.platform.http import SHOPPER, Actor, Dep, IfMatch, get, json_response, post, put

_STEP = (
    CartEmptyError,
    LineUnavailableError,
    ShippingMethodUnavailableError,
    PaymentMethodUnavailableError,
    PaymentTokenError,
    InvalidInputError,
    InvalidAddressError,
    InsufficientInventoryError,
    ReservationExpiredError,
    HoldLimitError,
)


def _answer(view: CheckoutView, status: int = 200) -> Response[Any]:
    return json_response(
        checkout_out(view), status=status, version=view.checkout.version, cache_control="private, no-store"
    )


@post(
    "/v1/checkouts",
    policy=SHOPPER,
    summary="Open the checkout of your cart",
    returns=CheckoutOut,
    problems=_STEP,
    tag="checkout",
)
async def open_checkout(
    actor: Dep[Actor], checkout: Dep[CheckoutService], data: OpenCheckoutIn | None = None
) -> Response[Any]:
    """A cart has one checkout: opening again finds it, with the steps that are sent now. Everything in it is held."""
    sent = data or OpenCheckoutIn()
    shipping = sent.shipping.step() if sent.shipping else None
    method, token = (sent.payment.method, sent.payment.token) if sent.payment else (None, None)
    return _answer(await checkout.open(actor, shipping, method, token=token))


@get(
    "/v1/checkouts/{checkout_id:uuid}",
    policy=SHOPPER,
    summary="Read a checkout",
    returns=CheckoutOut,
    problems=(CheckoutNotFoundError,),
    tag="checkout",
)
async def read_checkout(checkout_id: UUID, actor: Dep[Actor], checkout: Dep[CheckoutService]) -> Response[Any]:
    """As it stands, on whatever device of the same owner."""
    return _answer(await checkout.get(actor, checkout_id))


@put(
    "/v1/checkouts/{checkout_id:uuid}/shipping",
    policy=SHOPPER,
    summary="Say who it is for, where it goes and how",
    returns=CheckoutOut,
    problems=(CheckoutNotFoundError, CheckoutStateError, StaleVersionError, *_STEP),
    tag="checkout",
)
async def set_checkout_shipping(
    checkout_id: UUID, data: ShippingIn, actor: Dep[Actor], checkout: Dep[CheckoutService], if_match: IfMatch = None
) -> Response[Any]:
    """Prices, taxes and ways to ship follow from it. With `If-Match`, an older version is refused."""
    return _answer(await checkout.set_shipping(actor, checkout_id, data.step(), if_match))


@put(
    "/v1/checkouts/{checkout_id:uuid}/address",
    policy=SHOPPER,
    summary="Say which address is meant",
    returns=CheckoutOut,
    problems=(CheckoutNotFoundError, CheckoutStateError, *_STEP),
    tag="checkout",
    if_match=True,
)
async def confirm_checkout_address(
    checkout_id: UUID,
    data: ConfirmAddressIn,
    actor: Dep[Actor],
    checkout: Dep[CheckoutService],
    if_match: IfMatch = None,
) -> Response[Any]:
    """The typed one or the suggested one of `address_check`, whose version is in `If-Match`. What was said already stays said."""
    keep = AddressCheck(data.keep)
    return _answer(await checkout.confirm_address(actor, checkout_id, keep, if_match))


@put(
    "/v1/checkouts/{checkout_id:uuid}/payment",
    policy=SHOPPER,
    summary="Say how it is paid",
    returns=CheckoutOut,
    problems=(CheckoutNotFoundError, CheckoutStateError, StaleVersionError, *_STEP),
    tag="checkout",
    owner_only=True,
)
async def set_checkout_payment(
    checkout_id: UUID, data: PaymentIn, actor: Dep[Actor], checkout: Dep[CheckoutService], if_match: IfMatch = None
) -> Response[Any]:
    """Also after a payment was declined. With `If-Match`, an older version is refused."""
    return _answer(await checkout.set_payment(actor, checkout_id, data.method, if_match, token=data.token))
