"""All SQL of deliveries. The statement's own time (`statement_timestamp`) judges what is due, so the index can be used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString

import msgspec

from surehold.kernel.events import Envelope
from surehold.platform.db import Executor

Row = tuple[Any, ...]
BLOCKED_RECHECK_MS = 50  # when another worker holds the older event right now


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that this unit holds. `seen_seq` is the newest seq its consumer handled of that aggregate, 0 if none."""

    envelope: Envelope
    seen_seq: int
    replayed: bool


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery whose handler failed: tried again after `delay_s`, or dead."""

    event_id: int
    error: str
    delay_s: float
    dead: bool


# Rows are locked in the order of the due index. One whose aggregate has an older event waiting elsewhere (being retried, or
# in another worker's hands) is put off until that one is due, so that it is not looked at again in every round. LIMIT keeps look-ups
# down an index, whatever the planner thinks of queues that are empty most of the time.
_TAKE: LiteralString = """
with due as materialized (
  select d.event_id, d.aggregate_type, d.aggregate_id, d.seq, d.attempts, d.replayed, d.mended_payload
  from platform.deliveries d
  where d.consumer = %(consumer)s and d.dead_at is null and d.next_attempt_at <= statement_timestamp()
  order by d.next_attempt_at limit %(limit)s
  for update skip locked
), blocked as materialized (
  select due.event_id, oldest.next_attempt_at as until
  from due
  cross join lateral (
    select older.next_attempt_at from platform.deliveries older
    where older.consumer = %(consumer)s and older.dead_at is null and older.aggregate_type = due.aggregate_type
      and older.aggregate_id = due.aggregate_id and older.seq < due.seq
      and not exists (select from due mine where mine.event_id = older.event_id)
    order by older.seq limit 1) oldest
  where %(ordered)s
), put_off as (
  update platform.deliveries d
  set next_attempt_at = greatest(blocked.until, statement_timestamp() + make_interval(secs => %(recheck_ms)s / 1000.0))
  from blocked where d.consumer = %(consumer)s and d.event_id = blocked.event_id
)
select due.event_id, e.name, due.aggregate_type, due.aggregate_id, due.seq,
  coalesce(due.mended_payload, e.payload)::text, due.attempts, due.replayed, coalesce(c.seq, 0), 0
from due
cross join lateral (select name, payload from platform.events where id = due.event_id limit 1) e
left join lateral (
  select seq from platform.consumed where consumer = %(consumer)s
    and aggregate_type = due.aggregate_type and aggregate_id = due.aggregate_id limit 1) c on true
where not exists (select from blocked where blocked.event_id = due.event_id)
union all
select null, null, null, null, null, null, null, null, null, count(*)::int from blocked having count(*) > 0
order by 3 nulls last, 4, 5
"""

_SETTLE: LiteralString = """
with gone as (
  delete from platform.deliveries d where d.consumer = %(consumer)s and d.event_id = any(%(done)s)
  returning d.aggregate_type, d.aggregate_id, d.seq
)
insert into platform.consumed (consumer, aggregate_type, aggregate_id, seq)
select %(consumer)s, aggregate_type, aggregate_id, max(seq) from gone where %(ordered)s
group by aggregate_type, aggregate_id order by aggregate_type, aggregate_id
on conflict (consumer, aggregate_type, aggregate_id)
do update set seq = greatest(consumed.seq, excluded.seq), consumed_at = excluded.consumed_at
"""

_FAIL: LiteralString = """
update platform.deliveries
set attempts = attempts + 1, last_error = %(error)s,
  next_attempt_at = clock_timestamp() + make_interval(secs => %(delay_s)s),
  dead_at = case when %(dead)s then clock_timestamp() end
where consumer = %(consumer)s and event_id = %(event_id)s
"""

# `min` of an indexed column reads one entry of the index, so this costs the same with ten rows and with ten million.
_DUE: LiteralString = """
select c.consumer, coalesce((
  select extract(epoch from statement_timestamp() - min(d.next_attempt_at)) from platform.deliveries d
  where d.consumer = c.consumer and d.dead_at is null and d.next_attempt_at <= statement_timestamp()), -1)::float8
from unnest(%(consumers)s::text[]) as c(consumer)
"""

_COUNT_DEAD: LiteralString = """
select consumer, count(*) from platform.deliveries where dead_at is not null and consumer = any(%(consumers)s)
group by consumer
"""

_PURGE_EVENTS: LiteralString = """
delete from platform.events where id in (
  select e.id from platform.events e
  where e.occurred_at < clock_timestamp() - make_interval(days => %(days)s)
    and not exists (select from platform.deliveries d where d.event_id = e.id)
  order by e.id limit %(limit)s)
"""

_PURGE_CONSUMED: LiteralString = """
delete from platform.consumed where ctid = any(array(
  select ctid from platform.consumed where consumed_at < clock_timestamp() - make_interval(days => %(days)s)
  limit %(limit)s))
"""


async def take(unit: Executor, consumer: str, *, ordered: bool, limit: int) -> tuple[list[Taken], int]:
    """Lock up to `limit` due deliveries of a consumer.

    Out go those that nothing older blocks, by aggregate, oldest first; and how many were blocked and put off.
    """
    rows = await unit.fetch_all(
        _TAKE, {"consumer": consumer, "ordered": ordered, "limit": limit, "recheck_ms": BLOCKED_RECHECK_MS}
    )
    taken = [
        Taken(
            envelope=Envelope(
                event_id=event_id,
                name=name,
                aggregate_type=aggregate_type,
                aggregate_id=aggregate_id,
                seq=seq,
                payload=msgspec.Raw(payload.encode()),
                attempts=attempts,
            ),
            replayed=replayed,
            seen_seq=seen_seq,
        )
        for event_id, name, aggregate_type, aggregate_id, seq, payload, attempts, replayed, seen_seq, _ in rows
        if event_id is not None
    ]
    return taken, rows[-1][-1] if rows else 0


async def settle(unit: Executor, consumer: str, done: Sequence[int], *, ordered: bool) -> None:
    """Remove handled deliveries and note how far their aggregates were seen."""
    await unit.execute(_SETTLE, {"consumer": consumer, "done": list(done), "ordered": ordered})


async def fail(unit: Executor, consumer: str, failure: Failure) -> None:
    """Note a failed attempt."""
    await unit.execute(_FAIL, {"consumer": consumer, **msgspec.structs.asdict(failure)})


async def list_due(executor: Executor, consumers: Sequence[str]) -> list[tuple[str, float]]:
    """For each consumer the age in seconds of its oldest due delivery, -1 if none is due; one cheap statement."""
    rows = await executor.fetch_all(_DUE, {"consumers": list(consumers)})
    return [(consumer, age_s) for consumer, age_s in rows]


async def count_dead(executor: Executor, consumers: Sequence[str]) -> dict[str, int]:
    """Dead letters per consumer; consumers without any are absent."""
    rows: list[tuple[str, int]] = await executor.fetch_all(_COUNT_DEAD, {"consumers": list(consumers)})
    return dict(rows)


async def purge_events(executor: Executor, *, days: int, limit: int) -> int:
    """Delete events older than `days` that nobody waits for; out goes how many."""
    return await executor.execute(_PURGE_EVENTS, {"days": days, "limit": limit})


async def purge_consumed(executor: Executor, *, days: int, limit: int) -> int:
    """Forget how far aggregates were seen that nothing came from for `days`; out goes how many."""
    return await executor.execute(_PURGE_CONSUMED, {"days": days, "limit": limit})


# Subscriptions

_LOCK_SUBSCRIPTIONS: LiteralString = "select pg_advisory_xact_lock(hashtext('platform.subscriptions'))"

_SUBSCRIBE: LiteralString = """
insert into platform.subscriptions (event_name, consumer)
select * from unnest(%(events)s::text[], %(consumers)s::text[]) on conflict do nothing
returning event_name, consumer
"""

_UNSUBSCRIBE: LiteralString = """
delete from platform.subscriptions s where not exists (
  select from unnest(%(events)s::text[], %(consumers)s::text[]) as wanted(event_name, consumer)
  where wanted.event_name = s.event_name and wanted.consumer = s.consumer)
returning event_name, consumer
"""

_DROP_DELIVERIES: LiteralString = """
delete from platform.deliveries d using platform.events e
where d.consumer = %(consumer)s and e.id = d.event_id and e.name = %(event)s
"""

Subscription = tuple[str, str]


async def sync(unit: Executor, wanted: Sequence[Subscription]) -> tuple[list[Subscription], list[Subscription]]:
    """Make the subscriptions exactly `wanted` (event, consumer); out go those added and those removed."""
    pairs = {"events": [event for event, _ in wanted], "consumers": [consumer for _, consumer in wanted]}
    await unit.fetch_one(_LOCK_SUBSCRIPTIONS)
    removed = await unit.fetch_all(_UNSUBSCRIBE, pairs)
    added = await unit.fetch_all(_SUBSCRIBE, pairs)
    return [(event, consumer) for event, consumer in added], [(event, consumer) for event, consumer in removed]


async def drop_deliveries(unit: Executor, subscription: Subscription) -> int:
    """Delete what waits for a subscription that is no more; out goes how many."""
    event, consumer = subscription
    return await unit.execute(_DROP_DELIVERIES, {"event": event, "consumer": consumer})


# Dead letters

_DEAD: LiteralString = """
select 'delivery:' || d.event_id || ':' || d.consumer, e.name || ' → ' || d.consumer, d.aggregate_type, d.aggregate_id,
  d.attempts, d.dead_at, coalesce(d.last_error, ''), coalesce(d.mended_payload, e.payload)::text
from platform.deliveries d join platform.events e on e.id = d.event_id
"""

_LIST_DEAD: LiteralString = (
    _DEAD
    + """
where d.dead_at is not null and (%(at)s::timestamptz is null
  or (d.dead_at, 'delivery:' || d.event_id || ':' || d.consumer) < (%(at)s, %(id)s))
order by d.dead_at desc, 1 desc limit %(limit)s
"""
)

_LOCK_DEAD: LiteralString = (
    _DEAD
    + """
where d.dead_at is not null and d.event_id = %(event_id)s and d.consumer = %(consumer)s for update of d
"""
)

_REPLAY_DEAD: LiteralString = """
update platform.deliveries
set dead_at = null, attempts = 0, replayed = true, next_attempt_at = clock_timestamp()
where event_id = %(event_id)s and consumer = %(consumer)s
"""

_DISCARD_DEAD: LiteralString = (
    "delete from platform.deliveries where event_id = %(event_id)s and consumer = %(consumer)s"
)

_MEND_DEAD: LiteralString = """
update platform.deliveries set mended_payload = %(payload)s::jsonb
where event_id = %(event_id)s and consumer = %(consumer)s
returning (select e.name from platform.events e where e.id = deliveries.event_id)
"""


async def list_dead(executor: Executor, *, at: datetime | None, before_id: str, limit: int) -> Sequence[Row]:
    """Dead deliveries, newest first, older than a position."""
    return await executor.fetch_all(_LIST_DEAD, {"at": at, "id": before_id, "limit": limit})


async def lock_dead(unit: Executor, event_id: int, consumer: str) -> Row | None:
    """One dead delivery, held."""
    return await unit.fetch_one(_LOCK_DEAD, {"event_id": event_id, "consumer": consumer})


async def replay_dead(unit: Executor, event_id: int, consumer: str) -> None:
    """Make it due with all its attempts, past the check for newer events."""
    await unit.execute(_REPLAY_DEAD, {"event_id": event_id, "consumer": consumer})


async def discard_dead(unit: Executor, event_id: int, consumer: str) -> None:
    """Delete it; the event stays."""
    await unit.execute(_DISCARD_DEAD, {"event_id": event_id, "consumer": consumer})


async def mend_dead(unit: Executor, event_id: int, consumer: str, payload: str) -> str:
    """Set the payload that this consumer gets; out goes the event's name."""
    row = await unit.fetch_one(_MEND_DEAD, {"event_id": event_id, "consumer": consumer, "payload": payload})
    return row[0] if row is not None else ""
