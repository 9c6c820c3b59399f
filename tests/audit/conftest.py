"""A database of its own for every test: what is tampered with here is of no use to anybody else."""

import uuid
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.support.databases import drop_database, make_database, with_database


@pytest.fixture
def log_urls(postgres_urls: PostgresUrls, template_database: str) -> Iterator[PostgresUrls]:
    name = f"audit_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name, template=template_database)
    yield PostgresUrls(
        *(with_database(url, name) for url in (postgres_urls.owner, postgres_urls.app, postgres_urls.audit))
    )
    drop_database(postgres_urls.owner, name)


@pytest.fixture
def owner(log_urls: PostgresUrls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(log_urls.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def log_db(log_urls: PostgresUrls) -> AsyncIterator[Database]:
    database = Database(log_urls.app)
    await database.open()
    yield database
    await database.close()
