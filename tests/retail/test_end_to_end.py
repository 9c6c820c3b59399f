"""Thirty invoices from a file to orders, through the real API in a process of its own."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from surehold.app.doctor import examine, load_checks
from surehold.app.retail.desk import book
from surehold.app.retail.engine import Ears, Options, Outcome, read_slugs, replay, to_buy
from surehold.app.retail.folder import ReplayFolder
from surehold.app.retail.notes import Notes
from surehold.app.retail.reading import read_invoices
from surehold.app.retail.rejections import RejectionReport
from surehold.app.retail.wire import Target
from surehold.app.settings import read_settings
from surehold.platform.db import Database
from tests.retail.samples import LANTERN, row, thirty_invoices, write_csv
from tests.support.booted_api import booted_api

CONCURRENCY = 4


@dataclass
class Replayed:
    """A replay cut short, the rest of it, and one more."""

    first: Outcome
    rest: Outcome
    again: Outcome


@pytest.fixture(scope="module")
async def replayed(database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Replayed:
    place = tmp_path_factory.mktemp("replay")
    environment = {
        "SUREHOLD_DATABASE_URL": database_url,
        "SUREHOLD_VALKEY_URL": valkey_url,
        "SUREHOLD_SECRET_KEY": "cd" * 32,
        "SUREHOLD_DATA_DIR": str(place),
    }
    folder = ReplayFolder(place)
    folder.make()
    with RejectionReport(folder.rejected) as rejections:
        reading = read_invoices(write_csv(place / "x.csv", [*thirty_invoices(), row(code="POST")]), rejections)
    booked = await book(reading, folder, read_settings(environment), lambda _doing, _done, _total: None)
    folder.summarize("x.csv", reading, booked.invoices, rejections.counts)
    with booted_api(environment, place / "api.log") as port:
        return Replayed(
            first=await buy(folder, place, port, limit=7),
            rest=await buy(folder, place, port, limit=None),
            again=await buy(folder, place, port, limit=None),
        )


async def buy(folder: ReplayFolder, place: Path, port: int, limit: int | None) -> Outcome:
    outcome, options = Outcome(), Options(Target("127.0.0.1", port, is_tls=False), CONCURRENCY, limit=limit)
    with Notes(place / "notes") as notes:
        todo = to_buy(folder.invoices(), notes, outcome, limit)
        await replay(todo, read_slugs(folder.products), notes, folder.password, options, outcome, Ears())
    return outcome


def test_every_invoice_is_an_order_and_none_is_two(replayed: Replayed):
    assert [outcome.refused for outcome in (replayed.first, replayed.rest, replayed.again)] == [[], [], []]
    assert [outcome.placed for outcome in (replayed.first, replayed.rest, replayed.again)] == [7, 23, 0]
    assert (replayed.rest.earlier, replayed.again.earlier) == (7, 30)
    assert replayed.first.lines + replayed.rest.lines == 18 * 2 + 10 + 150 + 1


async def test_the_database_has_exactly_these_orders(replayed: Replayed, db: Database):
    assert replayed.again.earlier == 30
    orders = await db.fetch_all(
        """select count(*) over (partition by o.id), max(l.quantity) over (partition by o.id), o.currency, o.status
           from orders.orders o join orders.lines l on l.order_id = o.id"""
    )
    sizes = sorted({(lines, quantity) for lines, quantity, _, _ in orders if lines > 100 or quantity > 999})
    assert sizes == [(1, 1500), (150, 3)]
    assert {(currency, status) for _, _, currency, status in orders} == {("GBP", "CONFIRMED")}
    [(count,)] = await db.fetch_all("select count(*) from orders.orders")
    assert count == 30


async def test_customers_are_accounts_and_others_guests(replayed: Replayed, db: Database):
    assert replayed.again.earlier == 30
    [(accounts, guests)] = await db.fetch_all(
        "select count(distinct account_id), count(*) filter (where account_id is null) from orders.orders"
    )
    assert (accounts, guests) == (6 + 1 + 1, 10)


async def test_the_shelf_is_empty_and_the_shop_healthy(replayed: Replayed, db: Database, database_url: str):
    assert replayed.again.earlier == 30
    [(available, on_hand)] = await db.fetch_all(
        "select sum(available), max(on_hand) filter (where s.sku = %s) from inventory.availability a"
        " join catalog.sellable s on s.variant_id = a.variant_id",
        (LANTERN,),
    )
    assert available == 0
    assert on_hand == 1500 + sum(1 + number % 5 for number in range(18))
    await db.execute("select audit.seal_entries(1000000)")  # as the worker does, which does not run here
    assert [diagnosis.sentences for diagnosis in examine(database_url, load_checks()) if not diagnosis.is_healthy] == []
