"""What checkouts look like on the wire."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import msgspec

from surehold.kernel.money import MAX_MINOR, Money
from surehold.modules.checkout.model import (
    AddressCheck,
    AddressLines,
    CheckoutState,
    KeptContact,
    ShippingStep,
    StoredCheckout,
)
from surehold.modules.checkout.ports import Placed
from surehold.modules.checkout.service import CheckoutView, ReviewOut, review_out
from surehold.modules.orders import Contact, PostalAddress
from surehold.modules.payments import PaymentMethod
from surehold.modules.pricing import DeliveryWindow
from surehold.platform.http import In, Out

Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern="^[a-z0-9][a-z0-9_-]*$")]
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern="^[!-~]+$")]
EXAMPLE_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"
_ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 Harbour Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
}
_SHIPPING = {"email": "ada@example.com", "address": _ADDRESS, "method": "standard"}


class AddressIn(In, frozen=True, kw_only=True):
    """Where it goes, within the bounds of a saved address; what a country needs is told by `/v1/address-rules/{country}`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    line1: Annotated[str, msgspec.Meta(min_length=1, max_length=150)]
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]
    city: Annotated[str, msgspec.Meta(max_length=100)] = ""
    company: Annotated[str, msgspec.Meta(max_length=100)] = ""
    line2: Annotated[str, msgspec.Meta(max_length=150)] = ""
    region: Annotated[str, msgspec.Meta(max_length=100)] = ""
    postcode: Annotated[str, msgspec.Meta(max_length=20)] = ""
    phone: Annotated[str, msgspec.Meta(max_length=30)] = ""


class ShippingIn(In, frozen=True, kw_only=True):
    """Who it is for, where it goes and how; without `method` the first that is offered is taken."""

    example: ClassVar[dict[str, Any] | None] = _SHIPPING

    email: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    address: AddressIn
    method: Code | None = None

    def step(self) -> ShippingStep:
        """The same as the service takes it."""
        address = PostalAddress(**msgspec.structs.asdict(self.address))
        return ShippingStep(contact=Contact(email=self.email, address=address), method=self.method)


class PaymentIn(In, frozen=True, kw_only=True):
    """How it is paid. `token` is what the method's own `fields` made; never a card number, which is refused."""

    example: ClassVar[dict[str, Any] | None] = {"method": "pay_on_delivery"}

    method: Code
    token: Token | None = None


class ConfirmAddressIn(In, frozen=True, kw_only=True):
    """Which of the two addresses of `address_check` is meant."""

    example: ClassVar[dict[str, Any] | None] = {"keep": "suggested"}

    keep: Literal["typed", "suggested"]


class OpenCheckoutIn(In, frozen=True, kw_only=True):
    """The steps that are known already; all of them may come in one request."""

    example: ClassVar[dict[str, Any] | None] = {"shipping": _SHIPPING, "payment": {"method": "pay_on_delivery"}}

    shipping: ShippingIn | None = None
    payment: PaymentIn | None = None


class MoneyIn(In, frozen=True, kw_only=True):
    """An amount in minor units of a currency."""

    amount: Annotated[int, msgspec.Meta(ge=0, le=MAX_MINOR)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]


class PlaceIn(In, frozen=True, kw_only=True):
    """`expected_total`: the total that the buyer saw; another one is told and not charged."""

    example: ClassVar[dict[str, Any] | None] = {"expected_total": {"amount": 4703, "currency": "USD"}}

    expected_total: MoneyIn | None = None


class ShippingMethodOut(Out, frozen=True, kw_only=True):
    """A way to ship that is offered."""

    code: str
    title: str
    price: Money
    delivery: DeliveryWindow


class ShippingOut(Out, frozen=True, kw_only=True):
    """The shipping step as it was sent, normalised."""

    email: str
    address: PostalAddress
    method: str | None


class AddressCheckOut(Out, frozen=True, kw_only=True):
    """Another way to write the address. `unconfirmed`: nothing can be placed before the buyer says which one is meant."""

    state: Literal["unconfirmed", "typed", "suggested"]
    typed: AddressLines
    suggested: AddressLines


class FailureOut(Out, frozen=True, kw_only=True):
    """Why the last attempt to place the order came to nothing."""

    code: str


class CheckoutOut(Out, frozen=True, kw_only=True):
    """A checkout. `state` is the step that comes next; `quote` is what is reviewed; `order_id` is there once it is placed."""

    example: ClassVar[dict[str, Any] | None] = {
        "id": EXAMPLE_ID,
        "state": "review",
        "version": 4,
        "expires_at": "2026-11-22T12:00:00Z",
        "shipping": _SHIPPING,
        "address_check": None,
        "payment": {"code": "pay_on_delivery", "title": "Pay on delivery"},
        "shipping_methods": [
            {
                "code": "standard",
                "title": "Standard",
                "price": {"amount": 599, "currency": "USD"},
                "delivery": {"earliest": "2026-11-25", "latest": "2026-11-27"},
            }
        ],
        "payment_methods": [{"code": "pay_on_delivery", "title": "Pay on delivery"}],
        "quote": ReviewOut.example,
        "failure": None,
        "order_id": None,
    }

    id: UUID
    state: CheckoutState
    version: int
    expires_at: datetime
    shipping: ShippingOut | None
    address_check: AddressCheckOut | None
    payment: PaymentMethod | None
    shipping_methods: list[ShippingMethodOut]
    payment_methods: list[PaymentMethod]
    quote: ReviewOut | None
    failure: FailureOut | None
    order_id: UUID | None


class PlacedOrderOut(Out, frozen=True, kw_only=True):
    """The order in short."""

    id: UUID
    number: str
    status: str
    payment_status: str
    total: Money
    url: str


class PlacedOut(Out, frozen=True, kw_only=True):
    """The order, where to read it, and the token by which a guest opens it on any device (send it as `Order-Token`).

    `pending`: the payment's outcome is not known yet, or the buyer has to open `action`; the order's page tells how it ends.
    """

    example: ClassVar[dict[str, Any] | None] = {
        "status": "confirmed",
        "order": {
            "id": EXAMPLE_ID,
            "number": "7Q2M9K4TXD",
            "status": "CONFIRMED",
            "payment_status": "AUTHORIZED",
            "total": {"amount": 4703, "currency": "USD"},
            "url": f"/v1/orders/{EXAMPLE_ID}",
        },
        "order_token": "f5nS0c6uS3r8vJ1kq0Yz7mB2xN4tA9wE6hL3dP8gQ1o",
        "action": None,
    }

    status: str
    order: PlacedOrderOut
    order_token: str
    action: str | None


def checkout_out(view: CheckoutView) -> CheckoutOut:
    """A checkout as its owner sees it."""
    checkout, contact = view.checkout, view.contact
    return CheckoutOut(
        id=checkout.id,
        state=checkout.state,
        version=checkout.version,
        expires_at=checkout.expires_at,
        shipping=None
        if contact is None
        else ShippingOut(email=contact.email, address=contact.address, method=checkout.shipping_method),
        address_check=_address_check_out(checkout, contact),
        payment=next((method for method in view.payment_methods if method.code == checkout.payment_method), None),
        shipping_methods=[
            ShippingMethodOut(
                code=offer.code,
                title=offer.title,
                price=Money(offer.amount_minor, offer.currency),
                delivery=offer.window,
            )
            for offer in view.shipping_methods
        ],
        payment_methods=view.payment_methods,
        quote=None if checkout.quote is None else review_out(checkout.quote),
        failure=None if checkout.failure is None else FailureOut(code=checkout.failure),
        order_id=checkout.order_id,
    )


def _address_check_out(checkout: StoredCheckout, contact: KeptContact | None) -> AddressCheckOut | None:
    state = checkout.address_check
    if contact is None or contact.typed is None or contact.suggested is None or state is AddressCheck.NONE:
        return None
    return AddressCheckOut(state=state.value, typed=contact.typed, suggested=contact.suggested)


def placed_out(placed: Placed, token: str) -> PlacedOut:
    """What became of placing."""
    order, payment = placed.work.order, placed.work.payment
    return PlacedOut(
        status=order.status.value.lower(),
        order=PlacedOrderOut(
            id=order.order_id,
            number=order.number,
            status=order.status.value,
            payment_status=payment.status.value,
            total=Money(order.total_minor, order.currency),
            url=f"/v1/orders/{order.order_id}",
        ),
        order_token=token,
        action=placed.action,
    )
