"""The steps of a checkout, each one unit of work, and the first and the last units of placing its order."""

import hashlib
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.ids import uuid7
from surehold.kernel.money import Money
from surehold.modules.cart import CartSettings, InsufficientInventoryError
from surehold.modules.checkout import store
from surehold.modules.checkout.errors import (
    CartEmptyError,
    CheckoutIncompleteError,
    CheckoutStateError,
    LineUnavailableError,
    TotalChangedError,
)
from surehold.modules.checkout.model import (
    OPEN_STATES,
    CartContent,
    CheckoutSettings,
    CheckoutState,
    FailedPlacing,
    Loaded,
    Review,
    ShippingStep,
    StoredCheckout,
    Work,
    is_payable,
    moves_between,
    quote_lines,
    ready_on,
    review_of,
    state_of,
    unavailable,
)
from surehold.modules.checkout.ports import AddressRules, ExplainShortage
from surehold.modules.checkout.service.views import CheckoutView, review_out
from surehold.modules.checkout.store import Changes, FailureKey, Owner
from surehold.modules.orders import Contact, OrderDraft, OrderService
from surehold.modules.payments import Attempt, Outcome, PaymentService
from surehold.modules.pricing import Destination, PricingService, ShippingOffer
from surehold.platform.db import Database, Executor, Unit
from surehold.platform.http import Actor, check_if_match
from surehold.platform.sealed import SealedCodec

EXPIRE_BATCH = 200
_NETWORK_BYTES = 12
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class CheckoutService:
    """Checkouts of carts."""

    def __init__(
        self,
        db: Database,
        codec: SealedCodec,
        pricing: PricingService,
        payments: PaymentService,
        orders: OrderService,
        address_rules: AddressRules,
        settings: CheckoutSettings | None = None,
        *,
        holds: CartSettings,
        explain: ExplainShortage,
    ) -> None:
        self._db, self._codec = db, codec
        self._pricing, self._payments, self._orders = pricing, payments, orders
        self._address_rules, self._explain = address_rules, explain
        self.settings = settings or CheckoutSettings()
        self._hold = holds.for_sql()

    async def open(self, actor: Actor, shipping: ShippingStep | None, payment: str | None) -> CheckoutView:
        """The checkout of the asker's cart, opened if there is none, with the steps that were sent.

        Every unit is held, those that are held on checkout from now on. Opening it again finds the same one.
        """

        async def work(unit: Unit) -> CheckoutView:
            loaded = await store.open_checkout(unit, uuid7(), _owner(actor), self.settings.live_s, self._hold)
            return await self._step(unit, loaded, shipping, payment)

        async with self._explained(actor):
            return await self._db.in_unit(work)

    async def get(self, actor: Actor, checkout_id: UUID) -> CheckoutView:
        """A checkout of the asker's, on whatever device."""
        loaded = await store.get(self._db, checkout_id, _owner(actor))
        return self._view(loaded.checkout, await self._offers_now(loaded.checkout))

    async def set_shipping(
        self, actor: Actor, checkout_id: UUID, shipping: ShippingStep, if_match: str | None
    ) -> CheckoutView:
        """Say who it is for, where it goes and how."""
        return await self._set(actor, checkout_id, shipping, None, if_match)

    async def set_payment(self, actor: Actor, checkout_id: UUID, method: str, if_match: str | None) -> CheckoutView:
        """Say how it is paid."""
        return await self._set(actor, checkout_id, None, method, if_match)

    async def _set(
        self,
        actor: Actor,
        checkout_id: UUID,
        shipping: ShippingStep | None,
        payment: str | None,
        if_match: str | None,
    ) -> CheckoutView:
        async def work(unit: Unit) -> CheckoutView:
            loaded = await store.lock(unit, checkout_id, _owner(actor))
            if loaded.checkout.state not in OPEN_STATES:
                raise CheckoutStateError("An order is on its way from it, or it is over.", state=loaded.checkout.state)
            if if_match is not None:
                check_if_match(if_match, loaded.checkout.version, {"version": loaded.checkout.version})
            return await self._step(unit, loaded, shipping, payment)

        return await self._db.in_unit(work)

    async def _step(
        self, unit: Unit, loaded: Loaded, shipping: ShippingStep | None, payment: str | None
    ) -> CheckoutView:
        """Write what was sent into a locked checkout, requote, and move it to the step that comes next."""
        checkout = loaded.checkout
        if checkout.state not in OPEN_STATES:
            return self._view(checkout, [])
        cart = _sellable(loaded.cart)
        contact = self._checked(shipping.contact) if shipping else self._contact_of(checkout)
        if payment is not None:
            self._payments.provider(payment)
        offers = await self._offers(unit, contact, cart)
        method = _chosen(shipping.method if shipping else checkout.shipping_method, offers)
        review = await self._review(unit, cart, contact, method, offers)
        wanted = state_of(has_shipping=method is not None, has_payment=payment is not None or is_payable(checkout))
        saved = await store.save(
            unit,
            checkout.id,
            Changes(
                contact=self._sealed(checkout.id, contact) if shipping and contact else msgspec.UNSET,
                shipping_method=method,
                payment_method=payment if payment is not None else msgspec.UNSET,
                quote=review,
            ),
            moves_between(checkout.state, wanted),
            self.settings.live_s,
        )
        return self._view(saved.checkout, offers)

    async def begin(
        self, actor: Actor, checkout_id: UUID, expected_total: Money | None
    ) -> tuple[Work | None, UUID | None]:
        """The first unit of placing: the work that is begun, or else the order that is on its way or done already.

        Raises TotalChangedError with the new quote (stored for review, nothing charged) if it is not what was agreed to.
        """

        async def work(unit: Unit) -> tuple[Work | None, UUID | None] | TotalChangedError:
            return await self._begin(unit, actor, checkout_id, expected_total)

        async with self._explained(actor):
            begun = await self._db.in_unit(work)
        if isinstance(begun, TotalChangedError):
            raise begun
        return begun

    async def _begin(
        self, unit: Unit, actor: Actor, checkout_id: UUID, expected_total: Money | None
    ) -> tuple[Work | None, UUID | None] | TotalChangedError:
        """As `begin`; that the total changed is answered, not raised, for the new quote is to be kept."""
        owner = _owner(actor)
        loaded = await store.lock(unit, checkout_id, owner)
        if loaded.checkout.state in {CheckoutState.PLACING, CheckoutState.CONFIRMED}:
            return None, loaded.checkout.order_id
        agreed, now, contact = await self._agreed(unit, loaded)
        if agreed.agrees_with(now) and expected_total in {None, _total(now)}:
            draft = await self._draft(loaded, now, contact, owner)
            return await store.begin_placing(unit, draft, actor.key), None
        saved = await store.save(unit, loaded.checkout.id, Changes(quote=now), [], self.settings.live_s)
        return TotalChangedError(
            "Look at the new total and place the order again.",
            quote=msgspec.to_builtins(review_out(now)),
            version=saved.checkout.version,
        )

    async def record_authorized(self, work: Work, attempt: Attempt, outcome: Outcome) -> Work:
        """A unit of placing: the money is held, the stock becomes the order's. InsufficientInventoryError: nothing was written."""
        ref = self._payments.sealed_ref(work.payment.payment_id, outcome)
        return await store.record_authorized(
            self._db, work.order.order_id, attempt.id, ref, uuid7(), self._payments.settings.lease_s
        )

    async def record_captured(self, work: Work, attempt: Attempt, outcome: Outcome) -> Work:
        """The last unit of placing: the money is taken, the order confirmed."""
        ref = self._payments.sealed_ref(work.payment.payment_id, outcome)
        return await store.record_captured(self._db, work.order.order_id, attempt.id, ref)

    async def give_up(self, work: Work, attempt: Attempt, outcome: Outcome, reason: str) -> Work:
        """The unit that ends a placing without an order; the checkout is back at payment, cart and holds are kept."""
        ref = self._payments.sealed_ref(work.payment.payment_id, outcome)
        return await store.give_up(
            self._db,
            work.order.order_id,
            attempt.id,
            (outcome.kind.value, ref, reason),
            uuid7(),
            self._payments.settings.lease_s,
            self._hold,
        )

    async def resume(self, order_id: UUID) -> Work:
        """Take up an order's open call; the work says whether it is ours."""
        return await store.resume(self._db, order_id, self._payments.settings.lease_s, self.settings.placing_s)

    async def work_of(self, order_id: UUID, executor: Executor | None = None) -> Work:
        """An order on its way, as it is (or as a unit of work sees it)."""
        return await store.get_work(executor or self._db, order_id)

    async def shortage_of(self, actor: Actor, order_id: UUID) -> InsufficientInventoryError:
        """Why there was not enough for an order that failed: what is left now, and what else there is."""
        return await self._explain(actor, InsufficientInventoryError(**await store.get_shortage(self._db, order_id)))

    async def list_failures(self, before: FailureKey | None, limit: int) -> list[FailedPlacing]:
        """A page of placings that came to nothing, newest first, for staff."""
        return await store.list_failures(self._db, before, limit)

    async def expire_abandoned(self) -> int:
        """End a batch of checkouts that nobody went on with."""
        return await store.expire(self._db, EXPIRE_BATCH)

    @asynccontextmanager
    async def _explained(self, actor: Actor) -> AsyncGenerator[None]:
        """A refusal for stock leaves a unit of work explained, after its end."""
        try:
            yield
        except InsufficientInventoryError as error:
            raise await self._explain(actor, error) from error

    async def _agreed(self, unit: Unit, loaded: Loaded) -> tuple[Review, Review, Contact]:
        """What was reviewed, what it is now, and for whom."""
        checkout, contact = loaded.checkout, self._contact_of(loaded.checkout)
        if checkout.state is CheckoutState.EXPIRED:
            raise CheckoutStateError("The checkout is over; open a new one.", state=checkout.state)
        if checkout.state is not CheckoutState.REVIEW or checkout.quote is None or contact is None:
            raise CheckoutIncompleteError(missing=_missing(checkout))
        cart = _sellable(loaded.cart)
        now = await self._pricing.quote_for(
            unit,
            lines=quote_lines(cart),
            currency=cart.currency,
            destination=_destination(contact),
            shipping_method=checkout.shipping_method,
        )
        return checkout.quote, review_of(cart, now, checkout.quote.delivery), contact

    async def _draft(self, loaded: Loaded, review: Review, contact: Contact, owner: Owner) -> dict[str, object]:
        checkout, method = loaded.checkout, loaded.checkout.payment_method or ""
        provider, order_id = self._payments.provider(method), uuid7()
        if loaded.price_list_id is None or review.shipping is None:
            raise AssertionError("a checkout in review has a cart and a way to ship")
        order = OrderDraft(
            id=order_id,
            checkout_id=checkout.id,
            account_id=checkout.account_id,
            guest_hash=None if checkout.guest_hash is None else bytes.fromhex(checkout.guest_hash),
            currency=review.currency,
            lines=review.lines,
            subtotal_minor=review.totals.subtotal_minor,
            discount_minor=review.totals.discount_minor,
            shipping_minor=review.totals.shipping_minor,
            shipping_tax_minor=review.shipping.tax_minor,
            tax_minor=review.totals.tax_minor,
            total_minor=review.totals.total_minor,
            shipping_method=review.shipping.code,
            promised=msgspec.to_builtins(review.delivery) if review.delivery else {},
            price_list_id=loaded.price_list_id,
            contact=contact,
        )
        return {
            "checkout_id": checkout.id,
            "direct": provider.is_direct,
            "network": None if owner.network is None else owner.network.hex(),
            "hold": self._hold,
            "placing_s": self.settings.placing_s,
            "order": self._orders.draft_for_sql(order),
            "payment": {
                "payment_id": uuid7(),
                "attempt_id": uuid7(),
                "order_id": order_id,
                "method": method,
                "captures_on": provider.captures_on,
                "currency": review.currency,
                "amount_minor": review.totals.total_minor,
                "lease_s": self._payments.settings.lease_s,
            },
        }

    async def _review(
        self, unit: Unit, cart: CartContent, contact: Contact | None, method: str | None, offers: list[ShippingOffer]
    ) -> Review:
        quote = await self._pricing.quote_for(
            unit,
            lines=quote_lines(cart),
            currency=cart.currency,
            destination=_destination(contact) if contact else None,
            shipping_method=method,
        )
        window = next((offer.window for offer in offers if offer.code == method), None)
        return review_of(cart, quote, window)

    async def _offers(self, executor: Executor, contact: Contact | None, cart: CartContent) -> list[ShippingOffer]:
        if contact is None:
            return []
        return await self._pricing.shipping_offers(
            executor,
            destination=_destination(contact),
            currency=cart.currency,
            merchandise_minor=sum(line.unit_minor * line.quantity for line in cart.lines),
            ready_on=ready_on(cart),
        )

    async def _offers_now(self, checkout: StoredCheckout) -> list[ShippingOffer]:
        contact, review = self._contact_of(checkout), checkout.quote
        if contact is None or review is None or checkout.state not in OPEN_STATES:
            return []
        totals = review.totals
        return await self._pricing.shipping_offers(
            self._db,
            destination=_destination(contact),
            currency=review.currency,
            merchandise_minor=totals.subtotal_minor - totals.discount_minor,
        )

    def _checked(self, contact: Contact) -> Contact:
        return Contact(email=_email(contact.email), address=self._address_rules(contact.address))

    def _sealed(self, checkout_id: UUID, contact: Contact) -> str:
        return self._codec.seal_json(contact, context=_contact_context(checkout_id)).hex()

    def _contact_of(self, checkout: StoredCheckout) -> Contact | None:
        if checkout.contact is None:
            return None
        sealed = bytes.fromhex(checkout.contact)
        return self._codec.open_json(sealed, Contact, context=_contact_context(checkout.id))

    def _view(self, checkout: StoredCheckout, offers: list[ShippingOffer]) -> CheckoutView:
        return CheckoutView(
            checkout=checkout,
            contact=self._contact_of(checkout),
            shipping_methods=offers,
            payment_methods=self._payments.methods(),
        )


def _owner(actor: Actor) -> Owner:
    network = hashlib.sha256(actor.network.encode()).digest()[:_NETWORK_BYTES] if actor.network else None
    return Owner.of(actor, network)


def _sellable(cart: CartContent | None) -> CartContent:
    """The locked cart, if there is something in it and all of it is for sale."""
    if cart is None or not cart.lines:
        raise CartEmptyError
    gone = unavailable(cart)
    if gone:
        raise LineUnavailableError("Remove what is not sold any more.", variant_ids=[str(variant) for variant in gone])
    return cart


def _chosen(wanted: str | None, offers: list[ShippingOffer]) -> str | None:
    """The way to ship that was asked for, else the first that is offered; pricing refuses one that is not."""
    return wanted or (offers[0].code if offers else None)


def _missing(checkout: StoredCheckout) -> list[str]:
    steps = {"shipping": checkout.contact and checkout.shipping_method, "payment": is_payable(checkout)}
    return [step for step, is_there in steps.items() if not is_there]


def _destination(contact: Contact) -> Destination:
    address = contact.address
    return Destination(country=address.country, region=address.region, postcode=address.postcode)


def _email(text: str) -> str:
    """An address that mail may be sent to; whether it arrives only the mail can tell."""
    email = text.strip()
    if not _EMAIL.fullmatch(email):
        raise InvalidInputError("That is not an e-mail address.", field="email")
    return email


def _total(review: Review) -> Money:
    return Money(review.totals.total_minor, review.currency)


def _contact_context(checkout_id: UUID) -> str:
    return f"checkout.checkouts.contact:{checkout_id}"
