"""`surehold import products` as a person calls it: one line that says what came of it, and an exit code."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.up.environment import publish
from surehold.app.up.shop_lock import shop_lock
from surehold.platform.embedded import PostgresUrls
from tests.importing.conftest import lines, product

WORDS = ["import", "products"]


@pytest.fixture
def shop(tmp_path: Path, database_urls: PostgresUrls, valkey_url: str):
    """A data folder in which a shop runs, as far as other commands can tell."""
    folder = tmp_path / "shop"
    folder.mkdir()
    lock = shop_lock(folder)
    lock.acquire()
    publish(
        folder,
        {
            "SUREHOLD_DATABASE_URL": database_urls.app,
            "SUREHOLD_DATABASE_OWNER_URL": database_urls.owner,
            "SUREHOLD_VALKEY_URL": valkey_url,
            "SUREHOLD_DATA_DIR": str(folder),
        },
    )
    yield folder
    lock.release()


def call(shop: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(WORDS), [*WORDS, "--data-dir", str(shop), *arguments], env={"COLUMNS": "200"})
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
