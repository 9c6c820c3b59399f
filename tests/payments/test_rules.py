"""What the tables refuse whatever the code says, and what settling twice does."""

import uuid
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg
import pytest

from surehold.adapters.payments.pay_on_delivery import PayOnDelivery
from surehold.adapters.payments.stripe import card
from surehold.kernel.ids import uuid7
from surehold.kernel.money import Money
from surehold.modules.payments import (
    Outcome,
    OutcomeKind,
    PaymentMethodUnavailableError,
    PaymentProvider,
    Phase,
    ProviderRequest,
)
from tests.support.card_provider import VISA, CardProvider
from tests.support.scripted_payments import ScriptedProvider
from tests.support.shop import Shop

DONE = Outcome(kind=OutcomeKind.SUCCEEDED, provider_ref="ref")


async def _pending(shop: Shop) -> tuple[UUID, UUID, UUID]:
    """An order whose authorization is lost: its id, its payment's and the open attempt's."""
    [variant] = await shop.variants(1, 5)
    actor, checkout_id = await shop.ready([(variant, 1)], "scripted")
    shop.scripted.script("authorize", "lost_before")
    work = (await shop.place.place(actor, checkout_id, None)).work
    assert work.payment.attempt is not None
    return work.order.order_id, work.payment.payment_id, work.payment.attempt.id


@pytest.mark.parametrize(
    "change",
    [
        "captured_minor = amount_minor",
        "authorized_minor = amount_minor + 1",
        "refunded_minor = 1",
        "status = 'REFUNDED'",
        "status = 'VOIDED'",
    ],
)
async def test_impossible_payments_are_refused(shop: Shop, change: str) -> None:
    _, payment_id, _ = await _pending(shop)
    with pytest.raises(psycopg.errors.CheckViolation):
        await shop.db.execute(f"update payments.payments set {change} where id = %s", (payment_id,))  # type: ignore[arg-type]


async def test_one_live_payment_an_order(shop: Shop) -> None:
    order_id, _, _ = await _pending(shop)
    with pytest.raises(psycopg.errors.UniqueViolation):
        await shop.db.execute(
            "insert into payments.payments (id, order_id, method, captures_on, currency, amount_minor)"
            " values (%s, %s, 'scripted', 'placement', 'USD', 1)",
            (uuid7(), order_id),
        )


async def test_an_attempt_settles_once(shop: Shop) -> None:
    order_id, _, attempt_id = await _pending(shop)
    work = await shop.checkout.work_of(order_id)
    assert work.payment.attempt is not None
    assert await shop.payments.settle(shop.db, work.payment, work.payment.attempt, DONE)
    declined = Outcome(kind=OutcomeKind.DECLINED, reason="LATE")
    assert not await shop.payments.settle(shop.db, work.payment, work.payment.attempt, declined)
    row = await shop.db.fetch_one(
        "select count(*), sum(amount_minor) from payments.events where attempt_id = %s", (attempt_id,)
    )
    assert row == (1, work.payment.amount_minor)


async def test_provider_names_are_sealed(shop: Shop) -> None:
    order_id, payment_id, _ = await _pending(shop)
    await shop.age_calls()
    await shop.place.recover()
    row = await shop.db.fetch_one("select provider_ref from payments.payments where id = %s", (payment_id,))
    assert row is not None
    assert b"ref-authorize" not in row[0]
    assert (await shop.checkout.work_of(order_id)).payment.status.value == "SUCCESS"


def test_an_unknown_method_is_named(shop: Shop) -> None:
    with pytest.raises(PaymentMethodUnavailableError) as told:
        shop.payments.provider("gold")
    assert "pay_on_delivery" in told.value.extra["offered"]  # type: ignore[operator]


@pytest.fixture(params=["pay_on_delivery", "scripted", "card"])
def provider(request: pytest.FixtureRequest, tmp_path: Path, cards: CardProvider) -> PaymentProvider:
    ways: dict[str, PaymentProvider] = {
        "pay_on_delivery": PayOnDelivery(),
        "scripted": ScriptedProvider(tmp_path),
        "card": card(cards.clients),
    }
    return ways[request.param]


async def test_every_adapter_keeps_the_contract(provider: PaymentProvider) -> None:
    """The same call again has the same answer, and so has a look-up; a call that was never made is known to nobody."""
    order_id, payment_id = uuid.uuid4(), uuid.uuid4()
    ref = None
    for phase, call in (
        (Phase.AUTHORIZE, provider.authorize),
        (Phase.CAPTURE, provider.capture),
        (Phase.REFUND, provider.refund),
    ):
        request = ProviderRequest(
            idempotency_key=f"{phase}:{payment_id}",
            phase=phase,
            order_id=order_id,
            payment_id=payment_id,
            amount=Money(500, "USD"),
            provider_ref=ref,
            source=VISA,
            return_url="http://127.0.0.1:8000/",
        )
        assert provider.is_direct or await provider.look_up(request) is None
        first = await call(request)
        assert first.kind is OutcomeKind.SUCCEEDED
        assert await call(request) == first
        assert await provider.look_up(request) == first
        ref = first.provider_ref or ref
    assert provider.captures_on in {"placement", "delivery"}


async def test_what_is_voided_is_voided_once(provider: PaymentProvider) -> None:
    request = ProviderRequest(
        idempotency_key=f"authorize:{uuid.uuid4()}",
        phase=Phase.AUTHORIZE,
        order_id=uuid.uuid4(),
        payment_id=uuid.uuid4(),
        amount=Money(500, "USD"),
        source=VISA,
    )
    held = await provider.authorize(request)
    void = msgspec.structs.replace(
        request, idempotency_key=f"void:{request.payment_id}", phase=Phase.VOID, provider_ref=held.provider_ref
    )
    for _ in range(2):
        assert (await provider.void(void)).kind is OutcomeKind.SUCCEEDED
    again = msgspec.structs.replace(void, idempotency_key=f"void:{request.payment_id}.2")
    assert (await provider.void(again)).kind is OutcomeKind.SUCCEEDED, "void already counts as success"
