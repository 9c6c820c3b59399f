"""Messages as staff sees them: the log, redelivery, and those that were given up."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from surehold.modules.webhooks.errors import MessageNotFoundError
from surehold.modules.webhooks.model import Message, MessageState, Try
from surehold.platform.db import Executor

Row = tuple[Any, ...]
MAX_TRIES_SHOWN = 100

_COLUMNS: LiteralString = """
m.id, m.endpoint_id, m.event_name, m.state, m.attempts, m.failures, m.written_at,
  case when m.state = 'pending' then m.next_attempt_at end, m.ended_at, m.last_error
"""

_LIST: LiteralString = (
    "select "
    + _COLUMNS
    + """
from webhooks.messages m
where m.endpoint_id = %(endpoint_id)s and m.id < coalesce(%(before)s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
  and (%(state)s::text is null or m.state = %(state)s)
order by m.id desc limit %(limit)s
"""
)

_GET: LiteralString = (
    "select "
    + _COLUMNS
    + """
, m.payload, e.enabled
from webhooks.messages m join webhooks.endpoints e on e.id = m.endpoint_id and e.removed_at is null
where m.id = %(id)s
"""
)

_TRIES: LiteralString = """
select attempt, started_at, duration_ms, status, error, answer
from webhooks.tries where message_id = %(id)s order by attempt desc limit %(limit)s
"""

_REDELIVER: LiteralString = """
update webhooks.messages
set state = 'pending', failures = 0, ended_at = null, next_attempt_at = clock_timestamp()
where id = %(id)s and state in ('delivered', 'dead', 'discarded')
"""

_REDELIVER_SINCE: LiteralString = """
with wanted as (
  select id from webhooks.messages
  where endpoint_id = %(endpoint_id)s and id > %(after)s and state in ('delivered', 'dead', 'discarded')
  order by id limit %(limit)s for update
), again as (
  update webhooks.messages m
  set state = 'pending', failures = 0, ended_at = null, next_attempt_at = clock_timestamp()
  from wanted where m.id = wanted.id
)
select count(*)::integer, (select id from wanted order by id desc limit 1) from wanted
"""

_HURRY: LiteralString = """
update webhooks.messages set next_attempt_at = clock_timestamp()
where id = %(id)s and state = 'pending' and next_attempt_at > clock_timestamp()
"""

_DEAD: LiteralString = """
select 'webhook:' || m.id, m.event_name, 'webhook_endpoint', m.endpoint_id, m.attempts, m.ended_at, coalesce(m.last_error, '')
from webhooks.messages m
where m.state = 'dead' and exists (
  select from webhooks.endpoints e where e.id = m.endpoint_id and e.removed_at is null)
"""

_LIST_DEAD: LiteralString = (
    _DEAD
    + """
and (%(at)s::timestamptz is null or (m.ended_at, 'webhook:' || m.id) < (%(at)s, %(before_id)s))
order by m.ended_at desc, 1 desc limit %(limit)s
"""
)

_LOCK_DEAD: LiteralString = _DEAD + "and m.id = %(id)s for update of m"

_DISCARD: LiteralString = """
update webhooks.messages set state = 'discarded', ended_at = clock_timestamp() where id = %(id)s and state = 'dead'
"""


async def list_messages(
    executor: Executor, endpoint_id: UUID, *, state: MessageState | None, before: UUID | None, limit: int
) -> list[Message]:
    """A page of an endpoint's messages, newest first."""
    facts = {"endpoint_id": endpoint_id, "state": state, "before": before, "limit": limit}
    return [_message(row) for row in await executor.fetch_all(_LIST, facts)]


async def get_message(executor: Executor, message_id: UUID) -> tuple[Message, str, bool]:
    """A message, its payload, and whether its endpoint is enabled; MessageNotFoundError if there is none."""
    row = await executor.fetch_one(_GET, {"id": message_id})
    if row is None:
        raise MessageNotFoundError
    return _message(row[:-2]), row[-2], row[-1]


async def list_tries(executor: Executor, message_id: UUID) -> list[Try]:
    """Its tries, newest first."""
    rows = await executor.fetch_all(_TRIES, {"id": message_id, "limit": MAX_TRIES_SHOWN})
    return [
        Try(attempt=row[0], started_at=row[1], duration_ms=row[2], status=row[3], error=row[4], answer=row[5])
        for row in rows
    ]


async def redeliver(unit: Executor, message_id: UUID) -> None:
    """Send it again with all its tries, or at once if it waits; what is being sent is left alone."""
    await unit.execute(_REDELIVER, {"id": message_id})
    await unit.execute(_HURRY, {"id": message_id})


async def redeliver_since(unit: Executor, endpoint_id: UUID, after: UUID, limit: int) -> tuple[int, UUID | None]:
    """Send again what ended, written after a message (or a moment, as an id); out go how many and the last one's id."""
    row = await unit.fetch_one(_REDELIVER_SINCE, {"endpoint_id": endpoint_id, "after": after, "limit": limit})
    return (0, None) if row is None else (row[0], row[1])


async def list_dead(executor: Executor, *, at: datetime | None, before_id: str, limit: int) -> Sequence[Row]:
    """Messages that were given up, newest first."""
    return await executor.fetch_all(_LIST_DEAD, {"at": at, "before_id": before_id, "limit": limit})


async def lock_dead(unit: Executor, message_id: UUID) -> Row | None:
    """One message that was given up, held."""
    return await unit.fetch_one(_LOCK_DEAD, {"id": message_id})


async def discard(unit: Executor, message_id: UUID) -> None:
    """Never send it."""
    await unit.execute(_DISCARD, {"id": message_id})


def _message(row: Sequence[Any]) -> Message:
    id_, endpoint_id, event, state, attempts, failures, written_at, next_attempt_at, ended_at, last_error = row
    return Message(
        id=id_,
        endpoint_id=endpoint_id,
        event=event,
        state=MessageState(state),
        attempts=attempts,
        failures=failures,
        written_at=written_at,
        next_attempt_at=next_attempt_at,
        ended_at=ended_at,
        last_error=last_error,
    )
