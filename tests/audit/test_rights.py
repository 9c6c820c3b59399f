import uuid
from collections.abc import Iterator
from typing import LiteralString
from urllib.parse import quote

import psycopg
import pytest

from surehold.app.schema import bring_up_to_date
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.support.databases import drop_database, make_database, with_database

RECORD = "select audit.record('account:1', 'orders.order_cancelled', 'order', %s, '{\"seq\": 2}', 'req-1')"

EVERYTHING = {
    f"{right} on audit.{table}"
    for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
    for table in ("entries", "seals", "sealing", "gaps")
}


async def test_the_app_writes_through_the_function_and_reads(db: Database) -> None:
    order = uuid.uuid4()
    await db.execute(RECORD, (order,))
    row = await db.fetch_one(
        "select actor, action, facts::text, request_id from audit.entries where subject_id = %s", (order,)
    )
    assert row == ("account:1", "orders.order_cancelled", '{"seq": 2}', "req-1")
    assert await db.fetch_all("select audit.excess_rights()") == []


@pytest.mark.parametrize(
    "statement",
    [
        "insert into audit.entries (actor, action, subject_type, subject_id) values ('x', 'a.b', 'order', gen_random_uuid())",
        "update audit.entries set actor = 'nobody'",
        "delete from audit.entries",
        "truncate audit.entries",
        "alter table audit.entries disable trigger all",
        "drop table audit.entries",
    ],
)
async def test_the_app_cannot_touch_the_table(db: Database, statement: LiteralString) -> None:
    await db.execute(RECORD, (uuid.uuid4(),))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.execute(statement)


def test_the_owner_cannot_change_an_entry_by_accident(database_urls: PostgresUrls) -> None:
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        owner.execute(RECORD, (uuid.uuid4(),))
        for statement in (
            "update audit.entries set actor = 'x'",
            "delete from audit.entries",
            "truncate audit.entries",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
                owner.execute(statement)
        found = {row[0] for row in owner.execute("select audit.excess_rights()").fetchall()}
    assert found == EVERYTHING  # which is what the check has to tell on a one-role server


def test_the_audit_role_only_inserts(database_urls: PostgresUrls) -> None:
    with psycopg.connect(database_urls.audit, autocommit=True) as auditor:
        auditor.execute(
            "insert into audit.entries (actor, action, subject_type, subject_id) values ('x', 'a.b', 'order', gen_random_uuid())"
        )
        for statement in (
            "select * from audit.entries",
            "update audit.entries set actor = 'x'",
            "delete from audit.entries",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                auditor.execute(statement)


async def test_an_entry_without_sense_is_refused(db: Database) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        await db.execute("select audit.record('a', 'No Such Form', 'order', gen_random_uuid(), '{}')")
    with pytest.raises(psycopg.errors.CheckViolation):
        await db.execute("select audit.record('a', 'a.b', 'order', gen_random_uuid(), '[]')")


async def test_the_function_belongs_to_the_role_that_only_inserts(db: Database) -> None:
    row = await db.fetch_one(
        "select p.proowner::regrole::text, p.prosecdef from pg_proc p where p.oid = 'audit.record'::regproc"
    )
    assert row == ("surehold_audit", True)


@pytest.fixture
def one_role_url(postgres_urls: PostgresUrls) -> Iterator[str]:
    """A server like a managed one: whoever migrates also serves."""
    name = f"one_role_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name)
    roles = "-csurehold.app_role=surehold_owner -csurehold.audit_role=nobody_here"
    yield f"{with_database(postgres_urls.owner, name)}&options={quote(roles)}"
    drop_database(postgres_urls.owner, name)


def test_a_server_with_one_role_works_and_says_so(one_role_url: str) -> None:
    bring_up_to_date(one_role_url)
    assert bring_up_to_date(one_role_url) == 0
    with psycopg.connect(one_role_url, autocommit=True) as owner:
        owner.execute(RECORD, (uuid.uuid4(),))
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed"):
            owner.execute("delete from audit.entries")
        assert owner.execute("select count(*) from audit.excess_rights()").fetchone() == (len(EVERYTHING),)


def test_migrating_again_keeps_everybodys_rights(database_urls: PostgresUrls) -> None:
    with psycopg.connect(database_urls.owner, autocommit=True) as owner:
        owner.execute("delete from platform.applied_sql")
    bring_up_to_date(database_urls.owner)
    with psycopg.connect(database_urls.app, autocommit=True) as app:
        app.execute(RECORD, (uuid.uuid4(),))
        assert app.execute("select count(*) from audit.excess_rights()").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("update platform.migrations set name = name")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("create table platform.mine (x int)")
