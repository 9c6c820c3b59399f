from typing import Any

from surehold.kernel.ids import uuid7
from surehold.modules.audit import store
from surehold.modules.audit.model import AuditFilter
from surehold.platform.db import Database


async def seqs(db: Database, before: int | None = None, **wanted: Any) -> list[str]:
    return [entry.action for entry in await store.list_entries(db, AuditFilter(**wanted), before, 10)]


async def test_each_filter_narrows_the_log_and_they_work_together(db: Database) -> None:
    subject, actor, other = uuid7(), f"staff:{uuid7()}", f"staff:{uuid7()}"
    for who, action, what in (
        (actor, "tests.first", "order"),
        (actor, "tests.second", "order"),
        (other, "tests.third", "cart"),
    ):
        await store.record(db, who, action, what, subject, {}, "request-1")
    assert await seqs(db, subject_id=subject) == ["tests.third", "tests.second", "tests.first"]
    assert await seqs(db, actor=actor) == ["tests.second", "tests.first"]
    assert await seqs(db, actor=actor, action="tests.first", subject_type="order", subject_id=subject) == [
        "tests.first"
    ]
    assert await seqs(db, actor=actor, subject_type="cart") == []
    newest = (await store.list_entries(db, AuditFilter(subject_id=subject), None, 1))[0]
    assert await seqs(db, newest.seq, subject_id=subject) == ["tests.second", "tests.first"]
    assert (await seqs(db))[0] == "tests.third"
