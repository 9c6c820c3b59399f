"""The sealer: every committed entry once, whenever it committed and however many seal at once, and nobody else writes seals."""

import asyncio
import random
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import LiteralString

import psycopg
import pytest
from prometheus_client import CollectorRegistry

from surehold.modules.audit import AuditChain, AuditLog
from surehold.modules.audit.jobs import jobs
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.jobs import JobLimits, JobMetrics, JobRunner
from tests.audit.entries import RECORD, gaps, seal, sealed, write
from tests.support.running_shop import eventually

WRITERS, ROUNDS, SEALERS = 12, 25, 3
OLD, RUNS, ROWS_MAX = 3_000, 20, 40


@pytest.fixture
def app(log_urls: PostgresUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(log_urls.app, autocommit=True) as connection:
        yield connection


@pytest.fixture
def writers(log_urls: PostgresUrls) -> Iterator[list[psycopg.Connection]]:
    with ExitStack() as stack:
        yield [stack.enter_context(psycopg.connect(log_urls.app)) for _ in range(3)]


async def test_what_is_committed_is_sealed_in_batches_and_the_chain_holds(
    app: psycopg.Connection, log_db: Database
) -> None:
    write(app, 5)
    assert [seal(app, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert sealed(app) == [1, 2, 3, 4, 5]
    verdict = await AuditChain(log_db, batch=2).verify(None, lambda *_: None)
    assert (verdict.found, verdict.head.seq, verdict.waiting_since) == (None, 5, None)


def test_a_shop_in_which_nothing_happens_writes_nothing(app: psycopg.Connection) -> None:
    write(app)
    seal(app)
    with app.transaction():
        assert seal(app) == 0
        assert app.execute("select pg_current_xact_id_if_assigned()").fetchone() == (None,)


def test_an_entry_that_commits_late_is_sealed_late(app: psycopg.Connection, writers: list[psycopg.Connection]) -> None:
    late, lost, later = writers
    write(late)
    write(lost)
    write(later)
    write(app)
    assert seal(app) == 1
    assert gaps(app) == [(1, 3)]
    later.commit()
    lost.rollback()
    assert seal(app) == 1
    assert gaps(app) == [(1, 2)]
    late.commit()
    assert seal(app) == 1
    assert sealed(app) == [4, 3, 1]
    assert seal(app) == 0
    assert gaps(app) == []


def test_a_gap_is_waited_for_as_long_as_anybody_may_fill_it(
    app: psycopg.Connection, writers: list[psycopg.Connection]
) -> None:
    late, other, _ = writers
    write(late)
    write(app)
    seal(app)
    for _ in range(3):  # who comes and goes meanwhile decides nothing
        write(other)
        other.commit()
        seal(app)
        assert gaps(app) == [(1, 1)]
    late.rollback()
    seal(app)
    assert gaps(app) == []


def test_many_entries_that_come_late_at_once_are_sealed_batch_by_batch(
    app: psycopg.Connection, writers: list[psycopg.Connection]
) -> None:
    write(writers[0], 5)
    write(app)
    assert seal(app, 2) == 1
    writers[0].commit()
    assert [seal(app, 2) for _ in range(4)] == [2, 2, 1, 0]
    assert sealed(app) == [6, 1, 2, 3, 4, 5]
    assert gaps(app) == []


def test_a_number_drawn_in_a_savepoint_that_was_rolled_back_is_not_waited_for_but_its_transaction_is(
    app: psycopg.Connection, writers: list[psycopg.Connection]
) -> None:
    """Rolling back to a savepoint gives back the lock that was taken within it; the number it drew is dead by then."""
    late = writers[0]
    late.execute("savepoint before")
    write(late)
    late.execute("rollback to before")
    write(app)
    seal(app)
    write(late)
    write(app)
    seal(app)
    assert gaps(app) == [(3, 3)]
    late.commit()
    seal(app)
    assert sealed(app) == [2, 4, 3]
    assert gaps(app) == []


def test_while_a_transaction_is_prepared_no_gap_is_forgotten(
    app: psycopg.Connection, owner: psycopg.Connection, writers: list[psycopg.Connection]
) -> None:
    write(writers[0])
    write(app)
    seal(app)
    writers[0].rollback()
    owner.execute("select audit.fill_gaps(10, '{-1/77}')")
    assert gaps(app) == [(1, 1)]
    owner.execute("select audit.fill_gaps(10, '{3/77}')")
    assert gaps(app) == []


def test_an_old_snapshot_is_refused(app: psycopg.Connection) -> None:
    app.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="READ COMMITTED"), app.transaction():
        seal(app)


def test_a_forged_number_far_ahead_stops_nobody(app: psycopg.Connection, owner: psycopg.Connection) -> None:
    write(app)
    owner.execute(
        "insert into audit.entries (seq, actor, action, subject_type, subject_id) overriding system value"
        " values (1000000000000, 'x', 'a.b', 'order', gen_random_uuid())"
    )
    assert seal(app) == 1
    write(app)
    assert seal(app) == 1
    assert sealed(app) == [1, 2]
    assert gaps(app) == []


def test_sealing_that_is_rolled_back_happened_not_at_all(app: psycopg.Connection) -> None:
    write(app, 3)
    with app.transaction(force_rollback=True):
        assert seal(app) == 3
    assert sealed(app) == []
    assert seal(app) == 3


async def test_writers_that_commit_late_or_never_and_sealers_side_by_side_lose_nothing(
    log_urls: PostgresUrls, log_db: Database
) -> None:
    dice = random.Random(7)
    busy = asyncio.Event()

    async def write_some(seed: int) -> None:
        mine = random.Random(seed)
        async with await psycopg.AsyncConnection.connect(log_urls.app) as connection:
            for _ in range(ROUNDS):
                for _ in range(mine.randint(1, 4)):
                    await connection.execute(RECORD, (uuid.uuid4(),))
                    for _ in range(mine.randint(0, 20)):  # others write, commit and seal meanwhile
                        await connection.execute("select 1")
                await (connection.rollback() if mine.random() < 0.3 else connection.commit())

    async def seal_on() -> None:
        log = AuditLog(log_db)
        while not busy.is_set():
            await log.seal()

    async def verify_on() -> None:
        while not busy.is_set():  # what is on its way never looks wrong
            assert (await AuditChain(log_db, batch=100).verify(None, lambda *_: None)).found is None

    sealing = [*(asyncio.create_task(seal_on()) for _ in range(SEALERS)), asyncio.create_task(verify_on())]
    await asyncio.gather(*(write_some(dice.getrandbits(32)) for _ in range(WRITERS)))
    busy.set()
    await asyncio.gather(*sealing)
    await AuditLog(log_db).seal()
    with psycopg.connect(log_urls.app) as connection:
        there = {row[0] for row in connection.execute("select seq from audit.entries").fetchall()}
        order = sealed(connection)
        assert gaps(connection) == []
    assert len(order) == len(there)
    assert set(order) == there
    assert order != sorted(order), "nothing came late: this proved nothing"
    assert (await AuditChain(log_db, batch=100).verify(None, lambda *_: None)).found is None


@pytest.mark.parametrize("ends", ["commit", "rollback"])
async def test_a_second_sealer_waits_for_the_first_and_goes_on_from_where_that_ended(
    app: psycopg.Connection, log_db: Database, writers: list[psycopg.Connection], ends: str
) -> None:
    write(app, 3)
    first = writers[0]
    assert seal(first, 2) == 2
    second = asyncio.create_task(AuditLog(log_db).seal())

    async def waits() -> bool:
        return app.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        ).fetchone() == (1,)

    await eventually(waits, 20, "it does not wait")
    (first.commit if ends == "commit" else first.rollback)()
    assert await second == (1 if ends == "commit" else 3)
    assert sealed(app) == [1, 2, 3]
    assert (await AuditChain(log_db).verify(None, lambda *_: None)).found is None


async def test_a_run_of_the_sealer_reads_what_is_new_and_not_the_log(
    log_urls: PostgresUrls, app: psycopg.Connection, owner: psycopg.Connection, log_db: Database
) -> None:
    """Also where plans were made while there was nothing to plan for."""
    log = AuditLog(log_db)
    write(app, 1)
    owner.execute("vacuum analyze audit.entries, audit.seals, audit.gaps, audit.sealing")
    await log.seal()
    owner.execute(
        "insert into audit.entries (actor, action, subject_type, subject_id)"
        " select 'x', 'a.b', 'order', gen_random_uuid() from generate_series(1, %s)",
        (OLD,),
    )
    while await log.seal():
        pass
    before = await touched(log_db)
    for _ in range(RUNS):
        with psycopg.connect(log_urls.app) as lost:
            write(lost)
            write(app)
            await log.seal()
            lost.rollback()
        await log.seal()
    after = await touched(log_db)
    assert gaps(app) == []
    for name, (scans, rows) in after.items():
        assert (name, scans - before[name][0]) == (name, 0)
        assert (name, rows - before[name][1] < RUNS * ROWS_MAX) == (name, True), (before, after)


async def touched(db: Database) -> dict[str, tuple[int, int]]:
    """How often the tables that grow were read whole, and how many entries of their indexes were met."""
    connections = db.settings.max_size
    await asyncio.gather(*(db.fetch_one("select pg_stat_force_next_flush()") for _ in range(connections)))
    await asyncio.gather(*(db.fetch_one("select 1") for _ in range(connections)))
    rows = await db.fetch_all(
        "select t.relname::text, t.seq_scan, sum(i.idx_tup_read)::bigint from pg_stat_user_tables t"
        " join pg_stat_user_indexes i using (relid) where t.schemaname = 'audit' and t.relname in ('entries', 'seals')"
        " group by 1, 2"
    )
    return {name: (scans, read) for name, scans, read in rows}


async def test_the_worker_seals_in_one_process_of_two(log_urls: PostgresUrls, log_db: Database) -> None:
    stop = asyncio.Event()
    runners = [
        JobRunner(log_urls.app, log_db, jobs(AuditLog(log_db)), JobMetrics(CollectorRegistry()), limits=JobLimits())
        for _ in range(2)
    ]
    working = [asyncio.create_task(runner.run(stop)) for runner in runners]
    try:
        for number in range(1, 4):
            await log_db.execute(RECORD, (uuid.uuid4(),))

            async def is_sealed(number: int = number) -> bool:
                return (await AuditLog(log_db).get_head()).seq == number

            await eventually(is_sealed, 20, "it is not sealed")
    finally:
        stop.set()
        await asyncio.gather(*working)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into audit.seals values (1, 1, now(), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))",
        "update audit.seals set sealed_at = now()",
        "delete from audit.seals",
        "truncate audit.seals",
        "alter table audit.seals disable trigger all",
        "update audit.sealing set scanned_to = 99",
        "delete from audit.gaps",
        "select audit.append_seals('{1}')",
        "select audit.seal_next(1)",
    ],
)
def test_the_app_seals_through_the_function_alone(app: psycopg.Connection, statement: LiteralString) -> None:
    write(app)
    seal(app)
    write(app)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement)


def test_the_audit_role_cannot_seal(log_urls: PostgresUrls) -> None:
    with psycopg.connect(log_urls.audit) as auditor, pytest.raises(psycopg.errors.InsufficientPrivilege):
        seal(auditor)


@pytest.mark.parametrize(
    "statement", ["update audit.seals set seq = 9", "delete from audit.seals", "truncate audit.seals"]
)
def test_the_owner_cannot_change_a_seal_by_accident(
    app: psycopg.Connection, owner: psycopg.Connection, statement: LiteralString
) -> None:
    write(app)
    seal(app)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="audit seals are never changed"):
        owner.execute(statement)


def test_those_who_write_entries_pay_for_nothing(owner: psycopg.Connection) -> None:
    """No trigger fires on an insert, and no index came with the seals."""
    inserts = owner.execute(
        "select tgname from pg_trigger where tgrelid = 'audit.entries'::regclass and not tgisinternal and tgtype & 4 <> 0"
    ).fetchall()
    indexes = owner.execute(
        "select indexrelid::regclass::text from pg_index where indrelid = 'audit.entries'::regclass"
    )
    cache = owner.execute(
        "select seqcache from pg_sequence where seqrelid = 'audit.entries_seq_seq'::regclass"
    ).fetchone()
    assert inserts == []
    assert cache == (1,)  # numbers drawn ahead would show behind the sealer
    assert {row[0] for row in indexes.fetchall()} == {
        "audit.entries_pkey", "audit.entries_of_subject", "audit.entries_of_action", "audit.entries_of_actor",
    }  # fmt: skip


def test_every_column_is_hashed(owner: psycopg.Connection) -> None:
    """Another column needs another format of the chain (docs/audit.md), or it could be changed unseen."""
    found = owner.execute(
        "select attname from pg_attribute where attrelid = 'audit.entries'::regclass and attnum > 0 order by attnum"
    ).fetchall()
    assert [row[0] for row in found] == [
        "seq", "at", "actor", "action", "subject_type", "subject_id", "facts", "request_id",
    ]  # fmt: skip
