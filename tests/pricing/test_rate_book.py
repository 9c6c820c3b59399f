"""Rates are kept as long as nothing they are made of has changed, and not a moment longer."""

from datetime import date

import pytest

from surehold.modules.pricing import Destination
from surehold.modules.pricing.model import Rates
from surehold.modules.pricing.service.rate_book import RateBook
from surehold.platform.db import Database

DAY = date(2026, 11, 20)
PORTLAND = Destination(country="US", region="OR", postcode="97201")


async def version_of(db: Database) -> int:
    row = await db.fetch_one("select pricing.rates_version()")
    assert row is not None
    return int(row[0])


class Counting:
    """A database that counts what it is asked."""

    def __init__(self, db: Database) -> None:
        self.db, self.asked = db, 0

    def __getattr__(self, name: str) -> object:
        self.asked += 1
        return getattr(self.db, name)


@pytest.mark.parametrize(
    "change",
    [
        "update pricing.shipping_rates set amount_minor = amount_minor + 1",
        "update pricing.shipping_methods set title = title || '.'",
        (
            "insert into pricing.tax_rates (id, country, tax_category, title, rate_bp, valid_from)"
            " values (gen_random_uuid(), 'US', 'books', 'Books', 100, '2020-01-01')"
        ),
        "delete from pricing.delivery_zones where country = 'US' and postcode_prefix = '996'",
    ],
)
async def test_any_change_is_seen_by_whoever_comes_after(db: Database, change: str) -> None:
    book, counting = RateBook(), Counting(db)

    async def rates() -> Rates:
        return await book.rates_for(counting, PORTLAND, "USD", DAY, await version_of(db))  # type: ignore[arg-type]

    before = await rates()
    assert await rates() is before
    assert counting.asked == 1
    await db.execute(change)  # type: ignore[arg-type]
    after = await rates()
    assert counting.asked == 2
    assert after != before
    assert after == await RateBook().rates_for(db, PORTLAND, "USD", DAY, None)


async def test_a_change_that_is_undone_leaves_what_is_kept(db: Database) -> None:
    before = await version_of(db)

    async def change() -> None:
        async with db.unit() as unit:
            await unit.execute("update pricing.shipping_rates set amount_minor = 1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()
    assert await version_of(db) == before


@pytest.mark.parametrize(
    ("postcode", "days"), [("995 01", 3), ("99501", 3), ("996 10", 5), ("97201", 0), ("", 0), ("9", 0)]
)
def test_the_longest_beginning_counts(postcode: str, days: int) -> None:
    rates = Rates(tax_rates=[], methods=[], zones={"99": 2, "995": 3, "9961": 5})
    assert rates.extra_days(postcode) == days
