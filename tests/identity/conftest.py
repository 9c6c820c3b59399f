import os
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from tests.support.api import running_api, settings_of
from tests.support.post_office import PostOffice

from surehold.app.container import open_tools
from surehold.app.settings import Settings
from surehold.modules.identity import IdentityService, Passwords, PasswordSettings
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http.edge.asgi import ASGIApp
from surehold.platform.sealed import SealedCodec

CHEAP = PasswordSettings(memory_kib=64, passes=1, at_once=4)


class QuietWaker:
    """Counts the wake-ups."""

    def __init__(self) -> None:
        self.woken = 0

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture(scope="module")
def codec() -> SealedCodec:
    return SealedCodec(os.urandom(32))


@pytest.fixture
def identity(db: Database, codec: SealedCodec) -> Iterator[IdentityService]:
    service = IdentityService(db, codec, QuietWaker(), Passwords(CHEAP))
    yield service
    service.close()


@pytest.fixture(scope="module")
def shop_settings(database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a whole shop over the module's database."""
    return settings_of(database_url, valkey_url, tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
async def shop(shop_settings: Settings) -> AsyncIterator[ASGIApp]:
    """The whole application."""
    async with running_api(shop_settings) as running:
        yield running


@pytest.fixture(scope="module")
async def post(shop_settings: Settings) -> AsyncIterator[PostOffice]:
    """Its letters."""
    async with open_tools(shop_settings) as tools:
        office = PostOffice(shop_settings, tools)
        await office.open()
        yield office
        tools.parts.identity.close()


@pytest.fixture
async def calm(database_urls: PostgresUrls) -> None:
    """Nobody has to wait."""
    with psycopg.connect(database_urls.owner, autocommit=True) as connection:
        connection.execute("delete from identity.sign_in_attempts")
