"""Dead letters that are rows of a module's own table, named by a UUID: one source, whatever the table."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from surehold.platform.db import Executor, Unit
from surehold.platform.events.dead_letters import DeadLetter, Position

Row = tuple[Any, ...]
"""The letter's id (`kind:uuid`), its name, subject's type and id, attempts, moment and reason of the failure."""


class ListRows(Protocol):
    """Reads a page of them."""

    async def __call__(self, executor: Executor, *, at: datetime | None, before_id: str, limit: int) -> Sequence[Row]:
        """Those before a moment and an id, newest first."""
        ...


class LockRow(Protocol):
    """Finds one of them."""

    async def __call__(self, unit: Executor, id_: UUID, /) -> Row | None:
        """The row, held until the unit ends; None if there is none, or it is dead no more."""
        ...


class ChangeRow(Protocol):
    """Does something with one that is held."""

    async def __call__(self, unit: Executor, id_: UUID, /) -> Any:
        """Change it."""
        ...


class DeadRows:
    """A `DeadLetterSource` whose letters have nothing that may be edited."""

    def __init__(
        self, kind: str, *, list_rows: ListRows, lock_row: LockRow, replay: ChangeRow, discard: ChangeRow
    ) -> None:
        self.kind = kind
        self._list_rows, self._lock_row, self._replay, self._discard = list_rows, lock_row, replay, discard

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Those older than a position, newest first."""
        at, before_id = before or (None, "")
        rows = await self._list_rows(executor, at=at, before_id=before_id, limit=limit)
        return [self._letter(*row) for row in rows]

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One of them, held; None for what is no UUID, too."""
        try:
            id_ = UUID(key)
        except ValueError:
            return None
        row = await self._lock_row(unit, id_)
        return None if row is None else self._letter(*row)

    async def replay(self, unit: Unit, key: str) -> None:
        """Let it run again."""
        await self._replay(unit, UUID(key))

    async def discard(self, unit: Unit, key: str) -> None:
        """Settle it without."""
        await self._discard(unit, UUID(key))

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """Nothing of it may be edited."""
        del unit, key, payload
        return False

    def _letter(
        self, id_: str, name: str, subject_type: str, subject_id: UUID, attempts: int, failed_at: datetime, error: str
    ) -> DeadLetter:
        return DeadLetter(
            id=id_,
            kind=self.kind,
            name=name,
            subject_type=subject_type,
            subject_id=subject_id,
            attempts=attempts,
            failed_at=failed_at,
            error=error,
        )
