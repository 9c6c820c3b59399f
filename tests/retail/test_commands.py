"""What the commands say when something is not as it must be: one line each, and no traceback."""

from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from surehold.app.cli import build
from surehold.app.retail.cleaning import Reason
from surehold.app.retail.folder import ReplayFolder, Summary
from surehold.app.retail.plan import Invoice
from surehold.app.retail.wire import Target
from surehold.app.up.ports import free_port

SUMMARY = Summary(
    source="x.csv",
    digest="0" * 64,
    rows=2,
    accepted=1,
    repeated=0,
    rejected={Reason.PRICE.value: 1},
    products=1,
    invoices=1,
    lines=1,
    units=1,
    wholesale_invoices=0,
    accounts=0,
)
INVOICE = Invoice(number="1", at=datetime(2010, 12, 1), country="France", lines=[("22720", 1)])  # noqa: DTZ001


def call(*words: str) -> Result:
    return CliRunner().invoke(build(words), list(words), env={"COLUMNS": "200"})


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A data folder with an import, and no shop that runs."""
    folder = ReplayFolder(tmp_path)
    folder.make()
    folder.write_products([{"slug": "tin-22720", "variants": [{"sku": "22720"}]}])
    folder.write_invoices([INVOICE], SUMMARY)
    return tmp_path


def test_without_an_import_it_says_what_comes_first(tmp_path: Path):
    result = call("replay", "--data-dir", str(tmp_path))
    assert result.exit_code == 1
    assert "First: ./surehold import orders" in result.output


@pytest.mark.parametrize("speed", ["fast", "0x", "-1x", "x", "1e9x"])
def test_a_speed_that_is_none(shop: Path, speed: str):
    result = call("replay", "--data-dir", str(shop), "--url", "http://127.0.0.1:1", "--speed", speed)
    assert result.exit_code == 1
    assert "write max, or a number with an x" in result.output


def test_without_a_shop_it_says_how_to_start_one(shop: Path):
    result = call("replay", "--data-dir", str(shop))
    assert result.exit_code == 1
    assert "Start it with ./surehold up" in result.output


def test_an_address_where_nobody_answers(shop: Path):
    result = call("replay", "--data-dir", str(shop), "--url", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 1
    assert "No shop answers at 127.0.0.1" in result.output


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://shop.example", "http://", "http://shop.example/path"])
def test_an_address_that_is_none(shop: Path, url: str):
    result = call("replay", "--data-dir", str(shop), "--url", url)
    assert result.exit_code == 1
    assert "is no address of a shop" in result.output


def test_a_file_that_is_not_of_invoices(tmp_path: Path):
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,2\n")
    result = call("import", "orders", str(file), "--data-dir", str(tmp_path / "data"))
    assert result.exit_code == 1
    assert "is no file of invoice lines" in result.output


def test_addresses_of_shops():
    assert Target.of("http://127.0.0.1:8000").authority == "127.0.0.1:8000"
    assert Target.of("https://shop.example").authority == "shop.example"
    assert Target.of("http://[::1]:8000").authority == "[::1]:8000"


def test_what_was_imported_is_found_again(shop: Path):
    folder = ReplayFolder(shop)
    assert folder.summary() == SUMMARY
    assert list(folder.invoices()) == [INVOICE]
