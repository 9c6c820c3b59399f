from uuid import UUID

import pytest

from surehold.kernel.errors import InvalidInputError
from surehold.kernel.money import Money
from surehold.modules.catalog.errors import BrandNotFoundError, CategoryNotFoundError, ProductNotFoundError
from surehold.modules.catalog.model import ProductPage, Sort
from surehold.modules.catalog.service.reading import CatalogService, ListingQuery, ProductMoved
from surehold.platform.db import Database
from surehold.platform.http import CursorCodec
from tests.catalog.conftest import Seed


@pytest.fixture(scope="module")
def reading(db: Database) -> CatalogService:
    return CatalogService(db)


@pytest.fixture(scope="module")
async def mug(seed: Seed, db: Database) -> UUID:
    categories = await seed.categories("kitchen", "kitchen/mugs", "garden")
    product_id = await seed.product(
        "harbour-mug",
        [
            {"options": {"colour": "Blue", "size": "S"}, "title": "Blue / S", "picture": "blue.svg"},
            {"options": {"colour": "Blue", "size": "L"}, "title": "Blue / L"},
            {"options": {"colour": "Red", "size": "L"}, "title": "Red / L"},
        ],
        prices={"USD": 1900, "EUR": 1800},
        category_id=str(categories["kitchen/mugs"]),
        option_names=["colour", "size"],
        attributes=[{"name": "material", "value": "Stoneware"}],
        pictures=[{"file": "blue.svg", "alt": "A mug"}],
        rating_average=4.25,
        rating_count=8,
    )
    await seed.stock(product_id, 7)
    ids = [
        r[0]
        for r in await db.fetch_all(
            "select id from catalog.variants where product_id = %s order by position", (product_id,)
        )
    ]
    await db.execute("select inventory.set_policy(%s, 0, null, 7)", (ids[1],))
    return product_id


async def test_a_page_tells_all_of_a_product_by_id_and_by_slug(reading: CatalogService, mug: UUID) -> None:
    page = await reading.page(str(mug), None, None)
    assert isinstance(page, ProductPage)
    assert page == await reading.page("harbour-mug", "USD", None)
    assert [crumb.path for crumb in page.breadcrumbs] == ["kitchen", "kitchen/mugs"]
    assert [(choice.name, choice.values) for choice in page.options] == [
        ("colour", ["Blue", "Red"]),
        ("size", ["S", "L"]),
    ]
    assert page.pictures[0].url == "/media/blue.svg"
    assert page.rating is not None
    assert (page.rating.average, page.rating.count) == (4.25, 8)
    assert [variant.price for variant in page.variants] == [Money(1900, "USD"), Money(1901, "USD"), Money(1902, "USD")]
    assert [variant.availability.available for variant in page.variants] == [7, 7, 7]
    assert [variant.availability.state for variant in page.variants] == ["in_stock", "low", "in_stock"]
    assert {f"product:{mug}", *(f"variant:{variant.id}" for variant in page.variants)} <= set(page.tags)


async def test_a_page_shows_no_price_where_there_is_none(reading: CatalogService, mug: UUID) -> None:
    page = await reading.page(str(mug), "GBP", None)
    assert isinstance(page, ProductPage)
    assert {variant.price for variant in page.variants} == {None}


@pytest.mark.parametrize("key", ["nothing-here", "0193a1c0-0000-7000-8000-000000000001", "", "A B", "x" * 5000])
async def test_what_is_not_there_is_not_found(reading: CatalogService, key: str) -> None:
    with pytest.raises(ProductNotFoundError):
        await reading.page(key, None, None)


async def test_a_draft_is_not_shown_and_not_sellable(reading: CatalogService, seed: Seed, db: Database) -> None:
    draft = await seed.product("secret", state="draft", prices={"USD": 5})
    with pytest.raises(ProductNotFoundError):
        await reading.page(str(draft), None, None)
    assert await db.fetch_all("select 1 from catalog.sellable where product_id = %s", (draft,)) == []
    assert await db.fetch_all("select 1 from catalog.listed_prices where product_id = %s", (draft,)) == []


async def test_an_earlier_slug_leads_to_the_present_one(reading: CatalogService, seed: Seed, db: Database) -> None:
    moved = await seed.product("new-name")
    await db.execute("insert into catalog.slug_history (slug, product_id) values ('old-name', %s)", (moved,))
    assert await reading.page("old-name", None, None) == ProductMoved("new-name")


async def _all(reading: CatalogService, cursors: CursorCodec, limit: int, **scope: object) -> list[str]:
    slugs: list[str] = []
    cursor = None
    for _ in range(30):
        page = await reading.listing(ListingQuery(limit=limit, cursor=cursor, **scope), cursors)
        slugs += [card.slug for card in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return slugs
    raise AssertionError("the pages do not end")


async def test_every_order_pages_through_everything_once(
    reading: CatalogService, seed: Seed, cursors: CursorCodec
) -> None:
    categories = await seed.categories("shelf", "shelf/top", "shelf/top/left", "shelf-life")
    names = ["delta", "alpha", "echo", "bravo", "charlie"]
    for place, name in enumerate(names):
        path = ["shelf", "shelf/top", "shelf/top/left"][place % 3]
        await seed.product(name, prices={"USD": 100 * (place // 2)}, category_id=str(categories[path]))
    await seed.product("other", prices={"USD": 1}, category_id=str(categories["shelf-life"]))
    assert await _all(reading, cursors, 2, category="shelf", sort=Sort.NEWEST) == list(reversed(names))
    assert await _all(reading, cursors, 1, category="shelf", sort=Sort.TITLE) == sorted(names)
    assert await _all(reading, cursors, 2, category=str(categories["shelf"]), sort=Sort.PRICE) == names
    assert await _all(reading, cursors, 3, category="shelf/top", sort=Sort.TITLE) == ["alpha", "charlie", "echo"]
    everything = await _all(reading, cursors, 4, sort=Sort.TITLE)
    assert len(everything) == len(set(everything))
    assert set(names) < set(everything)


async def test_a_card_shows_the_lowest_price_and_whether_anything_can_be_bought(
    reading: CatalogService, cursors: CursorCodec, mug: UUID
) -> None:
    page = await reading.listing(ListingQuery(category="kitchen", currency="EUR"), cursors)
    (card,) = page.items
    assert (card.id, card.price, card.price_varies, card.in_stock) == (mug, Money(1800, "EUR"), True, True)
    assert page.category is not None
    assert page.category.path == "kitchen"
    assert set(page.tags) >= {"listing", f"product:{mug}", f"category:{page.category.id}"}


async def test_a_category_or_brand_that_is_not_there_is_not_found(
    reading: CatalogService, cursors: CursorCodec
) -> None:
    with pytest.raises(CategoryNotFoundError):
        await reading.listing(ListingQuery(category="nowhere"), cursors)
    with pytest.raises(BrandNotFoundError):
        await reading.listing(ListingQuery(brand="nobody"), cursors)


async def test_a_cursor_of_another_order_is_refused(reading: CatalogService, cursors: CursorCodec, mug: UUID) -> None:
    first = await reading.listing(ListingQuery(limit=1, sort=Sort.TITLE), cursors)
    assert first.next_cursor is not None
    with pytest.raises(InvalidInputError):
        await reading.listing(ListingQuery(cursor=first.next_cursor, sort=Sort.PRICE), cursors)


async def test_the_tree_counts_what_is_published_below(reading: CatalogService, mug: UUID) -> None:
    tree = await reading.categories()
    counts = {category.path: category.product_count for category in tree}
    assert counts["kitchen"] == counts["kitchen/mugs"] == 1
    places = [category.path for category in tree]
    assert places.index("kitchen/mugs") == places.index("kitchen") + 1
    assert {category.path: category.depth for category in tree}["kitchen/mugs"] == 1
