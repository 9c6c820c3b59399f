"""Somebody can always administer the shop, and the login that `up` shows opens it."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from surehold.app.boot import furnish
from surehold.app.container import Tools, open_tools
from surehold.app.demo import load_demo_if_empty
from surehold.app.importing.services import make_importer, opened_importer
from surehold.app.settings import read_settings
from surehold.app.up.environment import STAFF_FILE
from surehold.app.up.hooks import StaffLogin
from surehold.modules.catalog import CatalogIntake
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import SYSTEM
from tests.importing.conftest import lines, product
from tests.support.databases import drop_database, make_database, with_database

ADMINS = "select count(*) from identity.accounts where 'admin' = any (roles)"
EMAIL = "staff@quillmoor.example"


@pytest.fixture
def shop(
    postgres_urls: PostgresUrls, template_database: str, valkey_url: str, tmp_path: Path
) -> Iterator[dict[str, str]]:
    """The environment of a migrated shop with nothing in it."""
    name = f"staff_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name, template=template_database)
    yield {
        "SUREHOLD_DATABASE_URL": with_database(postgres_urls.app, name),
        "SUREHOLD_VALKEY_URL": valkey_url,
        "SUREHOLD_SECRET_KEY": "ab" * 32,
        "SUREHOLD_DATA_DIR": str(tmp_path),
    }
    drop_database(postgres_urls.owner, name)


def use(shop: dict[str, str], act: Callable[[Tools], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_tools(read_settings(shop)) as tools:
            try:
                await act(tools)
            finally:
                tools.parts.identity.close()

    asyncio.run(run())


def require_that_it_opens(shop: dict[str, str], login: StaffLogin | None) -> StaffLogin:
    assert login is not None

    async def sign_in(tools: Tools) -> None:
        signed_in = await tools.parts.identity.sign_in(SYSTEM, login.email, login.password)
        assert "admin" in (await tools.parts.identity.get_profile(signed_in.account.id)).roles

    use(shop, sign_in)
    return login


def admins(shop: dict[str, str]) -> int:
    with psycopg.connect(shop["SUREHOLD_DATABASE_URL"]) as connection:
        row = connection.execute(ADMINS).fetchone()
    assert row is not None
    return int(row[0])


def file_of(shop: dict[str, str]) -> Path:
    return Path(shop["SUREHOLD_DATA_DIR"], STAFF_FILE)


def test_a_shop_that_began_with_an_import_gets_an_admin(shop: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "p.jsonl"
    stockless = product("mine")
    stockless["variants"][0]["stock"] = {}
    file.write_text(lines([stockless]))

    async def bring_in() -> None:
        async with opened_importer(shop) as importer:
            assert (await importer.run(file)).products == 1

    asyncio.run(bring_in())
    require_that_it_opens(shop, furnish(shop))


def test_killed_between_the_demo_and_its_admin(shop: dict[str, str]) -> None:
    async def load_only(tools: Tools) -> None:
        nerves = tools.nerves
        importer = make_importer(tools.db, tools.parts.pictures, nerves.invalidator, nerves.waker)
        intake = CatalogIntake(tools.db, invalidator=nerves.invalidator, waker=nerves.waker)
        assert await load_demo_if_empty(intake, tools.parts.inventory, importer)

    use(shop, load_only)
    require_that_it_opens(shop, furnish(shop))


@pytest.mark.parametrize("written", [f"{EMAIL}\nkept-from-before\n", f"{EMAIL}\n", ""])
def test_killed_between_the_file_and_the_account(shop: dict[str, str], written: str) -> None:
    file_of(shop).write_text(written)
    login = require_that_it_opens(shop, furnish(shop))
    assert file_of(shop).read_text() == f"{login.email}\n{login.password}\n"
    assert file_of(shop).stat().st_mode & 0o077 == 0
    assert (login.password == "kept-from-before") is (written.count("\n") == 2)


def test_the_next_start_finds_the_same_login_and_makes_nobody(shop: dict[str, str]) -> None:
    first = require_that_it_opens(shop, furnish(shop))
    again = require_that_it_opens(shop, furnish(shop))
    assert (again.email, again.password) == (first.email, first.password)
    assert admins(shop) == 1


def test_an_address_that_a_customer_has_is_left_to_them(shop: dict[str, str]) -> None:
    async def sign_up(tools: Tools) -> None:
        await tools.parts.identity.sign_up(SYSTEM, EMAIL, "a good long password", "Sam", "en")

    use(shop, sign_up)
    login = require_that_it_opens(shop, furnish(shop))
    assert login.email != EMAIL
    assert admins(shop) == 1


def test_a_login_that_does_not_open_is_not_shown(shop: dict[str, str]) -> None:
    assert furnish(shop) is not None
    for text in (f"{EMAIL}\nnot-the-password\n", "nobody@quillmoor.example\nwhatever\n", "no address\n", "a b c\n"):
        file_of(shop).write_text(text)
        assert furnish(shop) is None
        assert file_of(shop).read_text() == text
    assert admins(shop) == 1
