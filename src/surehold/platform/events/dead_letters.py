"""What failed for good, from wherever: deliveries, jobs, outside effects. Staff see it, mend it, run it again or discard it.

Every source keeps its own rows; this joins them into one list, newest first, and records in the audit log who did what.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from surehold.kernel.errors import InvalidInputError, Kind, NotFoundError, ShopError
from surehold.platform.db import Database, Executor, Unit
from surehold.platform.events.reaction import Waker
from surehold.platform.http.actor import Actor

MAX_LISTED = 100
MAX_PAYLOAD_BYTES = 64 * 1024

Position = tuple[datetime, str]
"""Where a list goes on: the moment of failure and the id of the last letter seen."""


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that failed for good. `error` names the kind and the place of the failure, never a person."""

    id: str
    kind: str
    name: str
    subject_type: str
    subject_id: UUID
    attempts: int
    failed_at: datetime
    error: str
    payload: dict[str, Any] | None = None

    @property
    def position(self) -> Position:
        """Its place in the list."""
        return self.failed_at, self.id


class NotMendableError(ShopError):
    """Only an event's delivery has a payload that may be edited."""

    code = "DEAD_LETTER_NOT_MENDABLE"
    kind = Kind.CONFLICT
    title = "This one has nothing to edit"


class DeadLetterSource(Protocol):
    """Where dead letters are kept. A letter's id is `kind:key`; the key is the source's own."""

    kind: str

    async def list(self, executor: Executor, *, before: Position | None, limit: int) -> Sequence[DeadLetter]:
        """Dead letters older than a position, newest first, at most `limit`."""
        ...

    async def lock(self, unit: Unit, key: str) -> DeadLetter | None:
        """One dead letter, held until the unit ends; None if there is none of that key."""
        ...

    async def replay(self, unit: Unit, key: str) -> None:
        """Let it run again, at once and with all its attempts."""
        ...

    async def discard(self, unit: Unit, key: str) -> None:
        """Give it up: it will never run."""
        ...

    async def mend(self, unit: Unit, key: str, payload: Mapping[str, Any]) -> bool:
        """Run with this payload from now on; False if this kind has none. InvalidInputError if it does not fit."""
        ...


class AuditRecorder(Protocol):
    """Writes an audit row within a unit of work."""

    async def __call__(
        self, unit: Unit, *, actor: Actor, action: str, subject_type: str, subject_id: UUID, facts: Mapping[str, object]
    ) -> None:
        """Record who did what to which thing; `facts` are ids and numbers."""
        ...


class DeadLetters:
    """The dead letters of all sources."""

    def __init__(self, db: Database, sources: Sequence[DeadLetterSource], record: AuditRecorder, waker: Waker) -> None:
        self._db, self._record, self._waker = db, record, waker
        self._sources = {source.kind: source for source in sources}

    async def list(
        self, *, kind: str | None = None, before: Position | None = None, limit: int = MAX_LISTED
    ) -> list[DeadLetter]:
        """The newest dead letters before a position, of one kind or of all."""
        sources = [source for source in self._sources.values() if kind in {None, source.kind}]
        found: list[DeadLetter] = []
        for source in sources:
            found += await source.list(self._db, before=before, limit=min(limit, MAX_LISTED))
        found.sort(key=lambda letter: letter.position, reverse=True)
        return found[:limit]

    async def get(self, letter_id: str) -> DeadLetter:
        """One dead letter, with its payload where it has one."""
        async with self._db.unit() as unit:
            _, _, letter = await self._lock(unit, letter_id)
        return letter

    async def replay(self, letter_id: str, actor: Actor) -> DeadLetter:
        """Run it again. A delivery runs even if newer events of its thing were handled meanwhile: staff decided so."""
        async with self._db.unit() as unit:
            source, key, letter = await self._lock(unit, letter_id)
            await source.replay(unit, key)
            await self._note(unit, actor, "dead_letters.replayed", letter)
            unit.after_commit(self._waker.wake)
        return letter

    async def discard(self, letter_id: str, actor: Actor) -> DeadLetter:
        """Give it up."""
        async with self._db.unit() as unit:
            source, key, letter = await self._lock(unit, letter_id)
            await source.discard(unit, key)
            await self._note(unit, actor, "dead_letters.discarded", letter)
        return letter

    async def mend(self, letter_id: str, payload: Mapping[str, Any], actor: Actor) -> DeadLetter:
        """Edit what it will run with; replaying is a step of its own. The event itself stays as it was written."""
        text = msgspec.json.encode(payload)
        if len(text) > MAX_PAYLOAD_BYTES or b"\\u0000" in text:
            raise InvalidInputError(
                f"A payload has at most {MAX_PAYLOAD_BYTES} bytes, and none of them is zero.", field="payload"
            )
        async with self._db.unit() as unit:
            source, key, letter = await self._lock(unit, letter_id)
            if not await source.mend(unit, key, payload):
                raise NotMendableError("Replay it or discard it.")
            before = letter.payload or {}
            changed = sorted(name for name in {*before, *payload} if before.get(name) != payload.get(name))
            await self._note(unit, actor, "dead_letters.mended", letter, changed=changed)
        return msgspec.structs.replace(letter, payload=dict(payload))

    async def _lock(self, unit: Unit, letter_id: str) -> tuple[DeadLetterSource, str, DeadLetter]:
        kind, _, key = letter_id.partition(":")
        source = self._sources.get(kind) if key.isprintable() else None
        letter = await source.lock(unit, key) if source is not None else None
        if source is None or letter is None:
            raise NotFoundError("There is no such dead letter; perhaps it was replayed or discarded meanwhile.")
        return source, key, letter

    async def _note(self, unit: Unit, actor: Actor, action: str, letter: DeadLetter, **facts: object) -> None:
        await self._record(
            unit,
            actor=actor,
            action=action,
            subject_type=letter.subject_type,
            subject_id=letter.subject_id,
            facts={"dead_letter": letter.id, "attempts": letter.attempts, **facts},
        )
