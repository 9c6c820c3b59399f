"""Reading the log, and `audit.record` for those who do not call it in their own SQL."""

from collections.abc import Mapping
from typing import LiteralString
from uuid import UUID

import msgspec

from surehold.modules.audit.model import AuditEntry, AuditFilter
from surehold.platform.db import Executor


async def record(
    executor: Executor,
    actor: str,
    action: str,
    subject_type: str,
    subject_id: UUID,
    facts: Mapping[str, object],
    request_id: str,
) -> None:
    """Write an entry."""
    await executor.fetch_one(
        "select audit.record(%s, %s, %s, %s, %s::jsonb, %s)",
        (actor, action, subject_type, subject_id, msgspec.json.encode(facts).decode(), request_id),
    )


async def list_entries(executor: Executor, wanted: AuditFilter, before_seq: int | None, limit: int) -> list[AuditEntry]:
    """Entries, newest first, older than `before_seq`."""
    conditions: list[LiteralString] = []
    values: list[object] = []
    filters: tuple[tuple[LiteralString, object], ...] = (
        ("e.subject_type = %s", wanted.subject_type),
        ("e.subject_id = %s", wanted.subject_id),
        ("e.action = %s", wanted.action),
        ("e.actor = %s", wanted.actor),
        ("e.seq < %s", before_seq),
    )
    for condition, value in filters:
        if value is not None:
            conditions.append(condition)
            values.append(value)
    # Only what is asked for is in the text: one for all cases has a plan that reads the whole log.
    where: LiteralString = f" where {' and '.join(conditions)}" if conditions else ""
    rows = await executor.fetch_all(
        "select e.seq, e.at, e.actor, e.action, e.subject_type, e.subject_id, e.facts::text, e.request_id"  # noqa: S608  literals
        f" from audit.entries e{where} order by e.seq desc limit %s",
        (*values, limit),
    )
    return [
        AuditEntry(
            seq=seq,
            at=at,
            actor=actor,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            facts=msgspec.Raw(facts.encode()),
            request_id=request_id,
        )
        for seq, at, actor, action, subject_type, subject_id, facts, request_id in rows
    ]


async def list_excess_rights(executor: Executor) -> list[str]:
    """What the current database role could do to the log behind `audit.record`; nothing where roles are apart."""
    return [row[0] for row in await executor.fetch_all("select audit.excess_rights()")]
