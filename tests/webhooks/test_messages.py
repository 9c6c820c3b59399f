"""From an event to a receiver: who is told, what is said, and that a receiver can tell that it is us."""

import json
import time
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from surehold.app.dead_letters import event_types
from surehold.kernel.errors import InvalidInputError
from surehold.modules.webhooks import EndpointDraft, PublicEvent
from surehold.modules.webhooks.errors import EndpointDisabledError, EndpointsFullError
from surehold.modules.webhooks.model import WebhookSettings
from surehold.modules.webhooks.reactions import TOLD
from surehold.platform.db import Database
from tests.webhooks.conftest import LOW, STAFF, Hooks, hooks_over
from tests.webhooks.receiver import Receiver
from tests.webhooks.spec import NotGenuineError, verify


async def test_a_receiver_that_keeps_to_the_standard_takes_it(hooks: Hooks, receiver: Receiver) -> None:
    _, secret = await hooks.endpoint(receiver.url)
    [event_id] = await hooks.happen()
    assert await hooks.send() == 1
    [got] = receiver.received
    name = verify(secret, got.headers, got.body)
    assert name.startswith("msg_")
    assert got.path == "/hook?shop=1"
    assert got.headers["content-type"] == "application/json"
    said = json.loads(got.body)
    assert set(said) == {"type", "timestamp", "data"}
    assert said["type"] == LOW
    assert said["data"]["available"] == 2
    [(at,)] = await hooks.db.fetch_all("select occurred_at from platform.events where id = %s", (event_id,))
    assert datetime.fromisoformat(said["timestamp"]) == at
    assert await hooks.states() == [("delivered", 1, 0, None)]
    for broken in (
        {**got.headers, "webhook-id": f"{name}0"},
        {**got.headers, "webhook-timestamp": str(int(time.time()) - 1)},
        {**got.headers, "webhook-timestamp": str(int(time.time()) - 600)},
    ):
        with pytest.raises(NotGenuineError):
            verify(secret, broken, got.body)
    with pytest.raises(NotGenuineError):
        verify(secret, got.headers, got.body + b" ")


async def test_only_who_listens_is_told_and_once(hooks: Hooks, receiver: Receiver) -> None:
    await hooks.endpoint(receiver.url + "&all")
    await hooks.endpoint(receiver.url + "&low", events=[PublicEvent.STOCK_LOW, PublicEvent.ORDER_PLACED])
    await hooks.endpoint(receiver.url + "&price", events=[PublicEvent.PRICE_CHANGED])
    await hooks.endpoint(receiver.url + "&off", enabled=False)
    await hooks.happen()
    await hooks.happen(name="inventory.stock_depleted.v1")
    while await hooks.send():
        pass
    paths = sorted(got.path.rpartition("&")[2] for got in receiver.received)
    assert paths == ["all", "all", "low"]


async def test_an_event_that_is_delivered_twice_is_told_once(hooks: Hooks, receiver: Receiver) -> None:
    await hooks.endpoint(receiver.url)
    [event_id] = await hooks.happen()
    await hooks.db.execute(
        "insert into platform.deliveries (consumer, event_id, aggregate_type, aggregate_id, seq)"
        " select 'webhooks.messages', id, aggregate_type, aggregate_id, seq from platform.events where id = %s",
        (event_id,),
    )
    await hooks.react()
    assert len(await hooks.states()) == 1


async def test_the_messages_and_the_delivery_go_together(hooks: Hooks, receiver: Receiver) -> None:
    """The first of two deliveries of one batch is undone with the second: no message may be left of it."""
    await hooks.endpoint(receiver.url)
    broken = await hooks.db.fetch_one("select platform.emit(%s, 'stock', %s, 1, '{}')", (LOW, uuid4()))
    await hooks.happen()
    rows = await hooks.db.fetch_all("select event_id, attempts from platform.deliveries")
    assert rows == [(broken[0] if broken else None, 1)]
    assert len(await hooks.states()) == 1


def test_every_event_that_may_be_asked_for_is_told_and_none_is_about_people() -> None:
    names = {event.wire_name for event in TOLD}
    assert names == {event.value for event in PublicEvent}
    known = {event.wire_name for event in event_types()}
    assert names <= known
    assert {name.partition(".")[0] for name in known - names} == {"cart", "identity"}


def test_no_message_has_room_for_a_person() -> None:
    words = ("email", "name", "address", "phone", "contact")
    fields = {f"{event.__name__}.{field}" for event in TOLD for field in event.__struct_fields__}
    assert {field for field in fields if field.rpartition(".")[2] in words} == set()


async def test_what_an_event_does_not_declare_stays_here(hooks: Hooks, receiver: Receiver) -> None:
    await hooks.endpoint(receiver.url)
    await hooks.db.fetch_one(
        "select platform.emit(%s, 'stock', %s, 1, %s::jsonb)",
        (LOW, uuid4(), json.dumps({"variant_id": str(uuid4()), "available": 1, "threshold": 3, "email": "a@b.test"})),
    )
    await hooks.react()
    await hooks.send()
    assert b"a@b.test" not in receiver.received[0].body


async def test_a_rotated_secret_signs_with_the_former_one_for_a_day(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, former = await hooks.endpoint(receiver.url)
    shown, latest = await hooks.desk.rotate_secret(STAFF, endpoint, "*")
    assert latest != former
    assert shown.old_secret_until is not None
    await hooks.happen()
    await hooks.send()
    [got] = receiver.received
    assert verify(former, got.headers, got.body) == verify(latest, got.headers, got.body)
    await hooks.db.execute("update webhooks.endpoints set old_secret_until = clock_timestamp()")
    assert (await hooks.desk.get(endpoint)).old_secret_until is None
    await hooks.happen()
    await hooks.send()
    got = receiver.received[-1]
    verify(latest, got.headers, got.body)
    with pytest.raises(NotGenuineError):
        verify(former, got.headers, got.body)
    await hooks.sender.forget_old()
    assert await hooks.db.fetch_all("select old_secret from webhooks.endpoints") == [(None,)]


async def test_secrets_are_sealed_for_their_endpoint(hooks: Hooks, receiver: Receiver) -> None:
    _, secret = await hooks.endpoint(receiver.url)
    await hooks.endpoint(receiver.url)
    sealed = [bytes(row[0]) for row in await hooks.db.fetch_all("select secret from webhooks.endpoints order by id")]
    assert all(secret.encode() not in one for one in sealed)
    await hooks.db.execute("update webhooks.endpoints set secret = %s", (sealed[0],))
    await hooks.happen()
    await hooks.send()
    states = sorted(state for state, _, _, _ in await hooks.states())
    assert states == ["delivered", "pending"], "a secret that was moved to another endpoint does not open"


async def test_a_ping(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, secret = await hooks.endpoint(receiver.url, events=[PublicEvent.ORDER_PLACED])
    message = await hooks.writer.ping(STAFF, endpoint)
    await hooks.send()
    [got] = receiver.received
    assert verify(secret, got.headers, got.body) == message.webhook_id
    assert json.loads(got.body)["type"] == "webhooks.ping.v1"
    off, _ = await hooks.endpoint(receiver.url, enabled=False)
    with pytest.raises(EndpointDisabledError):
        await hooks.writer.ping(STAFF, off)


async def test_asking_again_for_an_endpoint_gives_the_same_one(hooks: Hooks, receiver: Receiver) -> None:
    draft, asked_as = EndpointDraft(url=receiver.url), uuid4()
    first, again = [await hooks.desk.add(STAFF, draft, asked_as) for _ in range(2)]
    assert first == again
    assert len(await hooks.desk.list_all()) == 1


async def test_a_key_may_be_used_again_for_another_endpoint_when_the_first_is_removed(
    hooks: Hooks, receiver: Receiver
) -> None:
    draft, asked_as = EndpointDraft(url=receiver.url), uuid4()
    first, _ = await hooks.desk.add(STAFF, draft, asked_as)
    await hooks.desk.remove(STAFF, first.id)
    second, _ = await hooks.desk.add(STAFF, draft, asked_as)
    assert second.id != first.id


@pytest.mark.parametrize("wrong", [{"networks": ("10.20.0.1/16",)}, {"networks": ("here",)}, {"lease_s": 20.0}])
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        WebhookSettings(**wrong)


async def test_there_is_a_limit(db: Database, hooks: Hooks, receiver: Receiver) -> None:
    few = hooks_over(db, WebhookSettings(endpoints_max=2))
    made = [(await few.endpoint(receiver.url))[0] for _ in range(2)]
    with pytest.raises(EndpointsFullError):
        await few.endpoint(receiver.url)
    await few.desk.remove(STAFF, made[0])
    await few.endpoint(receiver.url)


async def test_a_removed_endpoint_hears_nothing_and_leaves_nothing(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    await hooks.happen(3)
    await hooks.desk.remove(STAFF, endpoint)
    await hooks.happen()
    assert await hooks.send() == 0
    assert receiver.connections == 0
    assert await hooks.db.fetch_all("select secret from webhooks.endpoints") == [(None,)]
    while await hooks.sender.forget_old():
        pass
    assert await hooks.db.fetch_all("select id from webhooks.endpoints") == []


async def test_every_change_is_in_the_audit_log_without_the_url(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    await hooks.desk.change(STAFF, endpoint, EndpointDraft(url=receiver.url + "&token=s3cret"), "*")
    await hooks.desk.rotate_secret(STAFF, endpoint, "*")
    await hooks.writer.ping(STAFF, endpoint)
    await hooks.desk.remove(STAFF, endpoint)
    rows = await hooks.db.fetch_all(
        "select action, actor, facts::text from audit.entries where subject_id = %s order by seq", (endpoint,)
    )
    assert [action for action, _, _ in rows] == [
        "webhooks.endpoint_added",
        "webhooks.endpoint_changed",
        "webhooks.secret_rotated",
        "webhooks.endpoint_pinged",
        "webhooks.endpoint_removed",
    ]
    assert {actor for _, actor, _ in rows} == {STAFF.key}
    assert not any("127.0.0.1" in facts or "s3cret" in facts for _, _, facts in rows)


async def test_a_big_fan_out_reaches_everybody_once(hooks: Hooks, receiver: Receiver) -> None:
    secrets: dict[str, str] = {}
    for number in range(20):
        _, secrets[str(number)] = await hooks.endpoint(f"{receiver.url}&to={number}")
    await hooks.happen(25)
    while await hooks.send():
        pass
    assert len(receiver.received) == 20 * 25
    names = {verify(secrets[got.path.rpartition("=")[2]], got.headers, got.body) for got in receiver.received}
    assert len(names) == 20 * 25
    assert {state for state, _, _, _ in await hooks.states()} == {"delivered"}
