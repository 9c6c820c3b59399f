"""Two people at one product, two imports of one file, and how many statements a read takes."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from surehold.adapters.images.workshop import PictureWorkshop
from surehold.adapters.storage.disk import DiskFiles
from surehold.kernel.clock import SystemClock
from surehold.kernel.errors import StaleVersionError
from surehold.kernel.events import Envelope, decode
from surehold.modules.catalog import (
    CatalogDesk,
    CatalogIntake,
    CatalogService,
    CatalogTaxonomy,
    ListingQuery,
    PictureLibrary,
    ProductDraft,
    ReadyDraft,
    VariantDraft,
)
from surehold.modules.catalog.errors import SlugTakenError
from surehold.modules.catalog.events import ProductPublished
from surehold.modules.pricing import PricingService
from surehold.platform.db import Database
from surehold.platform.http import CursorCodec
from surehold.platform.http.actor import SYSTEM
from tests.catalog.conftest import Seed

ROUNDS = 20


class Quiet:
    def invalidate(self, tags: Iterable[str]) -> None:
        pass

    def wake(self) -> None:
        pass


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> CatalogDesk:
    quiet = Quiet()
    prices = PricingService(db, SystemClock(), quiet)
    return CatalogDesk(
        db,
        prices=prices,
        pictures=PictureLibrary(db, DiskFiles(tmp_path), PictureWorkshop()),
        invalidator=quiet,
        waker=quiet,
    )


async def test_of_two_edits_of_one_version_one_wins(desk: CatalogDesk, seed: Seed, db: Database) -> None:
    product_id = await seed.product("contested", prices={"USD": 5})
    for round_ in range(1, ROUNDS + 1):
        results = await asyncio.gather(
            *(desk.change(SYSTEM, product_id, f'"v{round_}"', {"title": f"{round_} {n}"}) for n in range(4)),
            return_exceptions=True,
        )
        won = [result for result in results if not isinstance(result, BaseException)]
        assert len(won) == 1
        assert all(isinstance(result, StaleVersionError) for result in results if isinstance(result, BaseException))
        assert (await desk.record(product_id)).title == won[0].title
    rows = await db.fetch_all("select seq from platform.events where aggregate_id = %s order by seq", (product_id,))
    assert [row[0] for row in rows] == list(range(1, ROUNDS + 2))


async def test_one_slug_goes_to_one_of_many(desk: CatalogDesk) -> None:
    for round_ in range(ROUNDS):
        results = await asyncio.gather(
            *(desk.create(SYSTEM, {"title": f"Race {round_}"}, [{"sku": f"RACE-{round_}-{n}"}]) for n in range(4)),
            return_exceptions=True,
        )
        assert sorted(type(result).__name__ for result in results) == ["ProductRecord", *["SlugTakenError"] * 3]
    assert SlugTakenError.code == "SLUG_TAKEN"


async def test_categories_added_at_once_wait_for_each_other(db: Database) -> None:
    taxonomy = CatalogTaxonomy(db, invalidator=Quiet())
    facts = {"title": "Mugs", "description": "", "position": 1}
    async with asyncio.TaskGroup() as adding:
        for number in range(ROUNDS):
            adding.create_task(taxonomy.add_category(SYSTEM, f"at-once-{number}", None, facts))


async def test_two_imports_at_once_make_one_catalogue(db: Database) -> None:
    quiet = Quiet()
    drafts = [
        ReadyDraft.of(
            ProductDraft(
                slug=f"both-{n}",
                title="Both",
                brand=f"Brand {n % 3}",
                category=f"both/{n % 4}",
                variants=[VariantDraft(sku=f"BOTH-{n}", prices={"USD": 100})],
            )
        )
        for n in range(60)
    ]
    intakes = [CatalogIntake(db, invalidator=quiet, waker=quiet) for _ in range(3)]
    outcomes = await asyncio.gather(*(intake.load(drafts, {}, "same") for intake in intakes))
    assert [outcome.counts for outcome in outcomes] == [(60, 60, 0)] * 3
    rows = await db.fetch_all("select count(*), max(version) from catalog.products where slug like 'both-%%'")
    assert rows == [(60, 1)]


async def test_the_order_by_price_is_that_of_the_last_change(desk: CatalogDesk, seed: Seed, db: Database) -> None:
    """A refresh that began before another change committed, and ends after that one's refresh, must not bring its price back."""
    product_id = await seed.product("overtaken", prices={"USD": 1000})
    (variant,) = (await desk.record(product_id)).variants
    async with db.unit() as second:
        await second.execute("select pricing.import_prices(array[%s], '{USD}', '{800}')", (variant.id,))
        await second.execute("select catalog.refresh_listed_prices(%s::uuid[])", ([product_id],))
        first = asyncio.create_task(_follow(desk, db, variant.id))
        await _until_somebody_waits(db)
    await first
    assert await _listed(db, product_id) == 800


async def test_of_many_price_changes_the_last_is_listed(desk: CatalogDesk, seed: Seed, db: Database) -> None:
    products = [await seed.product(f"hectic-{n}", [{}], prices={"USD": 1}) for n in range(3)]
    variants = [(await desk.record(product)).variants[0].id for product in products]

    async def change(amount: int) -> None:
        order = variants if amount % 2 else variants[::-1]
        await db.execute(
            "select pricing.import_prices(%s::uuid[], %s::text[], %s::bigint[])", (order, ["USD"] * 3, [amount] * 3)
        )
        for variant in order:
            await _follow(desk, db, variant)

    for round_ in range(ROUNDS):
        await asyncio.gather(*(change(100 * (round_ + 1) + n) for n in range(6)))
        for product, variant in zip(products, variants, strict=True):
            row = await db.fetch_one("select amount_minor from pricing.base_prices where variant_id = %s", (variant,))
            assert row is not None
            assert await _listed(db, product) == row[0]


async def _follow(desk: CatalogDesk, db: Database, variant: UUID) -> None:
    async with db.unit() as unit:
        await desk.follow_price(unit, variant)


async def _listed(db: Database, product: UUID) -> int:
    row = await db.fetch_one("select from_minor from catalog.listed_prices where product_id = %s", (product,))
    assert row is not None
    return row[0]


async def _until_somebody_waits(db: Database) -> None:
    waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with asyncio.timeout(10):
        while not await db.fetch_all(waiting):  # noqa: ASYNC110  the database tells nobody that somebody waits
            await asyncio.sleep(0.01)


class Counting:
    """Lets statements through and counts them."""

    def __init__(self, db: Database) -> None:
        self._db, self.statements = db, 0

    async def fetch_one(self, sql: Any, params: Any = None) -> Any:
        self.statements += 1
        return await self._db.fetch_one(sql, params)


async def test_every_public_read_is_one_statement(db: Database, seed: Seed, cursors: CursorCodec) -> None:
    await seed.categories("counted")
    await seed.product("counted-one", prices={"USD": 5})
    counting = Counting(db)
    catalog = CatalogService(counting)  # type: ignore[arg-type]
    reads = [
        lambda: catalog.page("counted-one", "USD", None),
        lambda: catalog.listing(ListingQuery(), cursors),
        lambda: catalog.listing(ListingQuery(category="counted"), cursors),
        catalog.categories,
        lambda: catalog.brands(None, 10, cursors),
        catalog.shop,
    ]
    for count, read in enumerate(reads, 1):
        await read()
        assert counting.statements == count


async def test_facts_of_an_event_fit_its_type(db: Database, seed: Seed) -> None:
    product_id: UUID = await seed.product("told", prices={"USD": 5}, attributes=[{"name": "a", "value": "b"}])
    (row,) = await db.fetch_all(
        "select id, name, seq, payload::text from platform.events where aggregate_id = %s", (product_id,)
    )
    envelope = Envelope(
        event_id=row[0], name=row[1], aggregate_type="product", aggregate_id=product_id, seq=row[2],
        payload=msgspec.Raw(row[3].encode()),
    )  # fmt: skip
    facts = decode(envelope, ProductPublished)
    assert (row[1], facts.product_id, facts.version, facts.variants[0].sku) == (
        ProductPublished.wire_name, product_id, 1, "told-0",
    )  # fmt: skip
    assert json.loads(row[3])["slug"] == "told"
