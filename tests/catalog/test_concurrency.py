"""Two people at one product, two imports of one file, and how many statements a read takes."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from surehold.adapters.storage.pictures import DiskPictures
from surehold.kernel.clock import SystemClock
from surehold.kernel.errors import StaleVersionError
from surehold.kernel.events import Envelope, decode
from surehold.modules.catalog import (
    CatalogDesk,
    CatalogIntake,
    CatalogService,
    ListingQuery,
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
    return CatalogDesk(db, prices=prices, pictures=DiskPictures(tmp_path), invalidator=quiet, waker=quiet)


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
