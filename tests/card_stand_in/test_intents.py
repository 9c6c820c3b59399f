"""Payment intents through the official SDK: authorise, capture, cancel, decline, and the errors of each step."""

from typing import Any

import pytest
import stripe

from tests.card_stand_in.examples import RETURN_URL, held, typed
from tests.card_stand_in.process import SECRET_KEY, StandIn


def test_a_card_is_held_then_captured(client: stripe.StripeClient) -> None:
    intent = held(client, metadata={"order_id": "o1"}, expand=["latest_charge"])
    assert (intent.status, intent.amount_capturable, intent.amount_received) == ("requires_capture", 1999, 0)
    charge = intent.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert charge.payment_method_details
    assert charge.payment_method_details.card
    card = charge.payment_method_details.card
    assert (card.brand, card.last4, card.exp_month) == ("visa", "4242", 12)
    assert len(card.fingerprint or "") == 16
    assert card.capture_before == charge.created + 7 * 86_400
    taken = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1500})
    assert (taken.status, taken.amount_received, taken.amount_capturable) == ("succeeded", 1500, 0)
    again = client.v1.payment_intents.retrieve(intent.id)
    assert again.metadata.to_dict() == {"order_id": "o1"}


def test_what_is_not_held_cannot_be_captured(client: stripe.StripeClient) -> None:
    intent = held(client)
    with pytest.raises(stripe.InvalidRequestError) as too_much:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 2000})
    assert too_much.value.code == "amount_too_large"
    client.v1.payment_intents.capture(intent.id)
    for step in (
        client.v1.payment_intents.capture,
        client.v1.payment_intents.cancel,
        client.v1.payment_intents.confirm,
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            step(intent.id)
        assert (refused.value.http_status, refused.value.code) == (400, "payment_intent_unexpected_state")
        assert refused.value.error is not None
        assert refused.value.error.payment_intent is not None
        assert refused.value.error.payment_intent.status == "succeeded"


def test_cancelling_lets_go_of_what_is_held(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.cancel(held(client).id, {"cancellation_reason": "abandoned"})
    assert (intent.status, intent.cancellation_reason, intent.amount_capturable) == ("canceled", "abandoned", 0)
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.captured, charge.refunded, charge.amount_captured) == (False, True, 0)
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        client.v1.payment_intents.capture(intent.id)


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", "expired_card"),
        ("4000000000000127", "incorrect_cvc", "incorrect_cvc"),
    ],
)
def test_a_decline_leaves_the_intent_for_another_card(
    client: stripe.StripeClient, number: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(
            {"amount": 500, "currency": "EUR", "confirm": True, "payment_method_data": typed(number)}  # type: ignore[typeddict-item]
        )
    error = declined.value.error
    assert (declined.value.http_status, declined.value.code) == (402, code)
    assert error is not None
    assert error.decline_code == decline_code
    assert error.payment_intent is not None
    intent = client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert (intent.status, intent.currency, intent.payment_method) == ("requires_payment_method", "eur", None)
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.decline_code == decline_code
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_mastercard"})
    assert (paid.status, paid.last_payment_error) == ("succeeded", None)


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4242424242424241", "incorrect_number", "incorrect_number"),
        ("4111111111111111", "card_declined", "test_mode_live_card"),
    ],
)
def test_mistyped_and_real_cards_are_not_taken(
    client: stripe.StripeClient, number: str, code: str, decline_code: str
) -> None:
    with pytest.raises(stripe.CardError) as refused:
        client.v1.payment_methods.create(typed(number))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert refused.value.error is not None
    assert refused.value.error.decline_code == decline_code


def test_methods_are_kept_by_customers(client: stripe.StripeClient) -> None:
    customer = client.v1.customers.create({"email": "ada@example.org", "metadata": {"account": "a1"}})
    assert client.v1.customers.retrieve(customer.id).email == "ada@example.org"
    method = client.v1.payment_methods.create(typed("5555555555554444"))  # type: ignore[arg-type]
    assert client.v1.payment_methods.attach(method.id, {"customer": customer.id}).customer == customer.id
    with pytest.raises(stripe.InvalidRequestError, match="belongs to a Customer"):
        held(client, method.id)
    for _ in range(2):
        assert held(client, method.id, customer=customer.id).status == "requires_capture"
    assert [one.id for one in client.v1.customers.payment_methods.list(customer.id).data] == [method.id]
    client.v1.payment_methods.detach(method.id)
    assert client.v1.customers.payment_methods.list(customer.id).data == []
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        held(client, method.id)
    with pytest.raises(stripe.CardError):
        client.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    saved = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    with pytest.raises(stripe.CardError):
        held(client, saved.id, customer=customer.id)


def test_a_method_that_nobody_keeps_is_used_once(client: stripe.StripeClient) -> None:
    method = client.v1.payment_methods.create(typed("4242424242424242"))  # type: ignore[arg-type]
    assert held(client, method.id).status == "requires_capture"
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        held(client, method.id)


def test_the_same_card_has_the_same_fingerprint(client: stripe.StripeClient) -> None:
    first, second = (client.v1.payment_methods.create(typed("4242424242424242")) for _ in range(2))  # type: ignore[arg-type]
    other = client.v1.payment_methods.create(typed("4000056655665556"))  # type: ignore[arg-type]
    assert first.card
    assert second.card
    assert other.card
    assert first.card.fingerprint == second.card.fingerprint != other.card.fingerprint


def test_cards_and_redirects_that_need_the_buyer(client: stripe.StripeClient) -> None:
    asked = held(client, "pm_card_authenticationRequired", return_url=RETURN_URL)
    assert asked.status == "requires_action"
    assert asked.next_action is not None
    assert asked.next_action.type == "redirect_to_url"
    assert asked.next_action.redirect_to_url is not None
    assert asked.next_action.redirect_to_url.return_url == RETURN_URL
    with pytest.raises(stripe.CardError) as absent:
        held(client, "pm_card_authenticationRequired", off_session=True)
    assert absent.value.code == "authentication_required"
    redirect = client.v1.payment_intents.create(
        {
            "amount": 900, "currency": "usd", "confirm": True, "capture_method": "manual", "return_url": RETURN_URL,
            "payment_method_types": ["klarna"], "payment_method_data": {"type": "klarna"},
        }
    )  # fmt: skip
    assert redirect.status == "requires_action"
    assert client.v1.payment_intents.cancel(redirect.id).status == "canceled"


def test_intents_are_found_by_time_and_by_metadata(client: stripe.StripeClient, stand_in: StandIn) -> None:
    made = [held(client, metadata={"payment_id": f"find-{n}"}) for n in range(3)]
    found = client.v1.payment_intents.search({"query": "metadata['payment_id']:'find-1' AND status:'requires_capture'"})
    assert [one.id for one in found.data] == [made[1].id]
    page = client.v1.payment_intents.list({"created": {"gte": made[0].created}, "limit": 2})
    assert [one.id for one in page.data] == [made[2].id, made[1].id]
    assert page.has_more
    assert made[0].id in [one.id for one in page.auto_paging_iter()]
    assert client.v1.payment_intents.list({"created": {"lt": 1_000_000}}).data == []
    stand_in.control(search_lag_s=60)
    assert client.v1.payment_intents.search({"query": 'metadata["payment_id"]:"find-1"'}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="unable to parse"):
        client.v1.payment_intents.search({"query": "anything"})


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"currency": "usd"}, "amount"),
        ({"amount": 0, "currency": "usd"}, "amount"),
        ({"amount": "1.5", "currency": "usd"}, "amount"),
        ({"amount": 1, "currency": "dollars"}, "currency"),
        ({"amount": 1, "currency": "usd", "colour": "red"}, "colour"),
        ({"amount": 1, "currency": "usd", "payment_method_types": ["cash"]}, "payment_method_types"),
        ({"amount": 1, "currency": "usd", "payment_method": "pm_none"}, "payment_method"),
        ({"amount": 1, "currency": "usd", "metadata": {"k": "v" * 501}}, "metadata[k]"),
    ],
)
def test_bad_parameters_are_named(client: stripe.StripeClient, stand_in: StandIn, params: Any, param: str) -> None:
    before = len(stand_in.known("intents"))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.create(params)
    assert (refused.value.http_status, refused.value.param) == (400, param)
    assert len(stand_in.known("intents")) == before


def test_strangers_and_unknown_things(client: stripe.StripeClient, stand_in: StandIn) -> None:
    stranger = stripe.StripeClient("sk_test_wrong", base_addresses={"api": stand_in.url})
    with pytest.raises(stripe.AuthenticationError) as refused:
        stranger.v1.payment_intents.list()
    assert SECRET_KEY not in str(refused.value)
    assert refused.value.headers is not None
    assert refused.value.headers["request-id"].startswith("req_")
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.payment_intents.retrieve("pi_none")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")


def test_an_authorisation_ends_by_the_clock(client: stripe.StripeClient, stand_in: StandIn) -> None:
    intent = held(client)
    stand_in.control(clock_offset_s=7 * 86_400 - 60)
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    stand_in.control(clock_offset_s=7 * 86_400 + 60)
    ended = client.v1.payment_intents.retrieve(intent.id)
    assert (ended.status, ended.cancellation_reason) == ("canceled", "automatic")
    with pytest.raises(stripe.InvalidRequestError) as late:
        client.v1.payment_intents.capture(intent.id)
    assert late.value.code == "payment_intent_unexpected_state"
