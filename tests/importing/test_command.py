"""`surehold import products` as a person calls it: one line that says what came of it, and an exit code."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.platform.embedded import PostgresUrls
from tests.importing.conftest import lines, product
from tests.support.databases import drop_database, make_database, with_database
from tests.support.published_shop import published_shop

WORDS = ["import", "products"]


@pytest.fixture
def shop(tmp_path: Path, database_urls: PostgresUrls, valkey_url: str) -> Iterator[Path]:
    """A data folder in which a shop runs, as far as other commands can tell."""
    with published_shop(tmp_path / "shop", database_urls, valkey_url):
        yield tmp_path / "shop"


def call(shop: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    environment = {"COLUMNS": "200", **variables}
    result = CliRunner().invoke(build(WORDS), [*WORDS, "--data-dir", str(shop), *arguments], env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_products_come_in_by_the_command_line(shop: Path, tmp_path: Path) -> None:
    stockless = product("cli-one")
    stockless["variants"][0]["stock"] = {}
    file, report = tmp_path / "p.jsonl", tmp_path / "rejected.csv"
    file.write_text(lines([stockless]) + "broken\n")
    code, said = call(shop, str(file), "--dry-run")
    assert (code, "Would import 1 products" in said) == (1, True)
    code, said = call(shop, str(file), "--strict")
    assert (code, "Nothing was imported" in said) == (2, True)
    code, said = call(shop, str(file), "--report", str(report))
    assert code == 1
    assert "line 2: this is no JSON object" in said
    assert "Imported 1 products with 1 variants, 1 rejected" in said
    assert report.read_text().startswith("line,reason\n2,")
    code, said = call(shop, str(file), "--resume")
    assert "imported whole before" in said


def test_a_file_that_cannot_be_read_is_one_line(shop: Path, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_bytes(b"PK\x03\x04")
    code, said = call(shop, str(file))
    assert code == 2
    assert "save it as CSV" in said


@pytest.fixture
def other_urls(postgres_urls: PostgresUrls, template_database: str) -> Iterator[PostgresUrls]:
    """A database of another shop, by role."""
    name = f"import_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name, template=template_database)
    yield PostgresUrls(
        *(with_database(url, name) for url in (postgres_urls.owner, postgres_urls.app, postgres_urls.audit))
    )
    drop_database(postgres_urls.owner, name)


@pytest.fixture
def one_product(tmp_path: Path) -> Path:
    stockless = product(f"one-{uuid.uuid4().hex[:8]}")
    stockless["variants"][0]["stock"] = {}
    file = tmp_path / "one.jsonl"
    file.write_text(lines([stockless]))
    return file


def products_of(urls: PostgresUrls) -> int:
    with psycopg.connect(urls.app) as connection:
        row = connection.execute("select count(*) from catalog.products").fetchone()
    assert row is not None
    return int(row[0])


def test_servers_that_are_named_get_the_products_beside_a_shop_that_runs(
    shop: Path, database_urls: PostgresUrls, other_urls: PostgresUrls, valkey_url: str, one_product: Path
) -> None:
    before = products_of(database_urls)
    options = ["--database-url", other_urls.app, "--database-owner-url", other_urls.owner, "--valkey-url", valkey_url]
    code, said = call(shop, str(one_product), *options)
    assert (code, products_of(other_urls), products_of(database_urls)) == (0, 1, before), said
    code, said = call(shop, str(one_product), *options[:2])
    assert code == 2
    assert "uses other servers than those that were named" in said


def test_servers_named_by_the_environment_need_no_shop_in_the_folder(
    tmp_path: Path, other_urls: PostgresUrls, valkey_url: str, one_product: Path
) -> None:
    variables = {
        "SUREHOLD_DATABASE_URL": other_urls.app,
        "SUREHOLD_DATABASE_OWNER_URL": other_urls.owner,
        "SUREHOLD_VALKEY_URL": valkey_url,
    }
    code, said = call(tmp_path / "none", str(one_product), **variables)
    assert (code, products_of(other_urls)) == (0, 1), said
    assert not (tmp_path / "none" / "engines.json").exists()


def test_a_role_that_may_not_migrate_is_told_which_may(
    tmp_path: Path, other_urls: PostgresUrls, valkey_url: str, one_product: Path
) -> None:
    code, said = call(tmp_path, str(one_product), "--database-url", other_urls.app, "--valkey-url", valkey_url)
    assert code == 2
    assert "--database-owner-url" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("url", ["postgresql://x:secret@127.0.0.1:1/x", "nonsense", "postgresql://x:sec[ret@h/x"])
def test_a_wrong_url_is_one_line(tmp_path: Path, valkey_url: str, one_product: Path, url: str) -> None:
    code, said = call(tmp_path, str(one_product), "--database-url", url, "--valkey-url", valkey_url)
    assert code == 2
    assert "does not answer" in said
    assert len(said.splitlines()) == 1


def test_a_dry_run_without_a_shop_makes_none(tmp_path: Path, one_product: Path) -> None:
    code, said = call(tmp_path / "none", str(one_product), "--dry-run")
    assert code == 2
    assert "There is no shop in" in said
    assert not (tmp_path / "none").exists()


def test_a_dry_run_migrates_nothing(
    tmp_path: Path, postgres_urls: PostgresUrls, valkey_url: str, one_product: Path
) -> None:
    name = f"empty_{uuid.uuid4().hex[:12]}"
    make_database(postgres_urls.owner, name)
    urls = PostgresUrls(*(with_database(url, name) for url in (postgres_urls.owner, postgres_urls.app, "")))
    options = ["--database-url", urls.app, "--database-owner-url", urls.owner, "--valkey-url", valkey_url]
    code, said = call(tmp_path, str(one_product), "--dry-run", *options)
    assert code == 2
    assert "not that of this version" in said
    assert len(said.strip().splitlines()) == 1
    with psycopg.connect(urls.owner) as connection:
        assert connection.execute("select to_regnamespace('platform')").fetchone() == (None,)
    drop_database(postgres_urls.owner, name)
