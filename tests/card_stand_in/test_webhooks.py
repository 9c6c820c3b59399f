"""Events on their way to the shop: signed, stored first, again until they are taken; late, twice, shuffled or lost on demand."""

from collections.abc import Iterator

import pytest
import stripe

from tests.card_stand_in.examples import RETURN_URL, captured, held
from tests.card_stand_in.process import WEBHOOK_SECRET, StandIn, running_stand_in
from tests.card_stand_in.receiver import Receiver, running_receiver


@pytest.fixture(scope="module")
def _shop() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@pytest.fixture(scope="module")
def _stand_in(tmp_path_factory: pytest.TempPathFactory, _shop: Receiver) -> Iterator[StandIn]:
    with running_stand_in(tmp_path_factory.mktemp("cards"), _shop.url) as running:
        yield running


@pytest.fixture
def shop(_shop: Receiver, _stand_in: StandIn) -> Receiver:
    _stand_in.control(reset=True)
    _stand_in.control(flush_webhooks=True)
    _shop.forget()
    return _shop


@pytest.fixture
def stand_in(_stand_in: StandIn, shop: Receiver) -> StandIn:
    return _stand_in


@pytest.fixture
def client(stand_in: StandIn) -> stripe.StripeClient:
    return stand_in.client()


def test_each_step_is_told(client: stripe.StripeClient, shop: Receiver) -> None:
    intent = captured(client)
    shop.wait(2)
    assert shop.types(intent.id) == ["payment_intent.amount_capturable_updated", "payment_intent.succeeded"]
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 5})
    shop.wait(3)
    assert shop.types(str(intent.latest_charge)) == ["charge.refunded"]
    assert refund.status == "succeeded"


def test_refusals_and_questions_are_told(client: stripe.StripeClient, shop: Receiver) -> None:
    with pytest.raises(stripe.CardError):
        held(client, "pm_card_chargeDeclined")
    asked = held(client, "pm_card_authenticationRequired", return_url=RETURN_URL)
    client.v1.payment_intents.cancel(asked.id)
    shop.wait(3)
    assert [event["type"] for event in shop.events()] == [
        "payment_intent.payment_failed",
        "payment_intent.requires_action",
        "payment_intent.canceled",
    ]
    told = shop.events()[1]["data"]["object"]
    assert told["status"] == "requires_action"  # as it was then, though it is canceled now
    assert not [name for name in told if name.startswith("_")]


def test_events_can_be_read_again(client: stripe.StripeClient, shop: Receiver) -> None:
    intent = held(client)
    shop.wait(1)
    told = shop.events()[0]
    assert client.v1.events.retrieve(told["id"]).to_dict() == told
    newest = client.v1.events.list({"type": "payment_intent.amount_capturable_updated", "limit": 1})
    assert newest.data[0].data.object["id"] == intent.id


def test_what_is_not_taken_comes_again(client: stripe.StripeClient, shop: Receiver, stand_in: StandIn) -> None:
    shop.statuses += [500, 404]
    held(client)
    shop.wait(3)
    assert len({event["id"] for event in shop.events()}) == 1
    stand_in.control(flush_webhooks=True)  # waits for the round that is under way
    (delivery,) = [one for one in stand_in.known("deliveries") if one["event"] == shop.events()[0]["id"]]
    assert (delivery["state"], delivery["tries"], len(delivery["sent_at"])) == ("delivered", 3, 3)


def test_trouble_on_the_way(client: stripe.StripeClient, shop: Receiver, stand_in: StandIn) -> None:
    stand_in.control(webhooks={"hold": True, "duplicate": 2})
    first, second = held(client), held(client)
    assert shop.raw == []
    stand_in.control(flush_webhooks=True)
    assert [event["data"]["object"]["id"] for event in shop.events()] == [first.id] * 3 + [second.id] * 3
    stand_in.control(webhooks={"drop": 1})
    lost, told = held(client), held(client)
    shop.wait(7)
    assert shop.types(lost.id) == []
    assert len(shop.types(told.id)) == 1
    assert [one["state"] for one in stand_in.known("deliveries")][-2:] == ["dropped", "delivered"]


def test_late_ones_can_be_had_early(client: stripe.StripeClient, shop: Receiver, stand_in: StandIn) -> None:
    stand_in.control(webhooks={"delay_s": 600})
    held(client)
    assert stand_in.control()["flushed"] == 0
    assert shop.raw == []
    assert stand_in.control(flush_webhooks=True)["flushed"] == 1
    assert len(shop.events()) == 1


def test_shuffled_ones_arrive_all_the_same(client: stripe.StripeClient, shop: Receiver, stand_in: StandIn) -> None:
    stand_in.control(webhooks={"shuffle": True, "hold": True})
    sent = [held(client).id for _ in range(16)]
    stand_in.control(webhooks={"shuffle": True})
    shop.wait(16)
    arrived = [event["data"]["object"]["id"] for event in shop.events()]
    assert sorted(arrived) == sorted(sent)
    assert arrived != sent  # one in 16! would


def test_they_outlive_the_process(client: stripe.StripeClient, shop: Receiver, stand_in: StandIn) -> None:
    stand_in.control(webhooks={"hold": True})
    intent = held(client)
    stand_in.kill()
    stand_in.start()
    assert shop.raw == []
    stand_in.control(webhooks={})
    shop.wait(1)
    assert shop.types(intent.id) == ["payment_intent.amount_capturable_updated"]


def test_an_attacker_can_be_played(shop: Receiver, stand_in: StandIn) -> None:
    event = {
        "object": "event",
        "id": "evt_forged",
        "type": "payment_intent.succeeded",
        "data": {"object": {"id": "pi_x"}},
    }
    assert stand_in.forge(event=event)["status"] == 200
    assert shop.events()[0] == event
    for forged in ({"signature": "wrong"}, {"signature": "missing"}, {"signature": "t=1,v1=00"}, {"age_s": 600}):
        shop.forget()
        stand_in.forge(event=event, **forged)
        with pytest.raises(stripe.SignatureVerificationError):
            shop.events()
    shop.forget()
    stand_in.forge(body="no json at all")
    body, signature = shop.raw[0]
    assert body == b"no json at all"
    stripe.WebhookSignature.verify_header(body, signature, WEBHOOK_SECRET, 300)
    shop.forget()


def test_a_stored_event_can_be_sent_again(client: stripe.StripeClient, shop: Receiver, stand_in: StandIn) -> None:
    held(client)
    shop.wait(1)
    first = shop.raw[0][0]
    stand_in.forge(event_id=shop.events()[0]["id"])
    assert shop.raw[1][0] == first
