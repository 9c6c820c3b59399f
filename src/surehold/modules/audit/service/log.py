"""The log for staff and for the sealer, and the check that nobody but the log's own roles can write it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from surehold.modules.audit import store
from surehold.modules.audit.model import AuditEntry, AuditFilter, SealHead
from surehold.platform.db import Database, Executor
from surehold.platform.failpoints import failpoint
from surehold.platform.http import Actor

SEAL_BATCH = 500


class AuditLog:
    """Entries are written by the modules' SQL with their changes, or through `record` in the unit of work of the change."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(
        self,
        unit: Executor,
        *,
        actor: Actor,
        action: str,
        subject_type: str,
        subject_id: UUID,
        facts: Mapping[str, object],
    ) -> None:
        """Write an entry in a unit of work; `facts` are ids and numbers, never personal data."""
        await store.record(unit, actor.key, action, subject_type, subject_id, facts, actor.request_id)

    async def list_entries(self, wanted: AuditFilter, before_seq: int | None, limit: int) -> Sequence[AuditEntry]:
        """A page of entries, newest first."""
        return await store.list_entries(self._db, wanted, before_seq, limit)

    async def seal(self) -> int:
        """Append what is committed and not sealed yet to the chain, a batch of it; out goes how many entries that were.

        One statement, all of it or nothing: it may be called by any number of processes at once, and die anywhere.
        """
        await failpoint("audit.before_seal")
        sealed = await store.seal_entries(self._db, SEAL_BATCH)
        await failpoint("audit.after_seal")
        return sealed

    async def get_head(self) -> SealHead:
        """Where the chain of seals ends now."""
        return await store.get_head(self._db)

    async def excess_rights(self) -> Sequence[str]:
        """What the application's database role could do to the log; not empty on a server with a single role."""
        return await store.list_excess_rights(self._db)
