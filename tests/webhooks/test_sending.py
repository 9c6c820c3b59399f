"""What becomes of a message: tried again by the schedule, given up in the end, and nobody waits for somebody else's endpoint."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from surehold.app.dead_letters import build_dead_letters
from surehold.modules.audit import AuditLog
from surehold.modules.webhooks import EndpointDraft, WebhookSettings
from surehold.modules.webhooks.errors import EndpointDisabledError
from surehold.modules.webhooks.model import MessageState, retry_delay_s
from surehold.platform.db import Database
from surehold.platform.events import SilentWaker
from tests.webhooks.conftest import STAFF, Hooks, hooks_over
from tests.webhooks.receiver import Receiver, Reply
from tests.webhooks.spec import verify

SCHEDULE_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)


async def waits_s(db: Database) -> float:
    row = await db.fetch_one(
        "select extract(epoch from next_attempt_at - clock_timestamp())::float8 from webhooks.messages"
    )
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(500), "answered 500"),
        (Reply(404), "answered 404"),
        (Reply(301, [("location", "http://127.0.0.1:1/")]), "answered 301"),
        (Reply(hang_up=True), "no valid answer"),
    ],
)
async def test_what_fails_is_tried_again_under_the_same_id(
    hooks: Hooks, receiver: Receiver, reply: Reply, error: str
) -> None:
    _, secret = await hooks.endpoint(receiver.url)
    receiver.replies = [reply]
    await hooks.happen()
    await hooks.send()
    assert await hooks.states() == [("pending", 1, 1, error)]
    assert await hooks.send() == 0, "it is not due"
    assert 4 < await waits_s(hooks.db) <= 5.6
    await hooks.make_due()
    await hooks.send()
    assert await hooks.states() == [("delivered", 2, 1, None)]
    names = [verify(secret, got.headers, got.body) for got in receiver.received]
    assert len(names) == 2
    assert len(set(names)) == 1
    assert receiver.received[0].body == receiver.received[1].body


async def test_the_schedule_is_the_standard_s_with_jitter() -> None:
    settings = WebhookSettings()
    assert settings.tries_max == 10
    for failures, planned in enumerate(SCHEDULE_S, 1):
        found = {retry_delay_s(settings, failures, None) for _ in range(50)}
        assert len(found) > 1, "jitter"
        assert all(one is not None and 0.9 * planned <= one <= 1.1 * planned for one in found)
    assert retry_delay_s(settings, 10, None) is None
    assert retry_delay_s(settings, 10, 3.0) is None
    assert retry_delay_s(settings, 1, 60.0) == 60.0
    assert retry_delay_s(settings, 1, 10.0**9) == settings.retry_after_cap_s
    assert (retry_delay_s(settings, 2, 0.0) or 0) >= 270, "nobody is called sooner than planned"


async def test_an_endpoint_that_asks_for_a_pause_gets_it_within_bounds(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    receiver.replies = [Reply(429, [("retry-after", "120")])] * 4
    await hooks.happen(12)
    await hooks.send()
    assert len(receiver.received) <= hooks.settings.calls_per_endpoint, "the others are not even tried"
    resting = (await hooks.desk.get(endpoint)).resting_until
    assert resting is not None
    left_s = (resting - datetime.now(UTC)).total_seconds()
    assert 100 < left_s <= 121
    seen = len(receiver.received)
    assert await hooks.send() == 0
    assert len(receiver.received) == seen
    await hooks.make_due()
    receiver.replies = []
    while await hooks.send():
        pass
    assert {state for state, _, _, _ in await hooks.states()} == {"delivered"}


@pytest.mark.parametrize("asked", ["999999999", "Thu, 01 Jan 2099 00:00:00 GMT"])
async def test_a_pause_for_ever_is_an_hour(hooks: Hooks, receiver: Receiver, asked: str) -> None:
    await hooks.endpoint(receiver.url)
    receiver.replies = [Reply(503, [("retry-after", asked)])]
    await hooks.happen()
    await hooks.send()
    assert 3_590 < await waits_s(hooks.db) <= 3_600


@pytest.mark.parametrize("asked", ["soon", "-5", "\N{SUPERSCRIPT TWO}", "Tue, 99 Nov 2026", ""])
async def test_a_pause_that_makes_no_sense_is_none(hooks: Hooks, receiver: Receiver, asked: str) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    receiver.replies = [Reply(429, [("retry-after", asked.encode().decode("latin-1"))])]
    await hooks.happen()
    await hooks.send()
    assert (await hooks.desk.get(endpoint)).resting_until is None
    assert await waits_s(hooks.db) <= 5.6


async def test_gone_disables_the_endpoint(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    receiver.usual = Reply(410)
    await hooks.happen()
    await hooks.send()
    shown = await hooks.desk.get(endpoint)
    assert (shown.enabled, shown.disabled_reason) == (False, "gone")
    assert await hooks.states() == [("dead", 1, 1, "answered 410")]
    await hooks.happen()
    assert len(await hooks.states()) == 1, "it is told nothing any more"
    rows = await hooks.db.fetch_all(
        "select actor, action from audit.entries where subject_id = %s order by seq", (endpoint,)
    )
    assert rows[-1] == ("system", "webhooks.endpoint_gone")
    [message] = await hooks.log.list_messages(endpoint, state=None, before=None, limit=10)
    with pytest.raises(EndpointDisabledError):
        await hooks.log.redeliver(STAFF, message.id)
    receiver.usual = Reply(200)
    await hooks.desk.change(STAFF, endpoint, EndpointDraft(url=receiver.url), f'"v{shown.version}"')
    await hooks.log.redeliver(STAFF, message.id)
    await hooks.send()
    assert await hooks.states() == [("delivered", 2, 0, None)]


async def test_gone_from_where_it_was_before_says_nothing_about_where_it_is_now(
    hooks: Hooks, receiver: Receiver, other: Receiver
) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    gate = asyncio.Event()
    receiver.replies = [Reply(410, gate=gate)]
    await hooks.happen()
    await hooks.sender.send_due()
    await receiver.until(1)
    await hooks.desk.change(STAFF, endpoint, EndpointDraft(url=other.url), "*")
    gate.set()
    await hooks.sender.settle()
    assert (await hooks.desk.get(endpoint)).enabled


async def test_what_waits_for_a_disabled_endpoint_is_sent_when_it_is_enabled(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    await hooks.happen()
    await hooks.desk.change(STAFF, endpoint, EndpointDraft(url=receiver.url, enabled=False), "*")
    assert await hooks.send() == 0
    await hooks.desk.change(STAFF, endpoint, EndpointDraft(url=receiver.url), "*")
    assert await hooks.send() == 1
    assert len(receiver.received) == 1


async def test_after_the_last_try_staff_sees_a_dead_letter(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, secret = await hooks.endpoint(receiver.url)
    receiver.usual = Reply(500, body=b"<html>broken \x00\xff</html>" * 100)
    await hooks.happen()
    for _ in range(hooks.settings.tries_max):
        await hooks.make_due()
        assert await hooks.send() == 1
    assert await hooks.states() == [("dead", 10, 10, "answered 500")]
    await hooks.make_due()
    assert await hooks.send() == 0
    letters = build_dead_letters(hooks.db, AuditLog(hooks.db).record, SilentWaker())
    [letter] = await letters.list(kind="webhook")
    assert (letter.attempts, letter.error, letter.subject_id) == (10, "answered 500", endpoint)
    message_id = UUID(letter.id.partition(":")[2])
    _, _, tries = await hooks.log.show(message_id)
    assert [one.attempt for one in tries] == list(range(10, 0, -1))
    assert {one.status for one in tries} == {500}
    assert all(one.answer is not None and one.answer.startswith("<html>broken") for one in tries)
    assert max(len(one.answer or "") for one in tries) <= 1_024
    receiver.usual = Reply(204)
    await letters.replay(letter.id, STAFF)
    await hooks.send()
    assert await hooks.states() == [("delivered", 11, 0, None)]
    assert await letters.list(kind="webhook") == []
    assert len({verify(secret, got.headers, got.body) for got in receiver.received}) == 1


async def test_a_dead_letter_that_is_discarded_stays_so(hooks: Hooks, receiver: Receiver) -> None:
    await hooks.endpoint(receiver.url)
    await hooks.happen(2)
    await hooks.db.execute(
        "update webhooks.messages set state = 'dead', ended_at = clock_timestamp(), last_error = 'timeout'"
    )
    letters = build_dead_letters(hooks.db, AuditLog(hooks.db).record, SilentWaker())
    first, second = await letters.list(kind="webhook")
    [page] = await letters.list(kind="webhook", before=first.position, limit=1)
    assert page.id == second.id
    await letters.discard(first.id, STAFF)
    assert [one.id for one in await letters.list(kind="webhook")] == [second.id]
    assert await hooks.send() == 0


async def test_one_slow_endpoint_holds_nobody_up(
    db: Database, hooks: Hooks, receiver: Receiver, other: Receiver
) -> None:
    """The slow one never answers; meanwhile everything for the other arrives, in turns of the job that do not wait either."""
    hooks = hooks_over(db, WebhookSettings(call_timeout_s=120.0, lease_s=300.0))
    await hooks.endpoint(receiver.url)
    await hooks.endpoint(other.url)
    gate = asyncio.Event()
    receiver.usual = Reply(200, gate=gate)
    await hooks.happen(30)
    async with asyncio.timeout(60):  # less than one call may take
        while len(other.received) < 30:
            await hooks.sender.send_due()
            await other.until(min(30, len(other.received) + 1))
    assert len(receiver.received) == receiver.at_once == hooks.settings.calls_per_endpoint
    assert await hooks.sender.send_due() == 0, "the slow one has its share of calls and no more"
    gate.set()
    while await hooks.send() or len(receiver.received) < 30:
        pass
    assert receiver.most_at_once <= hooks.settings.calls_per_endpoint
    assert {state for state, _, _, _ in await hooks.states()} == {"delivered"}


async def test_an_endpoint_never_has_more_calls_than_its_own(hooks: Hooks, receiver: Receiver) -> None:
    """Calls that end together and the job look for the next messages at once."""
    await hooks.endpoint(receiver.url)
    await hooks.happen(150)
    while len(receiver.received) < 150:
        await asyncio.gather(*(hooks.sender.send_due() for _ in range(3)))
    await hooks.sender.settle()
    assert receiver.most_at_once <= hooks.settings.calls_per_endpoint
    assert len(receiver.received) == 150


async def test_an_answer_that_does_not_come_is_not_waited_for(db: Database, hooks: Hooks, receiver: Receiver) -> None:
    quick = hooks_over(db, WebhookSettings(call_timeout_s=0.2, connect_timeout_s=0.2))
    await quick.endpoint(receiver.url)
    receiver.replies = [Reply(gate=asyncio.Event())]
    await quick.happen()
    await quick.send()
    assert await quick.states() == [("pending", 1, 1, "timeout")]


async def test_nobody_there(db: Database, hooks: Hooks) -> None:
    await hooks.endpoint("http://127.0.0.1:9/nobody")
    await hooks.happen()
    await hooks.send()
    assert await hooks.states() == [("pending", 1, 1, "could not connect")]


async def test_what_a_late_sender_says_changes_nothing_but_the_log(hooks: Hooks, receiver: Receiver) -> None:
    """It stalled beyond its lease; somebody else delivered the message, and its own failure comes too late."""
    await hooks.endpoint(receiver.url)
    gate = asyncio.Event()
    receiver.replies = [Reply(500, gate=gate)]
    await hooks.happen()
    await hooks.sender.send_due()
    await receiver.until(1)
    await hooks.db.execute("update webhooks.messages set claimed_at = claimed_at - interval '1 hour'")
    faster = hooks_over(hooks.db)
    await faster.sender.send_due()
    await receiver.until(2)
    await faster.sender.settle()
    assert await hooks.states() == [("delivered", 2, 1, None)]
    gate.set()
    await hooks.sender.settle()
    assert await hooks.states() == [("delivered", 2, 1, None)]
    rows = await hooks.db.fetch_all("select attempt, status, error from webhooks.tries order by attempt")
    assert rows == [(1, 500, None), (2, 200, None)]


async def test_a_message_that_kills_its_sender_ends(hooks: Hooks, receiver: Receiver) -> None:
    await hooks.endpoint(receiver.url)
    await hooks.happen()
    for _ in range(hooks.settings.tries_max):
        await hooks.db.execute(
            "update webhooks.messages set state = 'sending', attempts = attempts + 1,"
            " claimed_at = clock_timestamp() - interval '1 hour'"
        )
        await hooks.db.execute("update webhooks.endpoints set resting_until = 'infinity'")
        assert await hooks.sender.send_due() == 0
    assert [state for state, _, _, _ in await hooks.states()] == ["dead"]
    rows = await hooks.db.fetch_all("select error from webhooks.tries")
    assert rows == [("unknown outcome: the sender died",)] * hooks.settings.tries_max
    assert receiver.connections == 0


async def test_two_senders_never_send_one_message_at_once(hooks: Hooks, receiver: Receiver) -> None:
    await hooks.endpoint(receiver.url)
    await hooks.happen(40)
    senders = [hooks_over(hooks.db).sender for _ in range(4)]
    for _ in range(40):
        await asyncio.gather(*(sender.send_due() for sender in senders))
        await asyncio.gather(*(sender.settle() for sender in senders))
    assert len(receiver.received) == 40
    assert len({got.headers["webhook-id"] for got in receiver.received}) == 40


async def test_stopping_lets_calls_end_and_begins_none(hooks: Hooks, receiver: Receiver) -> None:
    await hooks.endpoint(receiver.url)
    gate = asyncio.Event()
    receiver.usual = Reply(gate=gate)
    await hooks.happen(10)
    async with hooks.sender.at_work():
        await hooks.sender.send_due()
        await receiver.until(hooks.settings.calls_per_endpoint)
        asyncio.get_running_loop().call_soon(gate.set)
    assert len(receiver.received) == hooks.settings.calls_per_endpoint
    states = [state for state, _, _, _ in await hooks.states()]
    assert sorted(states) == ["delivered"] * 4 + ["pending"] * 6


async def test_stopping_cuts_off_what_does_not_end(db: Database, hooks: Hooks, receiver: Receiver) -> None:
    hasty = hooks_over(db, WebhookSettings(drain_s=0.05))
    await hasty.endpoint(receiver.url)
    receiver.replies = [Reply(gate=asyncio.Event())]
    await hasty.happen()
    async with hasty.sender.at_work():
        await hasty.sender.send_due()
        await receiver.until(1)
    assert [state for state, _, _, _ in await hasty.states()] == ["sending"]
    await db.execute("update webhooks.messages set claimed_at = claimed_at - interval '1 hour'")
    await hasty.send()
    assert [state for state, _, _, _ in await hasty.states()] == ["delivered"]


async def test_redelivery_of_one_and_of_all_since(db: Database, hooks: Hooks, receiver: Receiver) -> None:
    small = hooks_over(db, WebhookSettings(redeliver_batch=4))
    endpoint, _ = await small.endpoint(receiver.url)
    away, _ = await small.endpoint("http://127.0.0.1:9/")
    await small.happen(3)
    between = datetime.now(UTC)
    await asyncio.sleep(0.002)  # ids count milliseconds
    await small.happen(6)
    while await small.send():
        pass
    sent = [got.headers["webhook-id"] for got in receiver.received]
    assert len(sent) == 9
    receiver.received.clear()
    count, after = await small.log.redeliver_since(STAFF, endpoint, between, None)
    assert (count, after is None) == (4, False)
    count, after = await small.log.redeliver_since(STAFF, endpoint, between, after)
    assert (count, after) == (2, None)
    while await small.send():
        pass
    again = [got.headers["webhook-id"] for got in receiver.received]
    late = {f"msg_{row[0].hex}" for row in await db.fetch_all(
        "select id from webhooks.messages where endpoint_id = %s order by id desc limit 6", (endpoint,)
    )}  # fmt: skip
    assert sorted(again) == sorted(late)
    assert set(again) <= set(sent)
    one, *_ = await small.log.list_messages(endpoint, state=MessageState.DELIVERED, before=None, limit=1)
    await small.log.redeliver(STAFF, one.id)
    await small.log.redeliver(STAFF, one.id)
    receiver.received.clear()
    await small.send()
    assert [got.headers["webhook-id"] for got in receiver.received] == [one.webhook_id]
    waiting = await small.log.list_messages(away, state=MessageState.PENDING, before=None, limit=100)
    assert len(waiting) == 9, "nobody else's messages are touched"


async def test_the_log_pages(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    await hooks.happen(5)
    first = await hooks.log.list_messages(endpoint, state=None, before=None, limit=3)
    rest = await hooks.log.list_messages(endpoint, state=None, before=first[-1].id, limit=3)
    assert (len(first), len(rest)) == (3, 2)
    assert [one.id for one in (*first, *rest)] == sorted((one.id for one in (*first, *rest)), reverse=True)


async def test_what_is_old_is_forgotten(hooks: Hooks, receiver: Receiver) -> None:
    endpoint, _ = await hooks.endpoint(receiver.url)
    receiver.replies = [Reply(200)] * 2 + [Reply(500)] * 20
    await hooks.happen(3)
    while await hooks.send():
        pass
    await hooks.db.execute(
        "update webhooks.messages set state = 'dead', ended_at = clock_timestamp() where failures > 0"
    )
    await hooks.db.execute("update webhooks.messages set ended_at = ended_at - interval '31 days'")
    await hooks.db.execute("update webhooks.tries set started_at = started_at - interval '31 days'")
    await hooks.happen()
    while await hooks.sender.forget_old():
        pass
    left = await hooks.log.list_messages(endpoint, state=None, before=None, limit=10)
    assert sorted(one.state for one in left) == ["dead", "pending"]
    rows = await hooks.db.fetch_all("select status, answer from webhooks.tries")
    assert rows == [(500, None)], "the try is known, what was answered is not"


async def test_a_transport_that_breaks_is_no_end(db: Database, hooks: Hooks) -> None:
    class Broken:
        async def post(self, *_: object) -> object:
            raise ZeroDivisionError

    broken = hooks_over(db, transport=Broken())  # type: ignore[arg-type]
    await broken.endpoint("http://127.0.0.1:9/")
    await broken.happen()
    await broken.send()
    [(state, _, _, error)] = await broken.states()
    assert state == "pending"
    assert error is not None
    assert error.startswith("ZeroDivisionError")
