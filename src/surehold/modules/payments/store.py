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
)
"""What is stored sealed; a change of keys seals it anew."""

Row = tuple[Any, ...]

_DEAD: LiteralString = """
select 'payment:' || a.id, a.phase, a.payment_id, a.round_no, a.dead_at, coalesce(a.reason, '')
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
