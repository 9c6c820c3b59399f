"""The log for staff, and the check that nobody but the log's own role can write it."""

from collections.abc import Sequence

from surehold.modules.audit import store
from surehold.modules.audit.model import AuditEntry, AuditFilter
from surehold.platform.db import Database


class AuditLog:
    """Reads; entries are written by the modules with their changes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def list(self, wanted: AuditFilter, before_seq: int | None, limit: int) -> Sequence[AuditEntry]:
        """A page of entries, newest first."""
        return await store.list_entries(self._db, wanted, before_seq, limit)

    async def excess_rights(self) -> Sequence[str]:
        """What the application's database role could do to the log; not empty on a server with a single role."""
        return await store.list_excess_rights(self._db)
