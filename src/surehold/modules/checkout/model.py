"""Checkouts: the steps, what is reviewed, and when a review still holds. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from surehold.modules.orders import Contact, OrderBrief, OrderLine, PostalAddress
from surehold.modules.payments import PaymentWork
from surehold.modules.pricing import DeliveryWindow, Quote, QuoteLine, ShippingQuote, Totals


class CheckoutState(StrEnum):
    """Where a checkout is."""

    SHIPPING = "shipping"
    PAYMENT = "payment"
    REVIEW = "review"
    PLACING = "placing"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    EXPIRED = "expired"


OPEN_STATES = frozenset({CheckoutState.SHIPPING, CheckoutState.PAYMENT, CheckoutState.REVIEW})


class CheckoutSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Named limits of checkouts; how long and how much may be held is said by the cart's settings, for both.

    `live_s`: an untouched checkout ends after it.
    `placing_s`: how long holds are kept for an order that waits for its payment; longer than any payment challenge.
    """

    live_s: Annotated[int, msgspec.Meta(ge=60)] = 24 * 60 * 60
    placing_s: Annotated[int, msgspec.Meta(ge=60)] = 60 * 60


class CartContentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the locked cart, at the price of now. Of what is not sold any more, only the variant is known."""

    variant_id: UUID
    quantity: int
    unit_minor: int
    sellable: bool = True
    product_id: UUID | None = None
    sku: str | None = None
    title: str | None = None
    variant_title: str | None = None
    picture: str | None = None
    tax_category: str = "standard"
    weight_grams: int = 0
    backordered: int = 0
    promised_on: date | None = None


class CartContent(msgspec.Struct, frozen=True, kw_only=True):
    """The locked cart."""

    cart_id: UUID
    version: int
    currency: str
    lines: list[CartContentLine]


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """What the buyer agrees to: lines with everything that is added and taken off, shipping, totals, and when it arrives."""

    currency: str
    lines: list[OrderLine]
    totals: Totals
    shipping: ShippingQuote | None = None
    delivery: DeliveryWindow | None = None

    def keeps(self, agreed: "Review") -> bool:
        """Whether what was agreed to still holds: the same is asked for the same things, and they arrive no later."""
        return self.asks_as(agreed) and not self.is_later_than(agreed)

    def is_later_than(self, other: "Review") -> bool:
        """Whether the last day on which it may arrive is a later one, or more of a thing is only promised, or for later."""
        windows = self.delivery, other.delivery
        if windows[0] is not None and windows[1] is not None and windows[0].latest > windows[1].latest:
            return True
        before = {line.variant_id: line for line in other.lines}
        return any(line.variant_id in before and _waits_longer(line, before[line.variant_id]) for line in self.lines)

    def asks_as(self, other: "Review") -> bool:
        """Whether both ask the same for the same things; when they arrive and how they are called may differ."""
        return (
            self.currency == other.currency
            and self.totals == other.totals
            and self.shipping == other.shipping
            and _asked(self.lines) == _asked(other.lines)
        )


class AddressCheck(StrEnum):
    """What became of a suggestion for the address: there is none, it waits for the buyer, or the buyer keeps one of the two."""

    NONE = "none"
    UNCONFIRMED = "unconfirmed"
    TYPED = "typed"
    SUGGESTED = "suggested"


class AddressLines(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place without anybody at it: all that an address check is told."""

    line1: str
    country: str
    city: str = ""
    line2: str = ""
    region: str = ""
    postcode: str = ""


class KeptContact(Contact, frozen=True, kw_only=True, omit_defaults=True):
    """A checkout's contact, as it is sealed. `typed`: the address that a check answered about; `suggested`: what it would write.

    `address` is the one that holds: as typed, until the buyer takes the suggestion.
    """

    typed: AddressLines | None = None
    suggested: AddressLines | None = None

    @property
    def plain(self) -> Contact:
        """What an order needs of it."""
        return Contact(email=self.email, address=self.address)


class StoredCheckout(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout as it is kept; `contact` and `payment_source` are sealed (hex)."""

    id: UUID
    cart_id: UUID
    state: CheckoutState
    version: int
    expires_at: datetime
    account_id: UUID | None = None
    guest_hash: str | None = None
    contact: str | None = None
    address_check: AddressCheck = AddressCheck.NONE
    shipping_method: str | None = None
    payment_method: str | None = None
    payment_source: str | None = None
    quote: Review | None = None
    order_id: UUID | None = None
    failure: str | None = None


class StockLevel(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a variant, as a version of its stock has it."""

    variant_id: UUID
    available: int
    version: int


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout, locked or just read.

    A locked one with its cart, the levels of stock that holding it changed, and the version of the rates that hold.
    """

    checkout: StoredCheckout
    cart: CartContent | None = None
    price_list_id: UUID | None = None
    rates_version: int | None = None
    stock: list[StockLevel] = []


class ShippingStep(msgspec.Struct, frozen=True, kw_only=True):
    """Who it is for, where it goes and how; without a method the first that is offered."""

    contact: Contact
    method: str | None = None


class PaymentStep(msgspec.Struct, frozen=True, kw_only=True):
    """How it is paid: a method that is offered, with the token that it needs."""

    method: str
    token: str | None = None


class CheckedShipping(msgspec.Struct, frozen=True, kw_only=True):
    """The shipping step after the rules and the validator. `keep`: the buyer says which address is meant."""

    contact: KeptContact
    method: str | None = None
    keep: AddressCheck | None = None


class CheckoutBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What a flow needs of a checkout."""

    id: UUID
    cart_id: UUID
    state: CheckoutState
    version: int
    account_id: UUID | None = None
    failure: str | None = None


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """An order on its way: everything a flow needs to go on. `mine`: this caller took up the open call.

    `stock`: what is left by now of everything whose stock the order (or giving it up) may have changed.
    """

    order: OrderBrief
    payment: PaymentWork
    checkout: CheckoutBrief
    stock: list[StockLevel] = []
    cart_version: int | None = None
    mine: bool = False


class FailedPlacing(msgspec.Struct, frozen=True, kw_only=True):
    """A checkout's placing that came to nothing; `seq` counts the moves of that checkout."""

    checkout_id: UUID
    seq: int
    order_id: UUID | None
    reason: str | None
    at: datetime


def state_of(*, has_shipping: bool, has_payment: bool) -> CheckoutState:
    """The step that comes next for what is known."""
    if not has_shipping:
        return CheckoutState.SHIPPING
    return CheckoutState.REVIEW if has_payment else CheckoutState.PAYMENT


def is_payable(checkout: StoredCheckout) -> bool:
    """Whether a way to pay is chosen; after one failed, the buyer has to choose again."""
    was_refused = checkout.failure is not None and checkout.state is not CheckoutState.REVIEW
    return checkout.payment_method is not None and not was_refused


def has_reviewed(checkout: StoredCheckout, variant_id: UUID, quantity: int) -> bool:
    """Whether a checkout has shown so many units of a variant to its buyer; what it shows, it held."""
    lines = checkout.quote.lines if checkout.quote else []
    return any(line.variant_id == variant_id and line.quantity >= quantity for line in lines)


def quote_lines(cart: CartContent) -> list[QuoteLine]:
    """A cart's lines as pricing takes them."""
    return [
        QuoteLine(
            variant_id=line.variant_id,
            quantity=line.quantity,
            unit_minor=line.unit_minor,
            tax_category=line.tax_category,
        )
        for line in cart.lines
    ]


def review_of(cart: CartContent, quote: Quote, delivery: DeliveryWindow | None) -> Review:
    """A quote with the things it is for."""
    things: Mapping[UUID, CartContentLine] = {line.variant_id: line for line in cart.lines}
    lines: list[OrderLine] = []
    for quoted in quote.lines:
        thing = things[quoted.variant_id]
        if thing.product_id is None or thing.sku is None or thing.title is None:
            raise AssertionError("only what is sold is reviewed")
        lines.append(
            OrderLine(
                variant_id=quoted.variant_id,
                product_id=thing.product_id,
                sku=thing.sku,
                title=thing.title,
                variant_title=thing.variant_title or "",
                picture=thing.picture,
                quantity=quoted.quantity,
                unit_minor=quoted.unit_minor,
                discount_minor=quoted.discount_minor,
                tax_minor=quoted.tax_minor,
                total_minor=quoted.total_minor,
                tax_category=quoted.tax_category,
                weight_grams=thing.weight_grams,
                backordered=thing.backordered,
                promised_on=thing.promised_on,
            )
        )
    return Review(currency=quote.currency, lines=lines, totals=quote.totals, shipping=quote.shipping, delivery=delivery)


def ready_on(lines: Iterable[CartContentLine | OrderLine]) -> date | None:
    """The day on which the last backordered thing is promised."""
    days = [line.promised_on for line in lines if line.backordered and line.promised_on is not None]
    return max(days, default=None)


def unavailable(cart: CartContent) -> list[UUID]:
    """What is in the cart and not sold any more."""
    return [line.variant_id for line in cart.lines if not line.sellable]


def lines_of(address: PostalAddress) -> AddressLines:
    """The place of an address."""
    return AddressLines(**{name: getattr(address, name) for name in AddressLines.__struct_fields__})


def with_lines(address: PostalAddress, lines: AddressLines) -> PostalAddress:
    """The same people at another place."""
    return msgspec.structs.replace(address, **msgspec.structs.asdict(lines))


def look_alike(one: AddressLines, other: AddressLines) -> bool:
    """Whether two differ in case, spaces and marks at most: nothing to bother a buyer with."""
    return [_letters(part) for part in msgspec.structs.astuple(one)] == [
        _letters(part) for part in msgspec.structs.astuple(other)
    ]


def check_of(new: KeptContact, old: KeptContact | None, before: AddressCheck) -> AddressCheck:
    """What is to be said of a contact that comes in. Who said once that the typed address is meant is not asked about it again."""
    if new.suggested is None:
        return AddressCheck.NONE
    is_known = old is not None and (old.typed, old.suggested) == (new.typed, new.suggested)
    return AddressCheck.TYPED if is_known and before is AddressCheck.TYPED else AddressCheck.UNCONFIRMED


def keeping(contact: KeptContact, keep: AddressCheck) -> KeptContact:
    """A contact with the one of its two addresses that its buyer means."""
    lines = contact.suggested if keep is AddressCheck.SUGGESTED else contact.typed
    if lines is None:
        raise AssertionError("only where there is a suggestion can one of two be kept")
    return msgspec.structs.replace(contact, address=with_lines(contact.address, lines))


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _asked(lines: Sequence[OrderLine]) -> set[tuple[UUID, int, int, int, int]]:
    return {(line.variant_id, line.quantity, line.unit_minor, line.discount_minor, line.tax_minor) for line in lines}


def _waits_longer(line: OrderLine, agreed: OrderLine) -> bool:
    days = line.promised_on, agreed.promised_on
    return line.backordered > agreed.backordered or (
        line.backordered > 0 and days[0] is not None and days[1] is not None and days[0] > days[1]
    )
