"""Voids and refunds that a provider goes on refusing, among the dead letters that staff see."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from surehold.modules.payments import store
from surehold.platform.db import Executor, Unit
from surehold.platform.events import DeadLetter
from surehold.platform.events.dead_letters import Position


class DeadPayments:
    """A source of dead letters. Its subject is the payment; the error is the reason that the provider gave last."""

    kind = "payment"

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Dead voids and refunds older than a position, newest first."""
        at, before_id = before or (None, "")
        return [_letter(row) for row in await store.list_dead(executor, at=at, before_id=before_id, limit=limit)]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One of them, held."""
        try:
            attempt_id = UUID(key)
        except ValueError:
            return None
        row = await store.lock_dead(unit, attempt_id)
        return _letter(row) if row is not None else None

    async def replay(self, unit: Unit, key: str) -> None:
        """Let the recovery take it up within a minute: it looks it up, then asks again, with all its rounds."""
        await store.replay_dead(unit, UUID(key))

    async def discard(self, unit: Unit, key: str) -> None:
        """Never ask the provider again; staff gives the money back in another way, or keeps it."""
        await store.discard_dead(unit, UUID(key))

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """What is given back is what was taken; there is nothing to edit."""
        del unit, key, payload
        return False


def _letter(row: store.Row) -> DeadLetter:
    letter_id, phase, payment_id, rounds, failed_at, reason = row
    return DeadLetter(
        id=letter_id,
        kind=DeadPayments.kind,
        name=f"payments.{phase}",
        subject_type="payment",
        subject_id=payment_id,
        attempts=rounds,
        failed_at=failed_at,
        error=reason,
    )
