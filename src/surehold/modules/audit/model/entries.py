"""What an entry of the log says, and where the chain of seals ends."""

from datetime import datetime
from uuid import UUID

import msgspec


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done. `facts` are ids and numbers, as JSON; `seal_seq` is None until it is sealed."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject_type: str
    subject_id: UUID
    facts: msgspec.Raw
    request_id: str | None
    seal_seq: int | None


class AuditFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries to show; what is None does not matter."""

    subject_type: str | None = None
    subject_id: UUID | None = None
    action: str | None = None
    actor: str | None = None


class SealHead(msgspec.Struct, frozen=True, kw_only=True):
    """The last seal: its number, its hash (hex) and when it was made; 0, zeros and None while there is none."""

    seq: int
    hash: str
    sealed_at: datetime | None
