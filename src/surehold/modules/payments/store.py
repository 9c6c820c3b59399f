"""The SQL of payments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, LiteralString, cast
from uuid import UUID

from surehold.modules.payments.model import Outcome
from surehold.platform.db import Executor
from surehold.platform.sealed import SealedColumn

SEALED_COLUMNS = (
    SealedColumn(table="payments.payments", column="provider_ref", context="payments.payments.provider_ref:{}"),
    SealedColumn(table="payments.payments", column="source", context="payments.payments.source:{}"),
    SealedColumn(table="payments.webhook_inbox", column="said", context="payments.webhook_inbox.said:{}"),
    SealedColumn(table="payments.findings", column="ref", context="payments.findings.ref:{}"),
)
"""What is stored sealed; a change of keys seals it anew."""

Row = tuple[Any, ...]

_DEAD: LiteralString = """
select 'payment:' || a.id, 'payments.' || a.phase, 'payment', a.payment_id, a.round_no, a.dead_at, coalesce(a.reason, '')
from payments.attempts a where a.settled_at is null and a.dead_at is not null
"""

_LIST_DEAD: LiteralString = (
    _DEAD
    + """
and (%(at)s::timestamptz is null or (a.dead_at, 'payment:' || a.id) < (%(at)s, %(before_id)s))
order by a.dead_at desc, 1 desc limit %(limit)s
"""
)

_LOCK_DEAD: LiteralString = _DEAD + "and a.id = %(id)s for update"


async def settle(executor: Executor, attempt_id: UUID, outcome: Outcome, ref: bytes | None, actor: str) -> bool:
    """Record an outcome; False if the attempt was settled already."""
    row = await executor.fetch_one(
        "select payments.settle(%s, %s, %s, %s, %s, %s)",
        (attempt_id, outcome.kind.value, ref, outcome.reason, outcome.action, actor),
    )
    return bool(row and row[0])


async def list_stale_orders(executor: Executor, older_than_s: int, batch: int) -> list[UUID]:
    """Orders with a call whose outcome nobody knows."""
    rows = await executor.fetch_all("select order_id from payments.stale_orders(%s, %s)", (older_than_s, batch))
    return [cast("UUID", row[0]) for row in rows]


async def refuse(executor: Executor, attempt_id: UUID, reason: str | None, rest_s: float, actor: str) -> bool:
    """Record that a provider refused a void or refund, and let it rest; False if that is known already."""
    row = await executor.fetch_one("select payments.refuse(%s, %s, %s, %s)", (attempt_id, reason, rest_s, actor))
    return bool(row and row[0])


async def begin_again(
    executor: Executor, attempt_id: UUID, new_id: UUID, most_rounds: int, lease_s: int, actor: str
) -> str | None:
    """Put another attempt in the place of a refused one: `again`, `dead` when there were enough, None if that was done."""
    row = await executor.fetch_one(
        "select payments.begin_again(%s, %s, %s, %s, %s)", (attempt_id, new_id, most_rounds, lease_s, actor)
    )
    return row[0] if row else None


async def list_dead(executor: Executor, *, at: datetime | None, before_id: str, limit: int) -> Sequence[Row]:
    """Voids and refunds that were refused too often, newest first."""
    return await executor.fetch_all(_LIST_DEAD, {"at": at, "before_id": before_id, "limit": limit})


async def lock_dead(unit: Executor, attempt_id: UUID) -> Row | None:
    """One of them, held."""
    return await unit.fetch_one(_LOCK_DEAD, {"id": attempt_id})


async def replay_dead(unit: Executor, attempt_id: UUID) -> None:
    """Let one run again."""
    await unit.execute("select payments.replay_dead(%s)", (attempt_id,))


async def discard_dead(unit: Executor, attempt_id: UUID) -> None:
    """Never ask for it again."""
    await unit.execute("select payments.discard_dead(%s)", (attempt_id,))


async def keep_news(executor: Executor, provider: str, event_id: str, new_id: UUID, said: bytes) -> bool:
    """Keep what a provider told; False if the event is known already."""
    row = await executor.fetch_one("select payments.keep_news(%s, %s, %s, %s)", (provider, event_id, new_id, said))
    return bool(row and row[0])


async def take_news(executor: Executor, batch: int, lease_s: int) -> Sequence[Row]:
    """What waits, as (id, said, tries), taken for as long as the lease."""
    return await executor.fetch_all("select id, said, tries from payments.take_news(%s, %s)", (batch, lease_s))


async def end_news(executor: Executor, news_id: UUID) -> None:
    """It was handled."""
    await executor.execute("select payments.end_news(%s)", (news_id,))


async def put_news_off(executor: Executor, news_id: UUID, error: str, wait_s: float, *, is_over: bool) -> None:
    """It could not be handled now, or (`is_over`) at all."""
    await executor.execute("select payments.put_news_off(%s, %s, %s, %s)", (news_id, error, wait_s, is_over))


async def forget_news(executor: Executor, days: int, batch: int) -> int:
    """Forget what was handled so long ago; how many."""
    row = await executor.fetch_one("select payments.forget_news(%s, %s)", (days, batch))
    return int(row[0]) if row else 0


async def find_order(executor: Executor, ref_index: bytes | None, payment_id: UUID | None) -> UUID | None:
    """The order of the payment that has this name at its provider, or this id."""
    row = await executor.fetch_one("select payments.order_of(%s, %s)", (ref_index, payment_id))
    return cast("UUID | None", row[0]) if row else None


_DEAD_NEWS: LiteralString = """
select 'payment-news:' || w.id, 'payments.' || w.provider, 'payment-news', w.id, w.tries, w.dead_at, coalesce(w.error, '')
from payments.webhook_inbox w where w.dead_at is not null
"""
_FINDINGS: LiteralString = """
select 'payment-finding:' || f.id, 'payments.' || f.kind, 'payment', coalesce(f.payment_id, f.id), 1, f.found_at, f.detail
from payments.findings f where f.discarded_at is null
"""


async def list_dead_news(executor: Executor, *, at: datetime | None, before_id: str, limit: int) -> Sequence[Row]:
    """Messages that nobody could handle, newest first."""
    return await executor.fetch_all(
        _DEAD_NEWS
        + " and (%(at)s::timestamptz is null or (w.dead_at, 'payment-news:' || w.id) < (%(at)s, %(before_id)s))"
        " order by w.dead_at desc, 1 desc limit %(limit)s",
        {"at": at, "before_id": before_id, "limit": limit},
    )


async def lock_dead_news(unit: Executor, news_id: UUID) -> Row | None:
    """One of them, held."""
    return await unit.fetch_one(_DEAD_NEWS + " and w.id = %s for update", (news_id,))


async def replay_news(unit: Executor, news_id: UUID) -> None:
    """Let one run again."""
    await unit.execute("select payments.replay_news(%s)", (news_id,))


async def discard_news(unit: Executor, news_id: UUID) -> None:
    """Settle one without handling it."""
    await unit.execute("select payments.discard_news(%s)", (news_id,))


async def note_finding(
    executor: Executor, new_id: UUID, kind: str, subject: str, payment_id: UUID | None, ref: bytes | None, detail: str
) -> bool:
    """Keep a difference between a provider's book and ours; False if it is known."""
    row = await executor.fetch_one(
        "select payments.note_finding(%s, %s, %s, %s, %s, %s)", (new_id, kind, subject, payment_id, ref, detail)
    )
    return bool(row and row[0])


async def list_findings(executor: Executor, *, at: datetime | None, before_id: str, limit: int) -> Sequence[Row]:
    """Differences that nobody settled, newest first."""
    return await executor.fetch_all(
        _FINDINGS
        + " and (%(at)s::timestamptz is null or (f.found_at, 'payment-finding:' || f.id) < (%(at)s, %(before_id)s))"
        " order by f.found_at desc, 1 desc limit %(limit)s",
        {"at": at, "before_id": before_id, "limit": limit},
    )


async def lock_finding(unit: Executor, finding_id: UUID) -> Row | None:
    """One of them, held."""
    return await unit.fetch_one(_FINDINGS + " and f.id = %s for update", (finding_id,))


async def replay_finding(unit: Executor, finding_id: UUID) -> None:
    """Have it looked at again."""
    await unit.execute("select payments.replay_finding(%s)", (finding_id,))


async def discard_finding(unit: Executor, finding_id: UUID) -> None:
    """Settled by hand; never told again."""
    await unit.execute("select payments.discard_finding(%s)", (finding_id,))


async def compare_since(executor: Executor, provider: str) -> tuple[datetime, datetime]:
    """From when on a provider's book is to be read, and the moment of now."""
    row = await executor.fetch_one("select payments.compare_since(%s), clock_timestamp()", (provider,))
    if row is None:
        raise AssertionError("a function always answers")
    return row[0], row[1]


async def list_differences(
    executor: Executor, charges: str, methods: Sequence[str], since: datetime, read_at: datetime
) -> Sequence[Row]:
    """(kind, subject, payment_id, ref, detail) of each charge (JSON) that is not as our rows say, both ways."""
    return await executor.fetch_all(
        "select kind, subject, payment_id, ref, detail from payments.differences(%s::jsonb, %s, %s, %s)",
        (charges, list(methods), since, read_at),
    )


async def compared_until(executor: Executor, provider: str, until: datetime) -> None:
    """The book was compared so far."""
    await executor.execute("select payments.compared_until(%s, %s)", (provider, until))


async def list_ending(executor: Executor, methods: Sequence[str], older_than_s: int, batch: int) -> list[UUID]:
    """Orders whose authorization ends before long."""
    rows = await executor.fetch_all(
        "select order_id from payments.ending_authorizations(%s, %s, %s)", (list(methods), older_than_s, batch)
    )
    return [cast("UUID", row[0]) for row in rows]
