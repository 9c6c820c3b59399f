"""The demo shop goes into an empty shop, whole and once."""

import shutil
from pathlib import Path

import pytest

from surehold.app.demo import DemoError, load_demo_if_empty
from surehold.app.demo.load import FOLDER
from surehold.app.importing.services import make_importer
from surehold.modules.catalog import CatalogService, ListingQuery, ProductPage, Sort
from surehold.platform.db import Database
from surehold.platform.http import CursorCodec
from tests.importing.conftest import Desk


@pytest.fixture
async def loaded(desk: Desk, db: Database) -> bool:
    importer = make_importer(db, desk.pictures, desk.quiet, desk.quiet)
    return await load_demo_if_empty(desk.intake, desk.inventory, importer)


async def test_the_demo_comes_in_whole_and_once(loaded: bool, desk: Desk, db: Database) -> None:
    assert loaded
    products = await desk.count("catalog.products")
    assert products >= 70
    assert await desk.rows("select 1 from catalog.products where state <> 'published'") == []
    catalog, cursors = CatalogService(db), CursorCodec(b"x" * 32)
    tree = await catalog.categories()
    assert len([category for category in tree if category.depth == 0]) == 8
    assert sum(category.product_count for category in tree if category.depth == 0) == products
    shop = await catalog.shop()
    assert shop.currencies == ["USD", "EUR", "GBP"]
    for slug in {slug for section in shop.sections for slug in section.products}:
        page = await catalog.page(slug, "EUR", None)
        assert isinstance(page, ProductPage)
        for picture in page.pictures:
            assert [variant.type for variant in picture.variants] == ["image/svg+xml"]
            assert await desk.pictures.exists(picture.url.removeprefix("/media/"))
        assert all(variant.price is not None for variant in page.variants)
    listing = await catalog.listing(ListingQuery(sort=Sort.PRICE, limit=100, currency="GBP"), cursors)
    prices = [card.price.amount for card in listing.items if card.price is not None]
    assert prices == sorted(prices)
    assert {card.in_stock for card in listing.items} >= {True}
    states = await desk.rows(
        """select distinct catalog.stock_state(available, backorder_left, low_stock_threshold)
           from inventory.availability"""
    )
    assert {row[0] for row in states} == {"in_stock", "low", "backorder", "sold_out"}


async def test_a_second_start_leaves_it_alone(loaded: bool, desk: Desk) -> None:
    assert not loaded  # the first test loaded it


async def test_a_demo_that_was_cut_short_is_completed(loaded: bool, desk: Desk, db: Database) -> None:
    await db.execute("update catalog.imports set finished_at = null where file_name = 'products.jsonl'")
    importer = make_importer(db, desk.pictures, desk.quiet, desk.quiet)
    units = await desk.count("inventory.ledger")
    assert await load_demo_if_empty(desk.intake, desk.inventory, importer)
    assert await desk.count("inventory.ledger") == units
    assert not await load_demo_if_empty(desk.intake, desk.inventory, importer)


async def test_a_demo_that_does_not_fit_is_told(desk: Desk, db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__", "pictures"))
    (folder / "products.jsonl").write_text('{"slug": "x"}\n')
    await db.execute("update catalog.imports set finished_at = null where file_name = 'products.jsonl'")
    importer = make_importer(db, desk.pictures, desk.quiet, desk.quiet)
    with pytest.raises(DemoError, match="line 1"):
        await load_demo_if_empty(desk.intake, desk.inventory, importer, folder)
