"""Reading the log and its seals, and `audit.record` for those who do not call it in their own SQL."""

from collections.abc import Mapping
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from surehold.modules.audit.model import NO_SEAL, AuditEntry, AuditFilter, EntryTexts, Head, Seal, SealHead
from surehold.platform.db import Executor

LOWEST_SEQ = -(2**63)
"""Below every number that the sequence gives out: who inserts an entry by hand may choose any."""


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
        "select e.seq, e.at, e.actor, e.action, e.subject_type, e.subject_id, e.facts::text, e.request_id,"  # noqa: S608  literals
        # Looked up for the rows of the page alone, whatever the planner thinks of a join.
        " (select s.seq from audit.seals s where s.entry_seq = e.seq)"
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
            seal_seq=seal_seq,
        )
        for seq, at, actor, action, subject_type, subject_id, facts, request_id, seal_seq in rows
    ]


async def list_excess_rights(executor: Executor) -> list[str]:
    """What the current database role could do to the log behind `audit.record`; nothing where roles are apart."""
    return [row[0] for row in await executor.fetch_all("select audit.excess_rights()")]


async def seal_entries(executor: Executor, batch: int) -> int:
    """Seal what is committed and not sealed yet, at most a batch; out goes how many entries that were."""
    row = await executor.fetch_one("select audit.seal_entries(%s)", (batch,))
    return 0 if row is None else row[0]


async def get_head(executor: Executor) -> SealHead:
    """The last seal."""
    row = await executor.fetch_one(
        "select s.seq, encode(s.hash, 'hex'), s.sealed_at from audit.seals s order by s.seq desc limit 1"
    )
    seq, last_hash, sealed_at = row or (NO_SEAL.seq, NO_SEAL.hash, None)
    return SealHead(seq=seq, hash=last_hash, sealed_at=sealed_at)


async def find_place(executor: Executor, seq: int) -> Head | None:
    """A seal by its number, as a place in the chain."""
    row = await executor.fetch_one("select s.seq, encode(s.hash, 'hex') from audit.seals s where s.seq = %s", (seq,))
    return None if row is None else Head(*row)


async def find_sealed_at(executor: Executor, seq: int) -> datetime | None:
    """When a seal was made; if it is gone, when the next one was."""
    row = await executor.fetch_one(
        "select s.sealed_at from audit.seals s where s.seq >= %s order by s.seq limit 1", (seq,)
    )
    return None if row is None else row[0]


async def list_seals(executor: Executor, after: int, up_to: int, limit: int) -> list[Seal]:
    """Seals after a number up to another, in their order, with what is left of their entries."""
    rows = await executor.fetch_all(
        "select s.seq, audit.moment(s.sealed_at), encode(s.prev, 'hex'), encode(s.hash, 'hex'), s.entry_seq, e.seq,"
        " audit.moment(e.at), e.actor, e.action, e.subject_type, e.subject_id::text, e.facts::text, e.request_id"
        " from audit.seals s left join lateral (select * from audit.entries x where x.seq = s.entry_seq limit 1) e on true"
        " where s.seq > %s and s.seq <= %s order by s.seq limit %s",
        (after, up_to, limit),
    )
    return [
        Seal(
            seal=seal,
            sealed_at=sealed_at,
            prev=prev,
            hash=this_hash,
            entry_seq=entry_seq,
            entry=None if found is None else _entry(*entry),
        )
        for seal, sealed_at, prev, this_hash, entry_seq, found, *entry in rows
    ]


def _entry(
    at: str, actor: str, action: str, subject_type: str, subject_id: str, facts: str, request_id: str | None
) -> EntryTexts:
    return EntryTexts(
        at=at,
        actor=actor,
        action=action,
        subject_type=subject_type,
        subject_id=subject_id,
        facts=facts,
        request_id=request_id,
    )


async def look_for_stray(executor: Executor, start: int, limit: int) -> tuple[int, int | None] | None:
    """Among the entries from a number on that the sealer went by: the number of the last, and the first that lacks its seal.

    None if there are none. One statement, for one snapshot: what commits late is in a gap until the moment it is sealed.
    """
    row = await executor.fetch_one(
        "select max(n.seq), min(n.seq) filter (where n.is_stray) from ("
        "  select e.seq, not exists (select from audit.seals s where s.entry_seq = e.seq)"
        "    and not exists (select from audit.gaps g where e.seq between g.from_seq and g.to_seq) as is_stray"
        "  from audit.entries e where e.seq >= %s and e.seq <= (select w.scanned_to from audit.sealing w)"
        "  order by e.seq limit %s) n",
        (start, limit),
    )
    return None if row is None or row[0] is None else (row[0], row[1])


async def find_oldest_waiting(executor: Executor) -> datetime | None:
    """When the next entry to be sealed was written."""
    row = await executor.fetch_one(
        "select e.at from audit.entries e where e.seq > (select w.scanned_to from audit.sealing w) order by e.seq limit 1"
    )
    return None if row is None else row[0]
