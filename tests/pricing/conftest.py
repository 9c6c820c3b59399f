"""A migrated database of pricing's own, with a stand-in for the audit module."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from surehold.platform.db import Database
from surehold.platform.db.migrations import migrate, read_migrations
from surehold.platform.embedded import PostgresUrls

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "surehold"
NAME = "pricing_tests"

AUDIT = """
create schema audit;
create table audit.rows (at bigint generated always as identity, actor text, action text, subject_id uuid, facts jsonb);
create function audit.record(actor text, action text, subject_type text, subject_id uuid, facts jsonb) returns void
language sql as $$ insert into audit.rows (actor, action, subject_id, facts) values ($1, $2, $4, $5) $$;
"""


@pytest.fixture(scope="module")
def pricing_url(postgres_urls: PostgresUrls) -> Iterator[str]:
    url = urlsplit(postgres_urls.owner)._replace(path=f"/{NAME}").geturl()
    with psycopg.connect(postgres_urls.owner, autocommit=True) as connection:
        connection.execute(f"drop database if exists {NAME} with (force)")
        connection.execute(f"create database {NAME}")
        with psycopg.connect(url, autocommit=True) as fresh:
            fresh.execute(AUDIT)
        wanted = [m for m in read_migrations(ROOT / "migrations") if m.number in {1, 4}]
        replaceable = [SOURCE / "platform/sql/platform.sql", SOURCE / "modules/pricing/sql/pricing.sql"]
        migrate(url, wanted, replaceable)
        yield url
        connection.execute(f"drop database {NAME} with (force)")


@pytest.fixture(scope="module")
async def db(pricing_url: str) -> AsyncIterator[Database]:
    database = Database(pricing_url)
    await database.open()
    yield database
    await database.close()
