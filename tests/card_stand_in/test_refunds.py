"""Refunds: by amount, never more than was taken, slow or failing when the card or the test says so."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import stripe

from tests.card_stand_in.examples import captured, held
from tests.card_stand_in.process import StandIn


def test_by_amount_until_nothing_is_left(client: stripe.StripeClient) -> None:
    intent = captured(client)
    first = client.v1.refunds.create({"payment_intent": intent.id, "amount": 999, "metadata": {"refund_id": "r1"}})
    assert (first.status, first.amount, first.charge) == ("succeeded", 999, intent.latest_charge)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1001})
    rest = client.v1.refunds.create({"payment_intent": intent.id})
    assert rest.amount == 1000
    with pytest.raises(stripe.InvalidRequestError) as over:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert over.value.code == "charge_already_refunded"
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (1999, True)
    listed = client.v1.refunds.list({"payment_intent": intent.id})
    assert [one.id for one in listed.data] == [rest.id, first.id]
    assert client.v1.refunds.retrieve(first.id).metadata.to_dict() == {"refund_id": "r1"}


def test_only_what_was_captured(client: stripe.StripeClient) -> None:
    intent = held(client)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_not_refundable"
    client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1000})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount"):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 1001})
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 1000


def test_twenty_at_once_never_exceed_what_was_captured(client: stripe.StripeClient, stand_in: StandIn) -> None:
    intent = captured(client, amount=1000)

    def refund(number: int) -> int:
        try:
            return stand_in.client().v1.refunds.create({"payment_intent": intent.id, "amount": 300}).amount
        except stripe.InvalidRequestError:
            return 0

    with ThreadPoolExecutor(20) as pool:
        given = list(pool.map(refund, range(20)))
    assert sum(given) == 900
    assert client.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 900


@pytest.mark.parametrize("end", ["succeeded", "failed"])
def test_a_refund_stays_pending_until_it_is_settled(client: stripe.StripeClient, stand_in: StandIn, end: str) -> None:
    intent = captured(client)
    stand_in.control(next=[{"op": "refunds.create", "do": "pending"}])
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    stand_in.control(clock_offset_s=3600)
    assert client.v1.refunds.retrieve(refund.id).status == "pending"
    stand_in.control(settle_refunds=end)
    assert client.v1.refunds.retrieve(refund.id).status == end
    left = client.v1.charges.retrieve(str(intent.latest_charge))
    assert left.amount_refunded == (1999 if end == "succeeded" else 0)
    told = [event["type"] for event in stand_in.known("events") if event["data"]["object"]["id"] == refund.id]
    assert told[-2:] == ["refund.updated", "charge.refund.updated"]


@pytest.mark.parametrize(
    ("token", "first", "last"),
    [("pm_card_pendingRefund", "pending", "succeeded"), ("pm_card_refundFail", "succeeded", "failed")],
)
def test_cards_whose_refunds_change_by_themselves(
    client: stripe.StripeClient, stand_in: StandIn, token: str, first: str, last: str
) -> None:
    refund = client.v1.refunds.create({"payment_intent": captured(client, token).id})
    assert refund.status == first
    stand_in.control(clock_offset_s=10)
    assert client.v1.refunds.retrieve(refund.id).status == last


def test_a_lost_answer_gives_money_back_once(client: stripe.StripeClient, stand_in: StandIn) -> None:
    intent = captured(client)
    stand_in.control(next=[{"op": "refunds.create", "do": "lost_after"}])
    for attempt in range(2):
        try:
            again = client.v1.refunds.create({"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "back"})
            assert (attempt, again.amount) == (1, 100)
        except stripe.APIConnectionError:
            assert attempt == 0
    assert len(client.v1.refunds.list({"payment_intent": intent.id}).data) == 1
    kinds = [(call["op"], call["outcome"]) for call in stand_in.known("calls") if call["key"] == "back"]
    assert kinds == [("refunds.create", "lost_after:200"), ("refunds.create", "replayed")]


def test_a_slow_answer_is_slow(client: stripe.StripeClient, stand_in: StandIn) -> None:
    intent = captured(client)
    stand_in.control(next=[{"op": "retrieve", "do": "slow:0.3"}])
    began = time.monotonic()
    client.v1.payment_intents.retrieve(intent.id)
    assert time.monotonic() - began >= 0.3
