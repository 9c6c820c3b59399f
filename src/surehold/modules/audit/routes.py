"""HTTP of the audit log: for admins, reading only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from surehold.modules.audit.model import AuditEntry, AuditFilter, Head
from surehold.modules.audit.service import AuditLog
from surehold.platform.http import CursorCodec, Dep, Out, Role, get, json_response, staff

_CURSOR = "audit.entries"


class AuditEntryOut(Out, frozen=True, kw_only=True):
    """Something that was done: by whom (`actor`), to what (`subject_…`), in which request.

    `seal_seq` is the number of its seal in the hash chain; null until it is sealed, which takes up to two seconds.
    """

    seq: int
    at: datetime
    actor: str
    action: str
    subject_type: str
    subject_id: UUID
    facts: dict[str, Any]
    request_id: str | None
    seal_seq: int | None


class AuditEntriesOut(Out, frozen=True, kw_only=True):
    """A page of the log, newest first; `next_cursor` is null at its end."""

    entries: list[AuditEntryOut]
    next_cursor: str | None

    example: ClassVar[dict[str, Any] | None] = {
        "entries": [
            {
                "seq": 4711,
                "at": "2026-01-05T09:30:00Z",
                "actor": "account:019aa3c0-0000-7000-8000-000000000002",
                "action": "identity.roles_changed",
                "subject_type": "account",
                "subject_id": "019aa3c0-0000-7000-8000-000000000001",
                "facts": {"from": ["customer"], "to": ["customer", "support"]},
                "request_id": "f1c2d3",
                "seal_seq": 4698,
            }
        ],
        "next_cursor": None,
    }


class AuditHeadOut(Out, frozen=True, kw_only=True):
    """The end of the hash chain over the log: keep `head` where nobody who can write the database can write.

    Before the first seal, `seal_seq` is 0 and `sealed_at` null.
    """

    seal_seq: int
    hash: str
    sealed_at: datetime | None
    head: str

    example: ClassVar[dict[str, Any] | None] = {
        "seal_seq": 4698,
        "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sealed_at": "2026-01-05T09:30:01.04Z",
        "head": "4698:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }


@get(
    "/v1/admin/audit", policy=staff(Role.ADMIN), summary="What was done, by whom", returns=AuditEntriesOut, tag="audit"
)
async def list_audit_entries(
    audit: Dep[AuditLog],
    cursors: Dep[CursorCodec],
    subject_type: Annotated[str, Meta(min_length=1, max_length=40)] | None = None,
    subject_id: UUID | None = None,
    action: Annotated[str, Meta(min_length=1, max_length=80)] | None = None,
    performed_by: Annotated[str, Meta(min_length=1, max_length=100)] | None = None,
    cursor: Annotated[str, Meta(max_length=512)] | None = None,
    limit: Annotated[int, Meta(ge=1, le=100)] = 50,
) -> Response[bytes]:
    """Newest first. Entries are written with the change they tell of, and cannot be changed or removed."""
    wanted = AuditFilter(subject_type=subject_type, subject_id=subject_id, action=action, actor=performed_by)
    found = await audit.list_entries(wanted, cursors.decode(_CURSOR, cursor, int), limit + 1)
    more = cursors.encode(_CURSOR, found[limit - 1].seq) if len(found) > limit else None
    page = AuditEntriesOut(entries=[_entry_out(entry) for entry in found[:limit]], next_cursor=more)
    return json_response(page, cache_control="no-store")


@get(
    "/v1/admin/audit/head",
    policy=staff(Role.ADMIN),
    summary="Where the chain of seals ends",
    returns=AuditHeadOut,
    tag="audit",
)
async def get_audit_head(audit: Dep[AuditLog]) -> Response[bytes]:
    """`./surehold audit verify --expect-head` tells later whether the log still is what it was now."""
    last = await audit.get_head()
    head = AuditHeadOut(
        seal_seq=last.seq, hash=last.hash, sealed_at=last.sealed_at, head=str(Head(last.seq, last.hash))
    )
    return json_response(head, cache_control="no-store")


def _entry_out(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut(
        seq=entry.seq,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject_type=entry.subject_type,
        subject_id=entry.subject_id,
        facts=msgspec.json.decode(entry.facts),
        request_id=entry.request_id,
        seal_seq=entry.seal_seq,
    )


HANDLERS: Sequence[HTTPRouteHandler] = (list_audit_entries, get_audit_head)
