"""Keys: the same call is answered the same, whatever happened to its line or to the process."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import stripe

from tests.card_stand_in.process import SECRET_KEY, StandIn

CREATE = {
    "amount": "700",
    "currency": "usd",
    "capture_method": "manual",
    "confirm": "true",
    "payment_method": "pm_card_visa",
}


def post(stand_in: StandIn, path: str, key: str, form: dict[str, str], timeout: float = 10) -> httpx.Response:
    headers = {"Authorization": f"Bearer {SECRET_KEY}", "Idempotency-Key": key}
    return httpx.post(f"{stand_in.url}/v1/{path}", data=form, headers=headers, timeout=timeout)


def made_with(stand_in: StandIn, key: str) -> list[Any]:
    ids = {
        event["data"]["object"]["id"]
        for event in stand_in.known("events")
        if event["request"]["idempotency_key"] == key
    }
    return [intent for intent in stand_in.known("intents") if intent["id"] in ids]


def test_a_replay_is_the_same_byte_for_byte(client: stripe.StripeClient, stand_in: StandIn) -> None:
    first, second = post(stand_in, "payment_intents", "same", CREATE), post(stand_in, "payment_intents", "same", CREATE)
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert first.headers["request-id"] != second.headers["request-id"]
    assert len(made_with(stand_in, "same")) == 1


def test_a_decline_is_replayed_too(client: stripe.StripeClient, stand_in: StandIn) -> None:
    form = {**CREATE, "payment_method": "pm_card_chargeDeclined"}
    first, second = post(stand_in, "payment_intents", "no", form), post(stand_in, "payment_intents", "no", form)
    assert (first.status_code, first.content) == (402, second.content)
    assert second.headers["idempotent-replayed"] == "true"


def test_a_key_belongs_to_its_parameters(client: stripe.StripeClient, stand_in: StandIn) -> None:
    params: Any = {"amount": 700, "currency": "usd"}
    client.v1.payment_intents.create(params, {"idempotency_key": "bound"})
    with pytest.raises(stripe.IdempotencyError) as other:
        client.v1.payment_intents.create({**params, "amount": 800}, {"idempotency_key": "bound"})
    assert other.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({}, {"idempotency_key": "bound"})
    assert len(made_with(stand_in, "bound")) == 1


def test_what_was_refused_before_it_began_leaves_the_key_free(client: stripe.StripeClient, stand_in: StandIn) -> None:
    assert post(stand_in, "payment_intents", "free", {**CREATE, "amount": "x"}).status_code == 400
    assert post(stand_in, "payment_intents", "free", CREATE).status_code == 200


def test_a_key_is_forgotten_after_a_day(client: stripe.StripeClient, stand_in: StandIn) -> None:
    first = post(stand_in, "payment_intents", "day", CREATE).json()["id"]
    stand_in.control(clock_offset_s=24 * 3600 - 60)
    assert post(stand_in, "payment_intents", "day", CREATE).json()["id"] == first
    stand_in.control(clock_offset_s=24 * 3600 + 60)
    assert post(stand_in, "payment_intents", "day", CREATE).json()["id"] != first


def test_a_call_in_flight_is_a_conflict(client: stripe.StripeClient, stand_in: StandIn) -> None:
    stand_in.control(next=[{"op": "payment_intents.create", "do": "slow:2"}])
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(post, stand_in, "payment_intents", "busy", CREATE)
        while stand_in.known("trouble")["next"]:
            time.sleep(0.01)
        second = post(stand_in, "payment_intents", "busy", CREATE)
        assert (second.status_code, second.json()["error"]["code"]) == (409, "idempotency_key_in_use")
        assert first.result().status_code == 200
    assert post(stand_in, "payment_intents", "busy", CREATE).json() == first.result().json()


@pytest.mark.parametrize("token", [False, True])
@pytest.mark.parametrize(("deed", "made"), [("lost_before", 0), ("lost_after", 1)])
def test_a_lost_answer(client: stripe.StripeClient, stand_in: StandIn, deed: str, made: int, token: bool) -> None:
    key, form = f"{deed}-{token}", {**CREATE, **({"payment_method": f"pm_trouble_{deed}"} if token else {})}
    if not token:
        stand_in.control(next=[{"op": "create", "do": deed}])
    with pytest.raises(httpx.RemoteProtocolError):
        post(stand_in, "payment_intents", key, form)
    assert len(made_with(stand_in, key)) == made
    assert post(stand_in, "payment_intents", key, form).status_code == 200
    assert len(made_with(stand_in, key)) == 1
    assert len([call for call in stand_in.known("calls") if call["key"] == key]) == 2


def test_a_client_that_gave_up_does_not_undo_anything(client: stripe.StripeClient, stand_in: StandIn) -> None:
    stand_in.control(next=[{"op": "payment_intents.create", "do": "slow:1"}])
    with pytest.raises(httpx.ReadTimeout):
        post(stand_in, "payment_intents", "gave-up", CREATE, timeout=0.3)
    while (answer := post(stand_in, "payment_intents", "gave-up", CREATE)).status_code == 409:
        time.sleep(0.05)
    assert answer.headers["idempotent-replayed"] == "true"
    assert len(made_with(stand_in, "gave-up")) == 1


@pytest.mark.parametrize(("status", "is_kept"), [(500, True), (503, False), (429, False)])
def test_statuses_of_the_service(client: stripe.StripeClient, stand_in: StandIn, status: int, is_kept: bool) -> None:
    stand_in.control(next=[{"op": "payment_intents.create", "do": f"status:{status}"}])
    key = f"status-{status}"
    assert post(stand_in, "payment_intents", key, CREATE).status_code == status
    assert post(stand_in, "payment_intents", key, CREATE).status_code == (status if is_kept else 200)
    assert len(made_with(stand_in, key)) == (0 if is_kept else 1)


def test_killed_in_the_middle_it_knows_what_it_did(client: stripe.StripeClient, stand_in: StandIn) -> None:
    """A client pays, captures and gives a part back, each with one key until it is answered, while the process keeps dying."""
    done: list[str] = []

    def insist(path: str, key: str, form: dict[str, str]) -> dict[str, Any]:
        while True:
            try:
                answer = post(stand_in, path, key, form)
            except httpx.TransportError:
                time.sleep(0.01)
                continue
            assert answer.status_code == 200, answer.text
            return answer.json()

    def work() -> None:
        for n in range(20):
            intent = insist("payment_intents", f"killed-{n}", CREATE)["id"]
            insist(f"payment_intents/{intent}/capture", f"killed-capture-{n}", {})
            insist("refunds", f"killed-refund-{n}", {"payment_intent": intent, "amount": "100"})
            done.append(intent)

    worker = threading.Thread(target=work)
    worker.start()
    deaths = 0
    while worker.is_alive() and deaths < 6:
        reached = len(done)
        while worker.is_alive() and len(done) < reached + 2:
            time.sleep(0.002)
        stand_in.kill()
        stand_in.start()
        deaths += 1
    worker.join(60)
    assert (deaths, len(done)) == (6, 20)
    intents = {intent["id"]: intent for intent in stand_in.known("intents")}
    refunds = [refund["payment_intent"] for refund in stand_in.known("refunds")]
    charges = [charge["payment_intent"] for charge in stand_in.known("charges")]
    for n, id_ in enumerate(done):
        assert [one["id"] for one in made_with(stand_in, f"killed-{n}")] == [id_]
        assert (intents[id_]["status"], intents[id_]["amount_received"]) == ("succeeded", 700)
        assert (charges.count(id_), refunds.count(id_)) == (1, 1)


def test_it_stops_within_a_second(client: stripe.StripeClient, stand_in: StandIn) -> None:
    stand_in.control(next=[{"op": "payment_intents.create", "do": "slow:30"}])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(post, stand_in, "payment_intents", "stopped", CREATE, 20)
        while stand_in.known("trouble")["next"]:
            time.sleep(0.01)
        began = time.monotonic()
        assert stand_in.stop() == 0
        assert time.monotonic() - began < 1
        with pytest.raises(httpx.TransportError):
            waiting.result()
    stand_in.start()
    assert made_with(stand_in, "stopped") == []
