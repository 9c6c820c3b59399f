"""All SQL of notifications."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from surehold.modules.notifications.model import ClaimedMessage, MessageId, WrittenLetter
from surehold.platform.db import Executor
from surehold.platform.sealed import SealedColumn

SEALED_COLUMNS = (
    SealedColumn(table="notifications.messages", column="recipient", context="notifications.messages.recipient:{}"),
    SealedColumn(table="notifications.messages", column="content", context="notifications.messages.content:{}"),
)
"""What is stored sealed; a change of keys seals it anew."""

_WRITE: LiteralString = """
insert into notifications.messages (id, kind, subject_type, subject_id, recipient, content)
values (%(id)s, %(kind)s, %(subject_type)s, %(subject_id)s, %(recipient)s, %(content)s)
on conflict on constraint messages_once do nothing
"""

# What a dead process had in hand: it may have been sent, so it counts as unknown and is sent again under the same Message-ID.
_FREE_ABANDONED: LiteralString = """
update notifications.messages
set state = 'unknown', unknowns = unknowns + 1, last_error = 'unknown outcome: the sender died',
  next_attempt_at = clock_timestamp()
where id in (
  select id from notifications.messages
  where state = 'sending' and claimed_at < statement_timestamp() - make_interval(secs => %(lease_s)s)
  order by claimed_at limit %(limit)s for update skip locked)
"""

_CLAIM: LiteralString = """
update notifications.messages set state = 'sending', attempts = attempts + 1, claimed_at = clock_timestamp()
where id in (
  select id from notifications.messages
  where state in ('pending', 'unknown') and next_attempt_at <= statement_timestamp()
  order by next_attempt_at limit %(limit)s for update skip locked)
returning id, attempts, unknowns, recipient, content, written_at
"""

_SENT: LiteralString = """
update notifications.messages set state = 'sent', ended_at = clock_timestamp(), last_error = null
where id = %(id)s and state = 'sending' and attempts = %(attempt)s
"""

_FAILED: LiteralString = """
update notifications.messages
set state = %(state)s, unknowns = unknowns + (%(unknown)s)::int, last_error = %(error)s,
  next_attempt_at = clock_timestamp() + make_interval(secs => %(delay_s)s),
  ended_at = case when %(state)s = 'dead' then clock_timestamp() end
where id = %(id)s and state = 'sending' and attempts = %(attempt)s
"""

_FORGET: LiteralString = """
update notifications.messages set recipient = null, content = null
where id in (
  select id from notifications.messages
  where content is not null and state in ('sent', 'discarded')
    and ended_at < clock_timestamp() - make_interval(days => %(days)s)
  order by ended_at limit %(limit)s for update skip locked)
"""

_DEAD: LiteralString = """
select 'mail:' || id, kind, subject_type, subject_id, attempts, ended_at, coalesce(last_error, '')
from notifications.messages where state = 'dead'
"""

_LIST_DEAD: LiteralString = (
    _DEAD
    + """
and (%(at)s::timestamptz is null or (ended_at, 'mail:' || id) < (%(at)s, %(before_id)s))
order by ended_at desc, 1 desc limit %(limit)s
"""
)

_LOCK_DEAD: LiteralString = _DEAD + "and id = %(id)s for update"

_REPLAY: LiteralString = """
update notifications.messages
set state = 'pending', attempts = 0, unknowns = 0, ended_at = null, next_attempt_at = clock_timestamp()
where id = %(id)s and state = 'dead'
"""

_DISCARD: LiteralString = """
update notifications.messages set state = 'discarded', ended_at = clock_timestamp() where id = %(id)s and state = 'dead'
"""

Row = tuple[Any, ...]


async def list_about(executor: Executor, kinds: Sequence[str], subjects: Sequence[UUID]) -> list[WrittenLetter]:
    """The letters about these things; there is one of a kind for each at most."""
    rows = await executor.fetch_all(
        "select subject_id, kind, state, written_at, ended_at from notifications.messages"
        " where kind = any(%s::text[]) and subject_id = any(%s::uuid[]) order by written_at, kind",
        (list(kinds), list(subjects)),
    )
    return [
        WrittenLetter(subject_id=row[0], kind=row[1], state=row[2], written_at=row[3], ended_at=row[4]) for row in rows
    ]


async def write(unit: Executor, message: Mapping[str, object]) -> None:
    """Store the intent to send; a second one of the same kind and subject changes nothing."""
    await unit.execute(_WRITE, message)


async def free_abandoned(executor: Executor, *, lease_s: float, limit: int) -> int:
    """Take messages back from senders that died; out goes how many."""
    return await executor.execute(_FREE_ABANDONED, {"lease_s": lease_s, "limit": limit})


async def claim_due(executor: Executor, limit: int) -> list[ClaimedMessage]:
    """Messages to send now, claimed for this process."""
    rows = await executor.fetch_all(_CLAIM, {"limit": limit})
    return [_claimed(*row) for row in rows]


def _claimed(
    id_: UUID, attempt: int, unknowns: int, recipient: bytes, content: bytes, written_at: datetime
) -> ClaimedMessage:
    return ClaimedMessage(
        id=MessageId(id_),
        attempt=attempt,
        unknowns=unknowns,
        recipient=recipient,
        content=content,
        written_at=written_at,
    )


async def record_sent(executor: Executor, message: ClaimedMessage) -> bool:
    """Record that it was sent; False if the claim was lost meanwhile."""
    return await executor.execute(_SENT, {"id": message.id, "attempt": message.attempt}) == 1


async def record_failed(
    executor: Executor, message: ClaimedMessage, *, state: str, unknown: bool, error: str, delay_s: float
) -> bool:
    """Record how it failed: `pending` or `unknown` to try again after a delay, `dead` not to; False if the claim was lost."""
    facts = {
        "id": message.id,
        "attempt": message.attempt,
        "state": state,
        "unknown": unknown,
        "error": error,
        "delay_s": delay_s,
    }
    return await executor.execute(_FAILED, facts) == 1


async def forget(executor: Executor, *, days: int, limit: int) -> int:
    """Remove recipient and content of what ended `days` ago; out goes how many."""
    return await executor.execute(_FORGET, {"days": days, "limit": limit})


async def list_dead(executor: Executor, *, at: datetime | None, before_id: str, limit: int) -> Sequence[Row]:
    """Messages that were given up, newest first."""
    return await executor.fetch_all(_LIST_DEAD, {"at": at, "before_id": before_id, "limit": limit})


async def lock_dead(unit: Executor, id_: UUID) -> Row | None:
    """One message that was given up, held."""
    return await unit.fetch_one(_LOCK_DEAD, {"id": id_})


async def replay(unit: Executor, id_: UUID) -> None:
    """Send it again."""
    await unit.execute(_REPLAY, {"id": id_})


async def discard(unit: Executor, id_: UUID) -> None:
    """Never send it."""
    await unit.execute(_DISCARD, {"id": id_})
