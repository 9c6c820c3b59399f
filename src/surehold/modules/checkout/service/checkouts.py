"""The steps of a checkout, each one unit of work, and the first and the last units of placing its order."""

import hashlib
from uuid import UUID

import msgspec

from surehold.kernel.errors import ShopError
from surehold.kernel.ids import uuid7
from surehold.kernel.money import Money
from surehold.modules.cart import CartSettings, HoldLimitError, InsufficientInventoryError, ReservationExpiredError
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
    PaymentStep,
    Review,
    ShippingStep,
    StoredCheckout,
    Work,
    has_reviewed,
    is_payable,
    quote_lines,
    ready_on,
    review_of,
    state_of,
    unavailable,
)
from surehold.modules.checkout.ports import AddressRules, ExplainShortage, StockNotices
from surehold.modules.checkout.service.contacts import Contacts, destination_of
from surehold.modules.checkout.service.drafts import Drafts
from surehold.modules.checkout.service.sources import Sources
from surehold.modules.checkout.service.views import CheckoutView, review_out
from surehold.modules.checkout.store import Changes, FailureKey, Owner
from surehold.modules.orders import Contact, OrderService
from surehold.modules.payments import Attempt, Outcome, PaymentMethodUnavailableError, PaymentService
from surehold.modules.pricing import PricingService, ShippingMethodUnavailableError, ShippingOffer
from surehold.platform.db import Database, Executor, Unit
from surehold.platform.http import Actor, check_if_match
from surehold.platform.sealed import SealedCodec

EXPIRE_BATCH = 200
REFUSED_PLACINGS = (
    InsufficientInventoryError,
    HoldLimitError,
    LineUnavailableError,
    ShippingMethodUnavailableError,
    PaymentMethodUnavailableError,
)
"""What comes of a cart that was ready to be placed, and is kept for staff; the rest is a caller out of step."""
_NETWORK_BYTES = 12


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
        notices: StockNotices,
    ) -> None:
        self.settings = settings or CheckoutSettings()
        self._db, self._pricing, self._payments = db, pricing, payments
        self._contacts = Contacts(codec, address_rules)
        self._sources = Sources(codec)
        self._drafts = Drafts(orders, payments, self._sources, self.settings.placing_s)
        self._explain, self._notices = explain, notices
        self._hold = holds.for_sql()

    async def open(
        self, actor: Actor, shipping: ShippingStep | None, payment: str | None, *, token: str | None = None
    ) -> CheckoutView:
        """The checkout of the asker's cart, opened if there is none, with the steps that were sent.

        Every unit is held, those that are held on checkout from now on. Opening it again finds the same one. `token` is what
        the provider's own fields made of the way to pay, for the methods that need one.
        """
        chosen = self._chosen(payment, token)

        async def work(unit: Unit) -> CheckoutView:
            loaded = await store.open_checkout(unit, uuid7(), _owner(actor), self.settings.live_s, self._hold)
            self._tell_stock(unit, loaded)
            return await self._step(unit, loaded, shipping, chosen)

        try:
            return await self._db.in_unit(work)
        except InsufficientInventoryError as error:
            raise await self._explained(actor, error) from error

    async def get(self, actor: Actor, checkout_id: UUID) -> CheckoutView:
        """A checkout of the asker's, on whatever device."""
        loaded = await store.get(self._db, checkout_id, _owner(actor))
        return self._view(loaded.checkout, await self._offers_now(loaded.checkout))

    async def set_shipping(
        self, actor: Actor, checkout_id: UUID, shipping: ShippingStep, if_match: str | None
    ) -> CheckoutView:
        """Say who it is for, where it goes and how. What ran out of its hold meanwhile is held again, as by opening."""
        return await self._set(actor, checkout_id, shipping, None, if_match)

    async def set_payment(
        self, actor: Actor, checkout_id: UUID, method: str, if_match: str | None, *, token: str | None = None
    ) -> CheckoutView:
        """Say how it is paid. What ran out of its hold meanwhile is held again, as by opening."""
        return await self._set(actor, checkout_id, None, self._chosen(method, token), if_match)

    async def _set(
        self,
        actor: Actor,
        checkout_id: UUID,
        shipping: ShippingStep | None,
        payment: PaymentStep | None,
        if_match: str | None,
    ) -> CheckoutView:
        async def work(unit: Unit) -> CheckoutView:
            loaded = await store.lock(unit, checkout_id, _owner(actor), self._hold)
            if loaded.checkout.state not in OPEN_STATES:
                raise CheckoutStateError("An order is on its way from it, or it is over.", state=loaded.checkout.state)
            if if_match is not None:
                check_if_match(if_match, loaded.checkout.version, {"version": loaded.checkout.version})
            self._tell_stock(unit, loaded)
            return await self._step(unit, loaded, shipping, payment)

        try:
            return await self._db.in_unit(work)
        except InsufficientInventoryError as error:
            raise await self._explained(actor, error) from error

    async def _step(
        self, unit: Unit, loaded: Loaded, shipping: ShippingStep | None, payment: PaymentStep | None
    ) -> CheckoutView:
        """Write what was sent into a locked checkout, requote, and move it to the step that comes next."""
        checkout = loaded.checkout
        if checkout.state not in OPEN_STATES:
            return self._view(checkout, [])
        cart = _sellable(loaded.cart)
        contact = self._contacts.checked(shipping.contact) if shipping else self._contacts.of(checkout)
        chosen = shipping.method if shipping else checkout.shipping_method
        review, offers = await self._review(unit, cart, contact, chosen, loaded.rates_version)
        method = review.shipping.code if review.shipping else None
        wanted = state_of(has_shipping=method is not None, has_payment=payment is not None or is_payable(checkout))
        saved = await store.save(
            unit,
            checkout.id,
            Changes(
                contact=self._contacts.sealed(checkout.id, contact) if shipping and contact else msgspec.UNSET,
                shipping_method=method,
                payment_method=payment.method if payment else msgspec.UNSET,
                payment_source=self._sources.sealed(checkout.id, payment) if payment else msgspec.UNSET,
                quote=review,
            ),
            wanted,
            self.settings.live_s,
        )
        return self._view(saved.checkout, offers)

    async def begin(
        self, actor: Actor, checkout_id: UUID, expected_total: Money | None
    ) -> tuple[Work | None, UUID | None]:
        """The first unit of placing: the work that is begun, or else the order that is on its way or done already.

        Raises TotalChangedError with the new quote (stored for review, nothing charged) if it is not what was agreed to.
        A refusal of what was ready to be placed is kept, in a unit of its own, and told.
        """

        async def work(unit: Unit) -> tuple[Work | None, UUID | None] | TotalChangedError:
            return await self._begin(unit, actor, checkout_id, expected_total)

        try:
            begun = await self._db.in_unit(work)
        except REFUSED_PLACINGS as error:
            told = await self._explained(actor, error) if isinstance(error, InsufficientInventoryError) else error
            await store.record_refusal(self._db, checkout_id, _owner(actor), told.code)
            raise told from error
        if isinstance(begun, TotalChangedError):
            raise begun
        return begun

    async def _begin(
        self, unit: Unit, actor: Actor, checkout_id: UUID, expected_total: Money | None
    ) -> tuple[Work | None, UUID | None] | TotalChangedError:
        """As `begin`; that the total changed is answered, not raised, for the new quote is to be kept."""
        loaded = await store.lock(unit, checkout_id, _owner(actor), self._hold)
        if loaded.checkout.state in {CheckoutState.PLACING, CheckoutState.CONFIRMED}:
            return None, loaded.checkout.order_id
        agreed, contact = self._agreed(loaded.checkout)
        now, _ = await self._review(
            unit, _sellable(loaded.cart), contact, loaded.checkout.shipping_method, loaded.rates_version
        )
        self._tell_stock(unit, loaded)
        if now.keeps(agreed) and expected_total in {None, _total(now)}:
            draft = self._drafts.draft(loaded, now, contact)
            return await store.begin_placing(unit, draft, actor.key), None
        saved = await store.save(
            unit, loaded.checkout.id, Changes(quote=now), loaded.checkout.state, self.settings.live_s
        )
        return TotalChangedError(
            "It would arrive later than you agreed to; look at the new days and place the order again."
            if now.asks_as(agreed) and now.is_later_than(agreed)
            else "Look at the new total and place the order again.",
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
        """The unit that ends a placing without an order; the checkout is back at payment, what the cart wants by now is held."""
        ref = self._payments.sealed_ref(work.payment.payment_id, outcome)
        return await store.give_up(
            self._db,
            work.order.order_id,
            attempt.id,
            (outcome.kind.value, ref, reason),
            uuid7(),
            self._payments.settings.lease_s,
            self._hold,
            owes_void=outcome.owes_void,
        )

    async def resume(self, order_id: UUID) -> Work:
        """Take up an order's open call; the work says whether it is ours."""
        return await store.resume(self._db, order_id, self._payments.settings.lease_s, self.settings.placing_s)

    async def end_authorization(self, order_id: UUID, attempt_id: UUID) -> Work:
        """Intend the capture (or, of an order that came to nothing, the void) of an authorization that ends before long."""
        return await store.end_authorization(self._db, order_id, attempt_id, self._payments.settings.lease_s)

    async def work_of(self, order_id: UUID, executor: Executor | None = None) -> Work:
        """An order on its way, as it is (or as a unit of work sees it)."""
        return await store.get_work(executor or self._db, order_id)

    async def shortage_of(self, actor: Actor, order_id: UUID) -> ShopError:
        """Why there was not enough for an order that failed: what is left now, and what else there is."""
        error = InsufficientInventoryError(**await store.get_shortage(self._db, order_id))
        return await self._explained(actor, error)

    async def list_failures(self, before: FailureKey | None, limit: int) -> list[FailedPlacing]:
        """A page of placings that came to nothing, newest first, for staff."""
        return await store.list_failures(self._db, before, limit)

    async def expire_abandoned(self) -> int:
        """End a batch of checkouts that nobody went on with."""
        return await store.expire(self._db, EXPIRE_BATCH)

    async def _explained(self, actor: Actor, error: InsufficientInventoryError) -> ShopError:
        """A refusal for stock as it is told, after its unit of work: what a checkout had reviewed, it had held."""
        explained = await self._explain(actor, error)
        live = await store.find_live(self._db, _owner(actor))
        facts = error.extra
        if live is not None and has_reviewed(
            live.checkout, UUID(str(facts["variant_id"])), int(str(facts["requested"]))
        ):
            return ReservationExpiredError(
                "Your reservation ran out and somebody else took it meanwhile.", retry_after_s=None, **explained.extra
            )
        return explained

    def _chosen(self, method: str | None, token: str | None) -> PaymentStep | None:
        """A way to pay that was chosen, if it is offered and comes with a token where it needs one."""
        if method is None:
            return None
        self._payments.check_choice(method, token)
        return PaymentStep(method=method, token=token)

    def _tell_stock(self, unit: Unit, loaded: Loaded) -> None:
        if loaded.stock:
            unit.after_commit(lambda: self._notices.stock_changed(loaded.stock))

    def _agreed(self, checkout: StoredCheckout) -> tuple[Review, Contact]:
        """What was reviewed, and for whom."""
        contact = self._contacts.of(checkout)
        if checkout.state is CheckoutState.EXPIRED:
            raise CheckoutStateError("The checkout is over; open a new one.", state=checkout.state)
        if checkout.state is not CheckoutState.REVIEW or checkout.quote is None or contact is None:
            raise CheckoutIncompleteError(missing=_missing(checkout))
        return checkout.quote, contact

    async def _review(
        self, unit: Unit, cart: CartContent, contact: Contact | None, method: str | None, rates_version: int | None
    ) -> tuple[Review, list[ShippingOffer]]:
        """A locked cart as it would be bought now, and the ways to ship it; without a method the first that is offered."""
        quote, offers = await self._pricing.quote_with_offers(
            unit,
            lines=quote_lines(cart),
            currency=cart.currency,
            destination=destination_of(contact) if contact else None,
            shipping_method=method,
            ready_on=ready_on(cart.lines),
            rates_version=rates_version,
        )
        code = quote.shipping.code if quote.shipping else None
        window = next((offer.window for offer in offers if offer.code == code), None)
        return review_of(cart, quote, window), offers

    async def _offers_now(self, checkout: StoredCheckout) -> list[ShippingOffer]:
        contact, review = self._contacts.of(checkout), checkout.quote
        if contact is None or review is None or checkout.state not in OPEN_STATES:
            return []
        totals = review.totals
        return await self._pricing.shipping_offers(
            self._db,
            destination=destination_of(contact),
            currency=review.currency,
            merchandise_minor=totals.subtotal_minor - totals.discount_minor,
            ready_on=ready_on(review.lines),
        )

    def _view(self, checkout: StoredCheckout, offers: list[ShippingOffer]) -> CheckoutView:
        return CheckoutView(
            checkout=checkout,
            contact=self._contacts.of(checkout),
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


def _missing(checkout: StoredCheckout) -> list[str]:
    steps = {"shipping": checkout.contact and checkout.shipping_method, "payment": is_payable(checkout)}
    return [step for step, is_there in steps.items() if not is_there]


def _total(review: Review) -> Money:
    return Money(review.totals.total_minor, review.currency)
