"""Paying by card over the provider's own interface: what the buyer is told, what the provider's books say, and that both agree."""

import asyncio
import logging
from uuid import UUID

import pytest

from surehold.adapters.payments.stripe import StripeClients, StripeSettings
from surehold.adapters.payments.stripe.client import RejectedError
from surehold.app.doctor import examine, load_checks
from surehold.kernel.errors import InvalidInputError
from surehold.modules.checkout import CheckoutState, PaymentDeclinedError, Work
from surehold.modules.orders import OrderStatus
from surehold.modules.payments import PaymentStatus, PaymentTokenError
from surehold.platform.http.actor import Actor
from tests.support.card_provider import CHALLENGED, DECLINED, VISA, CardProvider
from tests.support.shop import UNIT_MINOR, Shop

STOCK = 5
A_DAY = 24 * 60 * 60


async def _ready(shop: Shop, token: str | None = VISA, method: str = "card") -> tuple[Actor, UUID, UUID]:
    [variant] = await shop.variants(1, STOCK)
    actor, checkout_id = await shop.ready([(variant, 1)], method, token)
    return actor, checkout_id, variant


async def _recovered(shop: Shop, order_id: UUID, *, later_s: int = 0) -> Work:
    await shop.age_calls()
    await shop.db.execute(
        "update payments.attempts set started_at = started_at - make_interval(secs => %s) where settled_at is null",
        (later_s,),
    )
    await shop.place.recover()
    return await shop.checkout.work_of(order_id)


async def test_a_card_is_charged_once_for_exactly_the_total(card_shop: Shop, cards: CardProvider) -> None:
    actor, checkout_id, _ = await _ready(card_shop)
    work = (await card_shop.place.place(actor, checkout_id, None)).work
    assert (work.order.status, work.payment.status) == (OrderStatus.CONFIRMED, PaymentStatus.SUCCESS)
    [intent] = await cards.intents(work.order.order_id)
    assert (intent["status"], intent["amount_received"]) == ("succeeded", work.order.total_minor)
    assert intent["metadata"] == {"order_id": str(work.order.order_id), "payment_id": str(work.payment.payment_id)}
    again = await card_shop.place.place(actor, checkout_id, None)
    assert not again.is_new
    assert await cards.charged(work.order.order_id) == [work.order.total_minor]


async def test_a_decline_keeps_cart_and_holds_and_another_card_pays(card_shop: Shop, cards: CardProvider) -> None:
    actor, checkout_id, variant = await _ready(card_shop, DECLINED)
    with pytest.raises(PaymentDeclinedError) as told:
        await card_shop.place.place(actor, checkout_id, None)
    assert (told.value.code, told.value.extra["reason"]) == ("PAYMENT_FAILED", "INSUFFICIENT_FUNDS")
    assert await card_shop.held(variant) == 1
    view = await card_shop.checkout.get(actor, checkout_id)
    assert view.checkout.state is CheckoutState.PAYMENT
    assert view.checkout.payment_source is None, "a token is used once"
    await card_shop.checkout.set_payment(actor, checkout_id, "card", None, token=VISA)
    work = (await card_shop.place.place(actor, checkout_id, None)).work
    assert work.order.status is OrderStatus.CONFIRMED
    assert await cards.charged(work.order.order_id) == [work.order.total_minor]
    (failed, status), _ = await card_shop.orders_of(checkout_id)
    assert (status, await cards.charged(failed), await cards.held(failed)) == ("FAILED", [], 0)


@pytest.mark.parametrize(("method", "token"), [("card", CHALLENGED), ("klarna", None)])
async def test_the_buyer_agrees_on_another_page(
    card_shop: Shop, cards: CardProvider, method: str, token: str | None
) -> None:
    actor, checkout_id, _ = await _ready(card_shop, token, method)
    placed = await card_shop.place.place(actor, checkout_id, None)
    assert placed.work.order.status is OrderStatus.PENDING
    assert placed.action is not None
    [call] = [one for one in await cards.log("calls") if str(placed.work.order.order_id) in str(one["params"])]
    assert ("ada@example.com" in str(call["params"])) == (method == "klarna"), "only who needs it is told who pays"
    await cards.approve(placed.action)
    again = await card_shop.place.place(actor, checkout_id, None)
    assert again.work.order.status is OrderStatus.CONFIRMED
    assert await cards.charged(again.work.order.order_id) == [again.work.order.total_minor]


@pytest.mark.parametrize(("method", "token"), [("card", CHALLENGED), ("klarna", None)])
async def test_the_buyer_does_not_agree(card_shop: Shop, cards: CardProvider, method: str, token: str | None) -> None:
    actor, checkout_id, variant = await _ready(card_shop, token, method)
    placed = await card_shop.place.place(actor, checkout_id, None)
    assert placed.action is not None
    await cards.approve(placed.action, "fail")
    with pytest.raises(PaymentDeclinedError):
        await card_shop.place.place(actor, checkout_id, None)
    assert await card_shop.held(variant) == 1
    assert await cards.held(placed.work.order.order_id) == 0


@pytest.mark.parametrize("op", ["payment_intents.create", "payment_intents.capture"])
@pytest.mark.parametrize("trouble", ["lost_before", "lost_after", "status:429"])
async def test_a_lost_answer_is_found_out_not_guessed(
    card_shop: Shop, cards: CardProvider, op: str, trouble: str
) -> None:
    actor, checkout_id, _ = await _ready(card_shop)
    await cards.trouble(op, trouble)
    placed = await card_shop.place.place(actor, checkout_id, None)
    assert placed.work.payment.status is PaymentStatus.UNKNOWN
    work = await _recovered(card_shop, placed.work.order.order_id)
    assert (work.order.status, work.payment.status) == (OrderStatus.CONFIRMED, PaymentStatus.SUCCESS)
    assert await cards.charged(work.order.order_id) == [work.order.total_minor]
    assert len(await cards.intents(work.order.order_id)) == 1


async def test_an_error_that_stays_with_its_key_ends_all_the_same(card_shop: Shop, cards: CardProvider) -> None:
    """The provider answers the same error for the same key all day."""
    actor, checkout_id, _ = await _ready(card_shop)
    await cards.trouble("payment_intents.capture", "status:500")
    order_id = (await card_shop.place.place(actor, checkout_id, None)).work.order.order_id
    assert (await _recovered(card_shop, order_id)).payment.status is PaymentStatus.UNKNOWN
    work = await _recovered(card_shop, order_id, later_s=70)
    assert await cards.charged(order_id) == [work.order.total_minor]
    await cards.trouble("refunds.create", "status:500")
    await card_shop.cancel.cancel(order_id, reason="changed_mind", actor="system")
    await _recovered(card_shop, order_id, later_s=700)
    work = await _recovered(card_shop, order_id)
    assert work.payment.status is PaymentStatus.REFUNDED
    assert await cards.refunded(order_id) == work.order.total_minor


async def test_an_authorization_that_never_comes_is_given_up(card_shop: Shop, cards: CardProvider) -> None:
    actor, checkout_id, variant = await _ready(card_shop)
    await cards.trouble("payment_intents.create", "status:500")
    order_id = (await card_shop.place.place(actor, checkout_id, None)).work.order.order_id
    work = await _recovered(card_shop, order_id, later_s=1900)
    assert (work.order.status, work.checkout.failure) == (OrderStatus.FAILED, "ABANDONED")
    assert (await cards.charged(order_id), await cards.held(order_id), await card_shop.held(variant)) == ([], 0, 1)


async def test_after_a_day_the_provider_is_asked_what_it_has_before_anything_else(
    card_shop: Shop, cards: CardProvider
) -> None:
    actor, checkout_id, _ = await _ready(card_shop)
    await cards.trouble("payment_intents.create", "lost_after")
    order_id = (await card_shop.place.place(actor, checkout_id, None)).work.order.order_id
    await cards.control(clock_offset_s=A_DAY + 60, search_lag_s=2 * A_DAY)
    work = await _recovered(card_shop, order_id, later_s=A_DAY + 60)
    assert await cards.charged(order_id) == [work.order.total_minor]
    assert len(await cards.intents(order_id)) == 1


async def test_what_is_found_under_our_name_for_another_amount_is_not_paid(
    card_shop: Shop, cards: CardProvider
) -> None:
    actor, checkout_id, _ = await _ready(card_shop)
    await cards.trouble("payment_intents.create", "lost_before")
    work = (await card_shop.place.place(actor, checkout_id, None)).work
    await cards.clients.payments.payment_intents.create_async(
        {
            "amount": 1,
            "currency": "usd",
            "confirm": True,
            "payment_method": VISA,
            "payment_method_types": ["card"],
            "metadata": {"order_id": str(work.order.order_id), "payment_id": str(work.payment.payment_id)},
        }
    )
    work = await _recovered(card_shop, work.order.order_id)
    assert (work.order.status, work.payment.status) == (OrderStatus.PENDING, PaymentStatus.UNKNOWN)
    row = await card_shop.db.fetch_one(
        "select kind from payments.findings where payment_id = %s", (work.payment.payment_id,)
    )
    assert row == ("mismatch",), "staff is told"


async def test_cancelling_gives_the_money_back_to_the_card(card_shop: Shop, cards: CardProvider) -> None:
    actor, checkout_id, _ = await _ready(card_shop)
    order_id = (await card_shop.place.place(actor, checkout_id, None)).work.order.order_id
    await cards.trouble("refunds.create", "lost_after")
    await card_shop.cancel.cancel(order_id, reason="changed_mind", actor="system")
    work = await _recovered(card_shop, order_id)
    assert work.payment.status is PaymentStatus.REFUNDED
    assert await cards.refunded(order_id) == work.order.total_minor


@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_slow_refund_stays_open_until_it_is_through(
    card_shop: Shop, cards: CardProvider, database_url: str, is_lost: bool
) -> None:
    actor, checkout_id, _ = await _ready(card_shop)
    order_id = (await card_shop.place.place(actor, checkout_id, None)).work.order.order_id
    await cards.trouble("refunds.create", "pending")
    if is_lost:
        await cards.trouble("refunds.create", "lost_before")
    await card_shop.cancel.cancel(order_id, reason="changed_mind", actor="system")
    work = await _recovered(card_shop, order_id)
    assert work.payment.attempt is not None
    assert (work.payment.status, await cards.refunded(order_id)) == (PaymentStatus.SUCCESS, 0)
    await _recovered(card_shop, order_id, later_s=A_DAY)
    found = await asyncio.to_thread(examine, database_url, load_checks())
    told = [sentence for one in found for sentence in one.sentences if str(work.payment.payment_id) in sentence]
    assert told == [], "it is slow, and nothing is wrong with it"
    await cards.control(settle_refunds="succeeded")
    work = await _recovered(card_shop, order_id)
    assert (work.payment.status, work.payment.attempt) == (PaymentStatus.REFUNDED, None)
    assert await cards.refunded(order_id) == UNIT_MINOR + (work.order.total_minor - UNIT_MINOR)


async def test_what_was_authorized_for_stock_that_is_gone_is_voided(card_shop: Shop, cards: CardProvider) -> None:
    actor, checkout_id, variant = await _ready(card_shop)
    await cards.trouble("payment_intents.create", "lost_after")
    work = (await card_shop.place.place(actor, checkout_id, None)).work
    await card_shop.db.execute("update inventory.holders set held_until = '-infinity', placing_until = null")
    await card_shop.guest_with([(variant, STOCK)])
    work = await _recovered(card_shop, work.order.order_id)
    assert (work.order.status, work.payment.status) == (OrderStatus.FAILED, PaymentStatus.VOIDED)
    assert (await cards.charged(work.order.order_id), await cards.held(work.order.order_id)) == ([], 0)


@pytest.mark.parametrize(
    ("method", "token"),
    [
        ("card", None),
        ("klarna", VISA),
        ("pay_on_delivery", VISA),
        ("card", "4242424242424242"),
        ("card", "pm_4242-4242-4242-4242"),
    ],
)
async def test_a_token_goes_with_its_method_and_is_no_card_number(
    card_shop: Shop, method: str, token: str | None
) -> None:
    [variant] = await card_shop.variants(1, STOCK)
    actor = await card_shop.guest_with([(variant, 1)])
    with pytest.raises(PaymentTokenError) as told:
        await card_shop.checked_out(actor, method, token)
    assert "4242" not in str(told.value)


async def test_a_token_is_kept_sealed_and_only_as_long_as_it_is_needed(card_shop: Shop, cards: CardProvider) -> None:
    actor, checkout_id, _ = await _ready(card_shop)
    row = await card_shop.db.fetch_one("select payment_source from checkout.checkouts where id = %s", (checkout_id,))
    assert row is not None
    assert VISA.encode() not in row[0]
    await cards.trouble("payment_intents.create", "lost_before")
    work = (await card_shop.place.place(actor, checkout_id, None)).work
    in_checkout = "select payment_source from checkout.checkouts where id = %s"
    in_payment = "select source from payments.payments where id = %s"
    assert await card_shop.db.fetch_one(in_checkout, (checkout_id,)) == (None,)
    kept = await card_shop.db.fetch_one(in_payment, (work.payment.payment_id,))
    assert kept is not None
    assert VISA.encode() not in kept[0]
    await _recovered(card_shop, work.order.order_id)
    assert await card_shop.db.fetch_one(in_payment, (work.payment.payment_id,)) == (None,)


async def test_the_logs_name_neither_token_nor_intent(
    card_shop: Shop, cards: CardProvider, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        actor, checkout_id, _ = await _ready(card_shop)
        order_id = (await card_shop.place.place(actor, checkout_id, None)).work.order.order_id
        await cards.clients.payments.payment_intents.list_async({"limit": 1})
    [intent] = await cards.intents(order_id)
    said = [record.getMessage() + str(record.__dict__) for record in caplog.records if record.name != "httpx"]
    assert [one for one in said if intent["id"] in one or VISA in one] == []
    assert logging.getLogger("httpx").getEffectiveLevel() >= logging.WARNING


async def test_a_call_that_was_a_mistake_is_counted_and_told_apart(card_shop: Shop, cards: CardProvider) -> None:
    counted: list[tuple[str, str]] = []
    clients = StripeClients(cards.settings, lambda call, what: counted.append((call, what)))
    with pytest.raises(RejectedError):
        await clients.ask(clients.payments.payment_intents.create_async({"amount": -1, "currency": "usd"}), "authorize")
    await cards.trouble("payment_intents.retrieve", "status:500")
    with pytest.raises(OSError, match="Error"):
        await clients.ask(clients.payments.payment_intents.retrieve_async("pi_x"), "retrieve")
    assert counted == [("authorize", "rejected"), ("retrieve", "unknown")]
    await clients.close()


async def test_a_token_that_is_none_is_a_decline_of_its_own(card_shop: Shop) -> None:
    actor, checkout_id, _ = await _ready(card_shop, "pm_of_nobody")
    with pytest.raises(PaymentDeclinedError) as told:
        await card_shop.place.place(actor, checkout_id, None)
    assert told.value.extra["reason"] == "TOKEN_INVALID"


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret_key": "pk_test_1", "publishable_key": "pk_test_1"},
        {"secret_key": "sk_test_1", "publishable_key": ""},
        {"secret_key": "sk_test_1", "publishable_key": "sk_test_1"},
        {"secret_key": "sk_live_1", "publishable_key": "pk_live_1", "api_url": "http://api.stripe.example"},
    ],
)
def test_keys_that_are_mixed_up_or_would_travel_in_the_clear_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as told:
        StripeSettings(**wrong)  # pyright: ignore[reportArgumentType]
    assert wrong["secret_key"] not in str(told.value)
