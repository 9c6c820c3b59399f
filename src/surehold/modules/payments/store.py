"""The SQL of payments."""

from typing import cast
from uuid import UUID

from surehold.modules.payments.model import Outcome
from surehold.platform.db import Executor


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
