"""The purchase path on a database, wired from real services: what a test of checkout, orders or crashes needs of a shop."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from surehold.adapters.payments.pay_on_delivery import PayOnDelivery
from surehold.adapters.payments.stripe import StripeBook, StripeClients, StripeProvider, StripeWebhooks, card, klarna
from surehold.flows.cancel_order import CancelOrder
from surehold.flows.carry_out_payment import Notices, PaymentCarrier
from surehold.flows.end_authorizations import EndAuthorizations
from surehold.flows.hear_provider import HearProvider
from surehold.flows.place_order import PlaceOrder
from surehold.kernel.clock import SystemClock
from surehold.kernel.ids import uuid7
from surehold.modules.cart import CartService, CartSettings
from surehold.modules.catalog import CatalogService
from surehold.modules.checkout import CheckoutService, CheckoutSettings, CheckoutView, ShippingStep
from surehold.modules.orders import Contact, OrderService, PostalAddress
from surehold.modules.payments import (
    Comparing,
    NewsInbox,
    PaymentMethod,
    PaymentProvider,
    PaymentService,
    PaymentSettings,
)
from surehold.modules.pricing import PricingService
from surehold.platform.db import Database
from surehold.platform.http import Actor, guest_token_hash
from surehold.platform.http.actor import ActorKind
from surehold.platform.realtime import Hint
from surehold.platform.sealed import SealedCodec
from tests.support.fakes import MemoryCopies
from tests.support.goods import Policy
from tests.support.scripted_payments import ScriptedProvider

KEY = hashlib.sha256(b"tests").digest()
ADDRESS = PostalAddress(
    name="Ada Byron", line1="12 Harbour Street", city="Portland", region="OR", postcode="97201", country="US"
)
CONTACT = Contact(email="ada@example.com", address=ADDRESS)
SHIPPING = ShippingStep(contact=CONTACT, method="standard")
UNIT_MINOR = 1900


class StandingClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Ears:
    """Hears hints, invalidations and wake-ups."""

    def __init__(self) -> None:
        self.hints: list[Hint] = []
        self.tags: list[str] = []
        self.woken = 0

    def hint(self, *hints: Hint) -> None:
        self.hints.extend(hints)

    def invalidate(self, tags: Iterable[str]) -> None:
        self.tags.extend(tags)

    def wake(self) -> None:
        self.woken += 1


@dataclass
class Shop:
    """Services over one database, with a scripted provider that captures at placement and one that does at delivery."""

    db: Database
    scripted: ScriptedProvider
    later: ScriptedProvider
    ears: Ears
    codec: SealedCodec
    pricing: PricingService
    payments: PaymentService
    orders: OrderService
    checkout: CheckoutService
    carrier: PaymentCarrier
    place: PlaceOrder
    cancel: CancelOrder
    refusals: list[tuple[str, str]]
    carts: CartService
    inbox: NewsInbox
    hearing: HearProvider
    comparing: Comparing
    authorizations: EndAuthorizations

    async def variants(self, count: int, stock: int, *, hold_on: str | None = None) -> list[UUID]:
        """Products with one variant each, so many units of each in stock."""
        products, variants = [], []
        for _ in range(count):
            product_id, variant_id = uuid7(), uuid7()
            name = f"thing-{variant_id.hex}"
            products.append(
                {"id": str(product_id), "slug": name, "title": "Thing", "title_key": "thing", "state": "published"}
            )
            variants.append(
                {
                    "id": str(variant_id),
                    "product_id": str(product_id),
                    "sku": name,
                    "position": 0,
                    "hold_on": hold_on or Policy.hold_on,
                }
            )
        ids = [UUID(variant["id"]) for variant in variants]
        async with self.db.unit() as unit:
            await unit.execute(
                "select catalog.write_products(%s::jsonb, %s::jsonb)", (json.dumps(products), json.dumps(variants))
            )
            await unit.execute(
                "select pricing.import_prices(%s::uuid[], %s::text[], %s::bigint[])",
                (ids, ["USD"] * count, [UNIT_MINOR] * count),
            )
            row = await unit.fetch_one(
                "select inventory.ensure_location(%s, 'main', 'Main', 'US', 'OR', 1)", (uuid7(),)
            )
            location = row[0] if row else None
            if stock:
                await unit.execute(
                    "select inventory.receive(%s::uuid[], %s::uuid[], %s::int[], 'receipt', %s)",
                    (ids, [location] * count, [stock] * count, str(uuid7())),
                )
        return ids

    async def guest_with(self, lines: Sequence[tuple[UUID, int]], account_id: UUID | None = None) -> Actor:
        """Somebody with a cart of these lines."""
        guest_hash = None if account_id else guest_token_hash(str(uuid7()))
        actor = Actor(
            kind=ActorKind.ACCOUNT if account_id else ActorKind.GUEST, account_id=account_id, guest_hash=guest_hash
        )
        await self.add(actor, lines)
        return actor

    async def add(self, actor: Actor, lines: Sequence[tuple[UUID, int]]) -> None:
        """Put lines into somebody's cart."""
        settings = {
            "hold_s": 1800,
            "hold_on": "add",
            "caps": {"max_hold_s": 14400, "max_network_units_per_variant": 200},
        }
        await self.db.fetch_one(
            "select cart.write_lines(%s, %s, %s, %s, 'USD', null, 'add', %s::uuid[], %s::int[], %s::jsonb)",
            (
                actor.account_id,
                actor.guest_hash,
                uuid7(),
                actor.guest_hash,
                [line[0] for line in lines],
                [line[1] for line in lines],
                json.dumps(settings),
            ),
        )

    async def checked_out(
        self, actor: Actor, method: str = "pay_on_delivery", token: str | None = None
    ) -> CheckoutView:
        """A checkout in review."""
        return await self.checkout.open(actor, SHIPPING, method, token=token)

    async def ready(
        self, lines: Sequence[tuple[UUID, int]], method: str = "pay_on_delivery", token: str | None = None
    ) -> tuple[Actor, UUID]:
        """A guest with a checkout in review."""
        actor = await self.guest_with(lines)
        view = await self.checked_out(actor, method, token)
        return actor, view.checkout.id

    async def stock_of(self, variant_id: UUID) -> tuple[int, int]:
        """On hand and reserved."""
        row = await self.db.fetch_one(
            "select on_hand, reserved from inventory.stock where variant_id = %s", (variant_id,)
        )
        assert row is not None
        return row[0], row[1]

    async def held(self, variant_id: UUID) -> int:
        """Units in carts' holds."""
        row = await self.db.fetch_one(
            "select coalesce(sum(quantity), 0)::int from inventory.holds where variant_id = %s", (variant_id,)
        )
        return row[0] if row else 0

    async def orders_of(self, checkout_id: UUID) -> list[tuple[UUID, str]]:
        """Ids and statuses of a checkout's orders, oldest first."""
        rows = await self.db.fetch_all(
            "select id, status from orders.orders where checkout_id = %s order by placed_at", (checkout_id,)
        )
        return [(row[0], row[1]) for row in rows]

    async def age_calls(self, seconds: int = 3600) -> None:
        """Let time pass for every open call, so that the recovery takes it up."""
        await self.db.execute(
            "update payments.attempts set leased_until = leased_until - make_interval(secs => %s)"
            " where settled_at is null",
            (seconds,),
        )


def as_they_are(address: PostalAddress) -> PostalAddress:
    """Address rules that know nothing."""
    return address


def make_shop(
    db: Database,
    books: Path,
    payment_settings: PaymentSettings | None = None,
    *,
    cart_settings: CartSettings | None = None,
    cards: StripeClients | None = None,
) -> Shop:
    """Wire it; with `cards`, also the methods of that card provider and the inbox of its messages."""
    codec, ears = SealedCodec(KEY), Ears()
    refusals: list[tuple[str, str]] = []

    def count(phase: str, verdict: str) -> None:
        refusals.append((phase, verdict))

    scripted = ScriptedProvider(books / "scripted")
    later = ScriptedProvider(books / "later", captures_on="delivery", code="scripted_later")
    pricing = PricingService(db, StandingClock(), ears)
    ways: list[PaymentProvider] = [PayOnDelivery(), scripted, later, *(_by_card(cards) if cards else [])]
    payments = PaymentService(db, codec, ways, payment_settings, count_refusal=count, return_url=return_url)
    orders = OrderService(db, codec, KEY)
    cart_settings = cart_settings or CartSettings()
    carts = CartService(
        db,
        cart_settings,
        waker=ears,
        hinter=ears,
        invalidator=ears,
        copies=MemoryCopies(),
        alternatives=CatalogService(db).alternatives,
    )
    notices = Notices(ears, ears, ears)
    checkout = CheckoutService(
        db,
        codec,
        pricing,
        payments,
        orders,
        as_they_are,
        CheckoutSettings(),
        holds=cart_settings,
        explain=carts.explain,
        notices=notices,
    )
    carrier = PaymentCarrier(db, checkout, payments, notices)
    place = PlaceOrder(checkout, payments, carrier, notices)
    cancel = CancelOrder(db, orders, checkout, payments, carrier, notices)
    verifiers = [StripeWebhooks(cards.settings, SystemClock())] if cards else []
    inbox = NewsInbox(db, codec, verifiers, payments.settings)
    their_books = [StripeBook(cards)] if cards else []
    return Shop(
        db,
        scripted,
        later,
        ears,
        codec,
        pricing,
        payments,
        orders,
        checkout,
        carrier,
        place,
        cancel,
        refusals,
        carts,
        inbox,
        HearProvider(inbox, carrier),
        Comparing(db, codec, their_books, ["card", "klarna", "card_later"]),
        EndAuthorizations(checkout, payments, carrier),
    )


def _by_card(clients: StripeClients) -> list[PaymentProvider]:
    """What a shop offers, and a card that is captured at the delivery."""
    method = PaymentMethod(code="card_later", title="Card, later", needs_token=True)
    return [card(clients), klarna(clients), StripeProvider(clients, method, "card", captures_on="delivery")]


def return_url(order_id: UUID) -> str:
    """Where a buyer comes back to who was sent away to agree."""
    return f"http://127.0.0.1:8000/orders/{order_id}"


def as_json(value: object) -> object:
    """What goes over the wire."""
    return json.loads(msgspec.json.encode(value))
