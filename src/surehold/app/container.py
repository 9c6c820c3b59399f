"""Puts the parts together, once per process. Nothing else in the code base knows them all."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry

from surehold.adapters.addresses.http import HttpAddressValidator
from surehold.adapters.carts.valkey_copies import ValkeyCartCopies
from surehold.adapters.mail.smtp import SmtpTransport
from surehold.adapters.payments.pay_on_delivery import PayOnDelivery
from surehold.adapters.payments.stripe import StripeBook, StripeClients, StripeWebhooks, card, klarna
from surehold.adapters.webhooks import HttpsWebhooks
from surehold.app.account_letters import AccountLetters
from surehold.app.address_metrics import count_address_checks
from surehold.app.letters import OrderLetters
from surehold.app.payment_metrics import count_provider_trouble, count_refusals
from surehold.app.pictures import open_pictures
from surehold.app.routing import handlers_of
from surehold.app.settings import Settings, SettingsError
from surehold.flows.cancel_order import CancelOrder
from surehold.flows.carry_out_payment import Notices, PaymentCarrier
from surehold.flows.end_authorizations import EndAuthorizations
from surehold.flows.hear_provider import HearProvider
from surehold.flows.place_order import PlaceOrder
from surehold.flows.sign_in import SignInFlow
from surehold.flows.sign_up import SignUpFlow
from surehold.kernel.clock import SystemClock
from surehold.modules.audit import AuditLog
from surehold.modules.cart import CartCopies, CartService
from surehold.modules.catalog import CatalogDesk, CatalogService, CatalogTaxonomy, PictureLibrary
from surehold.modules.checkout import AddressChecks, AddressValidator, CheckoutService
from surehold.modules.identity import Address, IdentityService, Passwords, SessionResolver, validate_address
from surehold.modules.inventory import InventoryService
from surehold.modules.notifications import AccountLetterWriter, LetterWriter, MailSender, Sender
from surehold.modules.orders import OrderService, PostalAddress
from surehold.modules.payments import ChargeBook, Comparing, NewsInbox, PaymentProvider, PaymentService
from surehold.modules.pricing import PricingService
from surehold.modules.webhooks import MessageWriter, TargetRules, WebhookDesk, WebhookLog, WebhookSender, read_networks
from surehold.platform.cache import Invalidator, build_invalidator, sign_terms
from surehold.platform.db import Database
from surehold.platform.events import ValkeyWaker, Waker
from surehold.platform.http import Cookies, CursorCodec, scopes_of
from surehold.platform.idempotency import Idempotency
from surehold.platform.realtime import Hinter, HintSender
from surehold.platform.sealed import KeyRingError, SealedCodec, derive, require_index_key
from surehold.platform.valkey import ValkeyLink

ORDER_ACCESS = "order-access"
LASTING_PURPOSES = (ORDER_ACCESS,)
"""Secrets of these purposes are needed for as long as what they made lives; a retired key leaves them behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nerves:
    """How a process tells others what it committed; all of it best effort."""

    waker: Waker
    hinter: Hinter
    invalidator: Invalidator
    copies: CartCopies
    close: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Every service of a process. Handlers ask for them by these names."""

    audit: AuditLog
    identity: IdentityService
    sessions: SessionResolver
    pricing: PricingService
    inventory: InventoryService
    catalog: CatalogService
    catalog_desk: CatalogDesk
    catalog_taxonomy: CatalogTaxonomy
    pictures: PictureLibrary
    cart: CartService
    stripe: StripeClients
    payments: PaymentService
    orders: OrderService
    checkout: CheckoutService
    placement: PlaceOrder
    cancellation: CancelOrder
    inbox: NewsInbox
    hearing: HearProvider
    comparing: Comparing
    authorizations: EndAuthorizations
    sign_in: SignInFlow
    sign_up: SignUpFlow
    letters: LetterWriter
    account_letters: AccountLetterWriter
    mails: MailSender
    webhooks: WebhookDesk
    webhook_log: WebhookLog
    webhook_messages: MessageWriter
    webhook_calls: WebhookSender
    idempotency: Idempotency
    jar: Cookies
    cursors: CursorCodec


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a command of ours works with."""

    db: Database
    parts: Parts
    nerves: Nerves


def build_nerves(settings: Settings, link: ValkeyLink, invalidator: Invalidator, hinter: Hinter) -> Nerves:
    """The nerves of a process over its link to Valkey."""
    waker = ValkeyWaker(link.client)
    copies = ValkeyCartCopies(link.client, SealedCodec(settings.core.key_ring))

    async def close() -> None:
        await waker.close()
        await copies.close()

    return Nerves(waker=waker, hinter=hinter, invalidator=invalidator, copies=copies, close=close)


def build_parts(
    settings: Settings,
    db: Database,
    nerves: Nerves,
    registry: CollectorRegistry,
    providers: Sequence[PaymentProvider] | None = None,
) -> Parts:
    """All services over one database; what they count is read from `registry`. Nothing is opened or asked yet.

    `providers`: other ways to pay than those that the settings configure.
    """
    ring = settings.core.key_ring
    codec = SealedCodec(ring)
    access_key, *earlier_access_keys = ring.secrets(ORDER_ACCESS)
    cursor_secret, *earlier_cursor_secrets = ring.secrets("cursors")
    waker, hinter, invalidator = nerves.waker, nerves.hinter, nerves.invalidator
    audit = AuditLog(db)
    identity = IdentityService(
        db,
        codec,
        waker,
        Passwords(settings.password),
        settings.identity,
        shop_name=settings.core.shop_name,
        known_scopes=scopes_of(handlers_of(())),
    )
    pricing = PricingService(db, SystemClock(), invalidator)
    pictures = open_pictures(db, settings.core.data_dir, settings.media)
    catalog = CatalogService(db, media_place=settings.media.public_url)
    cart = CartService(
        db,
        settings.cart,
        waker=waker,
        hinter=hinter,
        invalidator=invalidator,
        copies=nerves.copies,
        alternatives=catalog.alternatives,
    )
    stripe = StripeClients(settings.stripe, count_provider_trouble(registry))
    payments = PaymentService(
        db,
        codec,
        ways_to_pay(stripe) if providers is None else providers,
        settings.payment,
        count_refusal=count_refusals(registry),
        return_url=lambda order_id: f"{settings.core.public_url}/orders/{order_id}",
    )
    orders = OrderService(db, codec, access_key, earlier_access_keys)
    notices = Notices(hinter, invalidator, waker)
    checkout = CheckoutService(
        db,
        codec,
        pricing,
        payments,
        orders,
        address_rules,
        settings.checkout,
        addresses=AddressChecks(address_rules, _validator(settings), count=count_address_checks(registry)),
        holds=settings.cart,
        explain=cart.explain,
        notices=notices,
    )
    carrier = PaymentCarrier(db, checkout, payments, notices)
    inbox = NewsInbox(db, codec, [StripeWebhooks(settings.stripe, SystemClock())], settings.payment)
    terms = _TermsCookie(pricing, derive(ring.current, "terms"))
    webhook_rules = webhook_rules_of(settings)
    sender = Sender(shop_name=settings.core.shop_name, email=settings.core.mail_from, shop_url=settings.core.public_url)
    return Parts(
        audit=audit,
        identity=identity,
        sessions=SessionResolver(db, settings.identity),
        pricing=pricing,
        inventory=InventoryService(db, waker=waker, hinter=hinter, invalidator=invalidator),
        catalog=catalog,
        catalog_desk=CatalogDesk(db, prices=pricing, pictures=pictures, invalidator=invalidator, waker=waker),
        catalog_taxonomy=CatalogTaxonomy(db, invalidator=invalidator),
        pictures=pictures,
        cart=cart,
        stripe=stripe,
        payments=payments,
        orders=orders,
        checkout=checkout,
        placement=PlaceOrder(checkout, payments, carrier, notices),
        cancellation=CancelOrder(db, orders, checkout, payments, carrier, notices),
        inbox=inbox,
        hearing=HearProvider(inbox, carrier),
        comparing=Comparing(db, codec, *_books(stripe)),
        authorizations=EndAuthorizations(checkout, payments, carrier),
        sign_in=SignInFlow(identity, cart, terms),
        sign_up=SignUpFlow(identity, cart, terms),
        letters=LetterWriter(OrderLetters(orders, payments), codec, sender),
        account_letters=AccountLetterWriter(AccountLetters(identity, settings.core.public_url), codec, sender),
        mails=MailSender(db, SmtpTransport(settings.core.smtp_url), codec, sender, settings.sending),
        webhooks=WebhookDesk(db, codec, webhook_rules, settings.webhook),
        webhook_log=WebhookLog(db, settings.webhook),
        webhook_messages=MessageWriter(db, SystemClock()),
        webhook_calls=WebhookSender(db, _webhook_way(settings, webhook_rules), codec, SystemClock(), settings.webhook),
        idempotency=Idempotency(db, codec, settings.idempotency),
        jar=Cookies(secure=settings.core.secure, guest_days=settings.cart.guest_days),
        cursors=CursorCodec(cursor_secret, earlier_cursor_secrets),
    )


def ways_to_pay(stripe: StripeClients) -> list[PaymentProvider]:
    """What the settings configure, in the order in which buyers see it."""
    cards: list[PaymentProvider] = [card(stripe), klarna(stripe)] if stripe.settings.is_on else []
    return [*cards, PayOnDelivery()]


def _books(stripe: StripeClients) -> tuple[list[ChargeBook], list[str]]:
    """The books that can be read, and the ways to pay that stand in them."""
    if not stripe.settings.is_on:
        return [], []
    return [StripeBook(stripe)], [card(stripe).method.code, klarna(stripe).method.code]


def _validator(settings: Settings) -> AddressValidator | None:
    return HttpAddressValidator(settings.address) if settings.address.url else None


def address_rules(address: PostalAddress) -> PostalAddress:
    """The rules of a country, as checkout asks for them."""
    checked = validate_address(msgspec.convert(msgspec.to_builtins(address), Address))
    return msgspec.convert(msgspec.to_builtins(checked), PostalAddress)


def webhook_rules_of(settings: Settings) -> TargetRules:
    """Where this shop's webhooks may go."""
    return TargetRules(
        development=settings.core.env == "development",
        networks=read_networks(settings.webhook.networks),
        ports=settings.webhook.ports,
    )


def _webhook_way(settings: Settings, rules: TargetRules) -> HttpsWebhooks:
    limits = settings.webhook
    return HttpsWebhooks(rules, timeout_s=limits.call_timeout_s, connect_timeout_s=limits.connect_timeout_s)


class _TermsCookie:
    """The signed name of an account's price list, for the edge."""

    def __init__(self, pricing: PricingService, secret: bytes) -> None:
        self._pricing, self._secret = pricing, secret

    async def __call__(self, account_id: Any) -> str | None:
        """The cookie's value, or None where the account sees the shop's own prices."""
        if await self._pricing.terms_cookie_for(account_id) is None:
            return None
        terms = await self._pricing.terms_of(account_id)
        return sign_terms(self._secret, str(terms.price_list_id))


class Teller:
    """The nerves of a process that serves nobody itself: the worker, a command. It tells the others what it changes."""

    def __init__(self, settings: Settings) -> None:
        self.link = ValkeyLink(settings.core.valkey_url)
        self._bus = build_invalidator(self.link, settings.cache)
        self._hinter = HintSender(self.link, settings.realtime)
        self.nerves = build_nerves(settings, self.link, self._bus, self._hinter)

    @asynccontextmanager
    async def at_work(self) -> AsyncGenerator[None]:
        """Connected for the length of the block; what waits is sent before it ends."""
        await self._bus.start()
        await self._hinter.start()
        await self.link.start()
        try:
            yield
        finally:
            await self.nerves.close()
            await self._hinter.stop()
            await self._bus.stop()
            await self.link.stop()


async def require_fitting_keys(db: Database, settings: Settings) -> None:
    """SettingsError when the keys are not those of this database; see `require_index_key`."""
    try:
        await require_index_key(db, settings.core.key_ring)
    except KeyRingError as error:
        raise SettingsError(f"the secret key does not fit: {error}") from error


@asynccontextmanager
async def open_tools(settings: Settings) -> AsyncGenerator[Tools]:
    """The parts for a command that does its work and ends; what it changes, running processes learn."""
    db = Database(settings.core.database_url, settings.db)
    teller = Teller(settings)
    await db.open()
    try:
        await require_fitting_keys(db, settings)
        async with teller.at_work():
            parts = build_parts(settings, db, teller.nerves, CollectorRegistry())
            try:
                yield Tools(db=db, parts=parts, nerves=teller.nerves)
            finally:
                await parts.pictures.close()
    finally:
        await db.close()
