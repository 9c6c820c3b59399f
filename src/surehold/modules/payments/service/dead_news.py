"""Providers' messages that nobody could handle, and differences between their books and ours, among the dead letters of staff."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from surehold.modules.payments import store
from surehold.platform.db import Executor, Unit
from surehold.platform.events import DeadLetter
from surehold.platform.events.dead_letters import Position


class DeadNews:
    """A source of dead letters: messages. Replaying asks the provider again how the payment stands."""

    kind = "payment-news"

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Dead messages older than a position, newest first."""
        at, before_id = before or (None, "")
        rows = await store.list_dead_news(executor, at=at, before_id=before_id, limit=limit)
        return [_letter(self.kind, row) for row in rows]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One of them, held."""
        news_id = _id(key)
        row = await store.lock_dead_news(unit, news_id) if news_id else None
        return _letter(self.kind, row) if row is not None else None

    async def replay(self, unit: Unit, key: str) -> None:
        """Take it up again, with all its tries."""
        await store.replay_news(unit, UUID(key))

    async def discard(self, unit: Unit, key: str) -> None:
        """Settle it without handling it."""
        await store.discard_news(unit, UUID(key))

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """It is the provider's word; there is nothing to edit."""
        del unit, key, payload
        return False


class PaymentFindings:
    """A source of dead letters: where a provider's book and ours differ. No machine settles these."""

    kind = "payment-finding"

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Findings older than a position, newest first."""
        at, before_id = before or (None, "")
        rows = await store.list_findings(executor, at=at, before_id=before_id, limit=limit)
        return [_letter(self.kind, row) for row in rows]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One of them, held."""
        finding_id = _id(key)
        row = await store.lock_finding(unit, finding_id) if finding_id else None
        return _letter(self.kind, row) if row is not None else None

    async def replay(self, unit: Unit, key: str) -> None:
        """Strike it out; the next comparison tells it again if it is still so."""
        await store.replay_finding(unit, UUID(key))

    async def discard(self, unit: Unit, key: str) -> None:
        """Staff settled it with the provider; it is never told again."""
        await store.discard_finding(unit, UUID(key))

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """What the books say is not to be edited."""
        del unit, key, payload
        return False


def _id(key: str) -> UUID | None:
    try:
        return UUID(key)
    except ValueError:
        return None


def _letter(kind: str, row: store.Row) -> DeadLetter:
    letter_id, name, subject_id, attempts, failed_at, error = row
    return DeadLetter(
        id=letter_id,
        kind=kind,
        name=name,
        subject_type="payment" if kind == PaymentFindings.kind else "payment-news",
        subject_id=subject_id,
        attempts=attempts,
        failed_at=failed_at,
        error=error,
    )
