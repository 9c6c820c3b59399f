"""Looking for what is due costs the same whatever waits for later, is done, or is dead."""

import pytest

from surehold.platform.db import Database
from tests.webhooks.conftest import Hooks
from tests.webhooks.receiver import Receiver

MANY = 20_000
ENTRIES_MAX = 200


async def entries(db: Database) -> int:
    """Index entries and whole-table rows of messages read so far."""
    for _ in range(4):  # each connection hands in what it counted
        await db.fetch_one("select pg_stat_force_next_flush()")
        await db.fetch_one("select 1")
    row = await db.fetch_one(
        "select (select sum(idx_tup_read) from pg_stat_user_indexes where relid = 'webhooks.messages'::regclass)::bigint"
        " + (select seq_tup_read from pg_stat_user_tables where relid = 'webhooks.messages'::regclass)"
    )
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    "what",
    [
        "state = 'pending', next_attempt_at = clock_timestamp() + interval '1 hour'",
        "state = 'delivered', ended_at = clock_timestamp()",
        "state = 'dead', ended_at = clock_timestamp()",
    ],
)
async def test_a_turn_without_work_reads_next_to_nothing(hooks: Hooks, receiver: Receiver, what: str) -> None:
    await hooks.endpoint(receiver.url)
    await hooks.sender.send_due()  # plans are made while there is nothing to plan for
    await hooks.db.execute(
        "insert into webhooks.messages (id, endpoint_id, event_name, payload, next_attempt_at)"
        " select gen_random_uuid(), e.id, 'x', '{}', clock_timestamp() + interval '1 hour'"
        " from webhooks.endpoints e, generate_series(1, %s)",
        (MANY,),
    )
    await hooks.db.execute("update webhooks.messages set " + what)  # pyright: ignore[reportArgumentType]
    await hooks.db.execute("vacuum analyze webhooks.messages")
    before = await entries(hooks.db)
    assert await hooks.sender.send_due() == 0
    assert await entries(hooks.db) - before <= ENTRIES_MAX
