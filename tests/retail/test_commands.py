"""What the commands say: figures when all goes well, and one line without a traceback when something is not as it must be."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from surehold.app.cli import build
from surehold.app.commands.servers import target_of
from surehold.app.retail.cleaning import Reason
from surehold.app.retail.folder import ReplayFolder, Summary
from surehold.app.retail.plan import Invoice
from surehold.app.retail.wire import Target
from surehold.app.up.ports import free_port
from surehold.platform.embedded import PostgresUrls
from tests.retail.samples import row, thirty_invoices, write_csv
from tests.support.published_shop import published_shop
from tests.support.real_up import real_up, run_command

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


def test_a_wrong_database_is_one_line(tmp_path: Path):
    file = write_csv(tmp_path / "x.csv", [row()])
    result = call(
        "import", "orders", str(file), "--data-dir", str(tmp_path), "--database-url", "postgresql://x@127.0.0.1:1/x"
    )
    assert result.exit_code == 1
    assert "does not answer" in result.output.splitlines()[-1]


def test_a_shop_elsewhere_is_not_given_a_key_of_our_own(tmp_path: Path, database_urls: PostgresUrls, valkey_url: str):
    file = write_csv(tmp_path / "x.csv", [row()])
    urls = [
        "--database-url",
        database_urls.app,
        "--database-owner-url",
        database_urls.owner,
        "--valkey-url",
        valkey_url,
    ]
    result = call("import", "orders", str(file), "--data-dir", str(tmp_path / "shop"), *urls)
    assert result.exit_code == 1
    assert "SUREHOLD_SECRET_KEY_FILE is missing" in result.output.splitlines()[-1]
    assert not (tmp_path / "shop" / "secret.key").exists()


def test_the_published_address_is_the_one_that_is_asked(tmp_path: Path, database_urls: PostgresUrls, valkey_url: str):
    with published_shop(tmp_path, database_urls, valkey_url, SUREHOLD_HOST="192.0.2.7", SUREHOLD_PORT="8100"):
        assert target_of(None, tmp_path) == Target("192.0.2.7", 8100, is_tls=False)


def test_a_retailers_invoices_from_a_file_to_orders_by_the_command_line(shop_folder: Path, tmp_path: Path):
    file = write_csv(
        tmp_path / "x.csv", [*thirty_invoices(), row(code="POST"), row(price="0"), row("C536379", quantity=-1)]
    )
    imported = run_command(shop_folder, "import", "orders", str(file))
    assert imported.returncode == 0, imported.stdout + imported.stderr
    assert "200 rows = 197 sales + 3 rejected" in imported.stdout
    assert "To replay: 30 invoices with 197 lines" in imported.stdout
    again = run_command(shop_folder, "import", "orders", str(file))
    assert "Stock: 0 receipts of 0 units are new." in again.stdout
    with real_up(shop_folder, "--workers", "1") as up:
        assert "Staff" in up.rows  # a shop that began with an import has its admin too
        first = run_command(shop_folder, "replay", "--limit", "10")
        assert first.returncode == 0, first.stdout + first.stderr
        assert "10 orders placed" in first.stdout
        rest = run_command(shop_folder, "replay")
        assert rest.returncode == 0, rest.stdout + rest.stderr
        require_figures(rest.stdout)
        assert up.interrupt() == 0
    assert run_command(shop_folder, "doctor").returncode == 0


def require_figures(said: str) -> None:
    found = re.search(
        r"20 orders placed with (\d+) lines and [\d,]+ units in [\d.,]+ s: [\d.,]+ orders/s, [\d,]+ lines/s\.", said
    )
    assert found is not None, said
    assert "10 invoices were orders already and were left alone." in said
    assert re.search(r"step +times +p50 ms +p99 ms", said) is not None
    for step in ("sign in", "add", "checkout", "place"):
        assert re.search(rf"{step} +\d+ +[\d.,]+ +[\d.,]+", said) is not None, said
    assert re.search(r"The doctor: All \d+ checks passed\.", said) is not None, said
