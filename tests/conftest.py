"""Services that every test may ask for: one PostgreSQL and one Valkey per test process, made when first asked for."""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from surehold.app.schema import bring_up_to_date
from surehold.platform.db import Database
from surehold.platform.embedded import (
    POSTGRES_17_PACKAGE,
    EmbeddedPostgres,
    EmbeddedValkey,
    PostgresUrls,
    find_postgres,
    wipe,
)
from tests.support.card_provider import CardProvider, card_provider
from tests.support.databases import drop_database, make_database, with_database
from tests.support.services import RunningPostgres, running_postgres, running_valkey
from tests.support.shop import Shop, make_shop


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run what takes minutes: seeds, kill loops, growth")


def pytest_configure() -> None:
    asked = os.environ.get("SUREHOLD_TEST_POSTGRES", "")
    if asked not in {"", "17"}:
        raise pytest.UsageError(
            f"SUREHOLD_TEST_POSTGRES={asked}: only 17 has a wheel here; leave it out for PostgreSQL 18."
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        return
    skip = pytest.mark.skip(reason="runs only with --long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def _running_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPostgres]:
    """SUREHOLD_TEST_POSTGRES=17 runs the whole suite on the oldest PostgreSQL that is supported."""
    binaries = find_postgres(POSTGRES_17_PACKAGE) if os.environ.get("SUREHOLD_TEST_POSTGRES") else None
    with running_postgres(tmp_path_factory.mktemp("postgres"), binaries) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server(_running_postgres: RunningPostgres) -> EmbeddedPostgres:
    """The running server; a test that stops it starts it again."""
    return _running_postgres.server


@pytest.fixture(scope="session")
def postgres_urls(_running_postgres: RunningPostgres) -> PostgresUrls:
    """Its URLs, per role."""
    return _running_postgres.urls


@pytest.fixture(scope="session")
def template_database(postgres_urls: PostgresUrls) -> str:
    """The name of a migrated, empty database from which every test's own is copied."""
    name = "surehold_template"
    make_database(postgres_urls.owner, name)
    bring_up_to_date(with_database(postgres_urls.owner, name))
    return name


@pytest.fixture(scope="module")
def database_urls(postgres_urls: PostgresUrls, template_database: str) -> Iterator[PostgresUrls]:
    """A fresh migrated database for the tests of one module, as seen by each role."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name, template=template_database)
    yield PostgresUrls(
        *(with_database(url, name) for url in (postgres_urls.owner, postgres_urls.app, postgres_urls.audit))
    )
    drop_database(postgres_urls.owner, name)


@pytest.fixture(scope="module")
def database_url(database_urls: PostgresUrls) -> str:
    """The module's database as the application's role sees it."""
    return database_urls.app


@pytest.fixture(scope="module")
async def db(database_url: str) -> AsyncIterator[Database]:
    """The module's database, open."""
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(scope="session")
def _running_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedValkey, str]]:
    with running_valkey(tmp_path_factory.mktemp("valkey")) as running:
        yield running


@pytest.fixture(scope="session")
def valkey_server(_running_valkey: tuple[EmbeddedValkey, str]) -> EmbeddedValkey:
    """The running Valkey; a test that stops it starts it again."""
    return _running_valkey[0]


@pytest.fixture(scope="session")
def valkey_url(_running_valkey: tuple[EmbeddedValkey, str]) -> str:
    """Its URL."""
    return _running_valkey[1]


@pytest.fixture
def shop_folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose engines' files are removed afterwards wherever they lie."""
    folder = tmp_path / "shop"
    yield folder
    wipe(folder)


@pytest.fixture(scope="module")
async def provider_of_cards(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[CardProvider]:
    """The card provider's stand-in, one per module."""
    async with card_provider(tmp_path_factory.mktemp("cards")) as running:
        yield running


@pytest.fixture
async def cards(provider_of_cards: CardProvider) -> CardProvider:
    """The stand-in, without the trouble that an earlier test asked for."""
    await provider_of_cards.control(reset=True)
    return provider_of_cards


@pytest.fixture
def card_shop(db: Database, tmp_path: Path, cards: CardProvider) -> Shop:
    """A shop that takes its cards."""
    return make_shop(db, tmp_path, cards=cards.clients)
