"""Messages on their way: written with the event, claimed, called, recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from surehold.modules.webhooks.model import ClaimedMessage, TryResult, kept_text
from surehold.platform.db import Executor

_LISTENING: LiteralString = """
select e.id, v.occurred_at
from platform.events v cross join webhooks.endpoints e
where v.id = %(event_id)s and e.enabled and (e.event_names is null or %(event_name)s = any (e.event_names))
"""

_WRITE: LiteralString = """
insert into webhooks.messages (id, endpoint_id, event_id, event_name, payload)
select w.id, w.endpoint_id, %(event_id)s, %(event_name)s, %(payload)s
from unnest(%(ids)s::uuid[], %(endpoint_ids)s::uuid[]) as w (id, endpoint_id)
on conflict on constraint messages_once do nothing
"""

# What a dead process had in hand may have arrived. It counts as a failed try, so that a message which kills its sender ends.
_FREE_ABANDONED: LiteralString = """
with lost as (
  select m.id, m.attempts, m.claimed_at
  from webhooks.endpoints e cross join lateral (
    select w.id, w.attempts, w.claimed_at from webhooks.messages w
    where w.endpoint_id = e.id and w.state = 'sending'
      and w.claimed_at < statement_timestamp() - make_interval(secs => %(lease_s)s)
    order by w.claimed_at limit %(limit)s for update skip locked) m
), noted as (
  insert into webhooks.tries (message_id, attempt, started_at, error)
  select id, attempts, claimed_at, 'unknown outcome: the sender died' from lost
  on conflict (message_id, attempt) do nothing
)
update webhooks.messages m
set state = case when m.failures + 1 >= %(tries_max)s then 'dead' else 'pending' end, failures = m.failures + 1,
  last_error = 'unknown outcome: the sender died', next_attempt_at = clock_timestamp(),
  ended_at = case when m.failures + 1 >= %(tries_max)s then clock_timestamp() end
from lost where m.id = lost.id
"""

# Each endpoint has its own share of calls, counted over all processes by what is being sent.
_CLAIM: LiteralString = """
with due as (
  select m.id
  from webhooks.endpoints e
  cross join lateral (
    select count(*)::integer as calls from webhooks.messages s where s.endpoint_id = e.id and s.state = 'sending') busy
  cross join lateral (
    select w.id from webhooks.messages w
    where w.endpoint_id = e.id and w.state = 'pending' and w.next_attempt_at <= statement_timestamp()
    order by w.next_attempt_at
    limit least(%(at_most)s, greatest(0, %(per_endpoint)s - busy.calls)) for update skip locked) m
  where e.enabled and (e.resting_until is null or e.resting_until <= statement_timestamp())
    and (%(only)s::uuid is null or e.id = %(only)s)
)
update webhooks.messages m set state = 'sending', attempts = m.attempts + 1, claimed_at = clock_timestamp()
from due, webhooks.endpoints e
where m.id = due.id and e.id = m.endpoint_id
returning m.id, m.attempts, m.failures, m.payload, e.id, e.url, e.secret,
  case when e.old_secret_until > statement_timestamp() then e.old_secret end
"""

# The sender that was thought dead comes back with what really happened: that is what the log shall say.
_RECORD_TRY: LiteralString = """
insert into webhooks.tries (message_id, attempt, started_at, duration_ms, status, error, answer)
select %(id)s, %(attempt)s, %(started_at)s, %(duration_ms)s, %(status)s, %(error)s, %(answer)s
from webhooks.messages where id = %(id)s
on conflict (message_id, attempt) do update
set duration_ms = excluded.duration_ms, status = excluded.status, error = excluded.error, answer = excluded.answer
"""

_DELIVERED: LiteralString = """
update webhooks.messages set state = 'delivered', ended_at = clock_timestamp(), last_error = null
where id = %(id)s and state = 'sending' and attempts = %(attempt)s
"""

_FAILED: LiteralString = """
update webhooks.messages
set state = case when %(delay_s)s::float8 is null then 'dead' else 'pending' end, failures = failures + 1,
  last_error = %(error)s, next_attempt_at = clock_timestamp() + make_interval(secs => coalesce(%(delay_s)s, 0)),
  ended_at = case when %(delay_s)s::float8 is null then clock_timestamp() end
where id = %(id)s and state = 'sending' and attempts = %(attempt)s
"""

_FORGET_ANSWERS: LiteralString = """
update webhooks.tries t set answer = null
from (
  select message_id, attempt from webhooks.tries
  where answer is not null and started_at < clock_timestamp() - make_interval(days => %(days)s)
  order by started_at limit %(limit)s for update skip locked) old
where t.message_id = old.message_id and t.attempt = old.attempt
"""

_FORGET_MESSAGES: LiteralString = """
delete from webhooks.messages where id in (
  select id from webhooks.messages
  where state in ('delivered', 'discarded') and ended_at < clock_timestamp() - make_interval(days => %(days)s)
  order by ended_at limit %(limit)s for update skip locked)
"""

_FORGET_REMOVED: LiteralString = """
delete from webhooks.messages where id in (
  select m.id from webhooks.endpoints e
  cross join lateral (
    select w.id from webhooks.messages w where w.endpoint_id = e.id and w.state <> 'sending'
    order by w.id desc limit %(limit)s for update skip locked) m
  where e.removed_at is not null limit %(limit)s)
"""


async def list_listening(unit: Executor, event_id: int, event_name: str) -> tuple[list[UUID], datetime | None]:
    """The endpoints that are told of an event, and when it happened; nothing and None when nobody is."""
    rows = await unit.fetch_all(_LISTENING, {"event_id": event_id, "event_name": event_name})
    return [row[0] for row in rows], rows[0][1] if rows else None


async def write(
    unit: Executor, messages: Mapping[UUID, UUID], *, event_id: int | None, event_name: str, payload: str
) -> None:
    """Store the intent to send: message ids with their endpoints. A second one of an event for an endpoint changes nothing."""
    facts = {
        "ids": list(messages.keys()),
        "endpoint_ids": list(messages.values()),
        "event_id": event_id,
        "event_name": event_name,
        "payload": payload,
    }
    await unit.execute(_WRITE, facts)


async def free_abandoned(executor: Executor, *, lease_s: float, tries_max: int, limit: int) -> int:
    """Take messages back from senders that died; out goes how many."""
    return await executor.execute(_FREE_ABANDONED, {"lease_s": lease_s, "tries_max": tries_max, "limit": limit})


async def claim_due(
    executor: Executor, *, per_endpoint: int, at_most: int, only: UUID | None = None
) -> Sequence[ClaimedMessage]:
    """Messages to send now, claimed for this process: at most so many of each endpoint, of all endpoints or of one."""
    rows = await executor.fetch_all(_CLAIM, {"per_endpoint": per_endpoint, "at_most": at_most, "only": only})
    return [
        ClaimedMessage(
            id=row[0],
            attempt=row[1],
            failures=row[2],
            payload=row[3],
            endpoint_id=row[4],
            url=row[5],
            secret=row[6],
            old_secret=row[7],
        )
        for row in rows
    ]


async def record_try(unit: Executor, message: ClaimedMessage, result: TryResult) -> None:
    """Add a try to the log; nothing where the message is gone with its endpoint."""
    answer = result.answer
    facts = {
        "id": message.id,
        "attempt": message.attempt,
        "started_at": result.started_at,
        "duration_ms": result.duration_ms,
        "status": None if answer is None else answer.status,
        "error": result.error,
        "answer": None if answer is None else kept_text(answer.start),
    }
    await unit.execute(_RECORD_TRY, facts)


async def record_delivered(unit: Executor, message: ClaimedMessage) -> bool:
    """The endpoint took it; False if the claim was lost meanwhile."""
    return await unit.execute(_DELIVERED, {"id": message.id, "attempt": message.attempt}) == 1


async def record_failed(unit: Executor, message: ClaimedMessage, *, error: str, delay_s: float | None) -> bool:
    """It did not: try again after a delay, or never without one; False if the claim was lost meanwhile."""
    facts = {"id": message.id, "attempt": message.attempt, "error": error, "delay_s": delay_s}
    return await unit.execute(_FAILED, facts) == 1


async def forget(executor: Executor, *, days: int, limit: int) -> int:
    """Remove a batch of what is older than it is kept, and of what belonged to removed endpoints; out goes how many."""
    facts = {"days": days, "limit": limit}
    answers = await executor.execute(_FORGET_ANSWERS, facts)
    messages = await executor.execute(_FORGET_MESSAGES, facts)
    return max(answers, messages, await executor.execute(_FORGET_REMOVED, facts))
