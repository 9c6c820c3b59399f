import uuid

from surehold.modules.audit import AuditFilter, AuditLog
from surehold.platform.db import Database
from surehold.platform.http import Actor, ActorKind


async def test_entries_are_written_with_the_unit_and_listed_newest_first(db: Database) -> None:
    log, order, other = AuditLog(db), uuid.uuid4(), uuid.uuid4()
    actor = Actor(kind=ActorKind.ACCOUNT, account_id=uuid.uuid4(), request_id="r7")
    for number in range(5):
        async with db.unit() as unit:
            await log.record(
                unit,
                actor=actor,
                action="orders.order_changed" if number % 2 else "orders.order_seen",
                subject_type="order",
                subject_id=order,
                facts={"number": number},
            )
    try:
        async with db.unit() as unit:
            await log.record(unit, actor=actor, action="a.b", subject_type="order", subject_id=other, facts={})
            raise LookupError
    except LookupError:
        pass
    assert await log.list_entries(AuditFilter(subject_id=other), None, 10) == []
    mine = AuditFilter(subject_type="order", subject_id=order, actor=actor.key)
    first = await log.list_entries(mine, None, 3)
    assert [bytes(entry.facts) for entry in first] == [b'{"number": 4}', b'{"number": 3}', b'{"number": 2}']
    rest = await log.list_entries(mine, first[-1].seq, 3)
    assert [bytes(entry.facts) for entry in rest] == [b'{"number": 1}', b'{"number": 0}']
    assert {entry.request_id for entry in first} == {"r7"}
    changed = await log.list_entries(AuditFilter(subject_id=order, action="orders.order_changed"), None, 9)
    assert len(changed) == 2
    assert await log.excess_rights() == []
