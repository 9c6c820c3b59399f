"""The published SQL contracts: prices, terms, members, rates."""

import asyncio
from datetime import date
from uuid import UUID

import pytest

from surehold.kernel.ids import uuid7
from surehold.platform.db import Database, RuleViolationError

BASE = UUID("00000000-0000-7000-8000-000000000001")
WHOLESALE = UUID("00000000-0000-7000-8000-000000000002")


async def import_prices(db: Database, prices: list[tuple[UUID, str, int | None]]) -> int:
    variants, currencies, amounts = (list(column) for column in zip(*prices, strict=True))
    row = await db.fetch_one(
        "select pricing.import_prices(%s::uuid[], %s::text[], %s::bigint[])", (variants, currencies, amounts)
    )
    assert row is not None
    return row[0]


async def unit_prices(db: Database, price_list: UUID | None, currency: str, variants: list[UUID]) -> dict[UUID, int]:
    rows = await db.fetch_all(
        "select variant_id, unit_minor from pricing.unit_prices(%s, %s, %s::uuid[])", (price_list, currency, variants)
    )
    return dict(rows)


async def set_price(db: Database, variant: UUID, amount: int | None, price_list: UUID = BASE) -> int | None:
    """The new version of the variant's prices; None if nothing changed."""
    row = await db.fetch_one(
        "select version from pricing.apply_prices(%s, array[%s], '{USD}', array[%s::bigint])",
        (price_list, variant, amount),
    )
    return row[0] if row else None


async def history(db: Database, variant: UUID) -> list[tuple[int | None, int | None]]:
    rows = await db.fetch_all(
        "select old_minor, new_minor from pricing.price_changes where variant_id = %s order by id", (variant,)
    )
    return [(row[0], row[1]) for row in rows]


async def events(db: Database, variant: UUID) -> list[dict[str, object]]:
    rows = await db.fetch_all(
        "select payload from platform.events where name = 'pricing.price_changed.v1'"
        " and payload->>'variant_id' = %s order by seq",
        (str(variant),),
    )
    return [row[0] for row in rows]


async def test_guests_and_strangers_buy_on_retail_terms(db: Database) -> None:
    for account in (None, uuid7()):
        rows = await db.fetch_all("select * from pricing.terms_of(%s)", (account,))
        assert rows == [(BASE, "retail", 100, 999, 5000)]


async def test_members_of_wholesale_have_its_list_and_limits(db: Database) -> None:
    account = uuid7()
    for moved in (1, 0):
        assert await db.fetch_one("select pricing.set_members('wholesale', %s)", ([account, account],)) == (moved,)
    rows = await db.fetch_all("select * from pricing.terms_of(%s)", (account,))
    assert rows == [(WHOLESALE, "wholesale", 5000, 100_000, 1_000_000)]
    audited = await db.fetch_all("select action, facts from audit.entries where subject_id = %s", (account,))
    assert audited == [("pricing.member_set", {"group": "wholesale"})]


async def test_an_unknown_group_is_refused(db: Database) -> None:
    with pytest.raises(RuleViolationError, match="ACCOUNT_GROUP_NOT_FOUND"):
        await db.execute("select pricing.set_members('nobody', %s)", ([uuid7()],))


async def test_an_import_writes_only_what_differs(db: Database) -> None:
    first, second = uuid7(), uuid7()
    assert await import_prices(db, [(first, "USD", 1900), (first, "EUR", 1800), (second, "USD", 500)]) == 2
    assert await import_prices(db, [(first, "USD", 1900), (first, "EUR", 1800), (second, "USD", 500)]) == 0
    assert await import_prices(db, [(first, "USD", 1900), (second, "USD", 450)]) == 1
    assert await unit_prices(db, None, "USD", [first, second]) == {first: 1900, second: 450}
    assert await history(db, second) == [(None, 500), (500, 450)]
    assert await events(db, first) == []
    assert [event["changes"] for event in await events(db, second)] == [
        [{"currency": "USD", "old_minor": 500, "new_minor": 450}]
    ]


async def test_a_list_goes_before_the_base_and_falls_back_to_it(db: Database) -> None:
    special, plain, unpriced = uuid7(), uuid7(), uuid7()
    await import_prices(db, [(special, "USD", 1000), (plain, "USD", 2000), (plain, "EUR", 1)])
    await set_price(db, special, 700, WHOLESALE)
    everything = [special, plain, unpriced]
    assert await unit_prices(db, WHOLESALE, "USD", everything) == {special: 700, plain: 2000}
    assert await unit_prices(db, BASE, "USD", everything) == {special: 1000, plain: 2000}
    assert await unit_prices(db, None, "GBP", everything) == {}


async def test_setting_and_removing_a_price_is_kept_in_the_history(db: Database) -> None:
    variant = uuid7()
    versions = [await set_price(db, variant, amount) for amount in (100, 100, 120, None, None)]
    assert versions[1] is None
    assert versions[4] is None
    assert [v for v in versions if v is not None] == sorted({v for v in versions if v is not None})
    assert await history(db, variant) == [(None, 100), (100, 120), (120, None)]
    assert await unit_prices(db, None, "USD", [variant]) == {}
    assert [event["version"] for event in await events(db, variant)] == [versions[2], versions[3]]


async def test_concurrent_changes_of_one_variant_make_one_chain(db: Database) -> None:
    variants = [uuid7() for _ in range(4)]
    await import_prices(db, [(variant, "USD", 1) for variant in variants])
    batches = [
        [(variant, "USD", amount) for variant in (variants if amount % 2 else variants[::-1])]
        for amount in range(2, 26)
    ]
    await asyncio.gather(*(import_prices(db, batch) for batch in batches))
    for variant in variants:
        chain = await history(db, variant)
        assert [old for old, _ in chain[1:]] == [new for _, new in chain[:-1]]
        assert len(await events(db, variant)) == len(batches)
        now = await unit_prices(db, None, "USD", [variant])
        assert now == {variant: chain[-1][1]}


async def test_rates_name_tax_methods_and_slow_places(db: Database) -> None:
    row = await db.fetch_one("select pricing.rates_for('US', 'AK', 'USD', %s)", (date(2026, 11, 20),))
    assert row is not None
    rates = row[0]
    assert [(rate["tax_category"], rate["rate_bp"]) for rate in rates["tax_rates"]] == [("standard", 800)]
    assert [(m["code"], m["amount_minor"], m["free_above_minor"]) for m in rates["methods"]] == [
        ("standard", 599, 5000),
        ("express", 1499, None),
    ]
    assert rates["zones"]["995"] == 3


async def test_a_country_without_rows_has_no_tax_and_no_express(db: Database) -> None:
    row = await db.fetch_one("select pricing.rates_for('FR', '', 'EUR', %s)", (date(2026, 11, 20),))
    assert row is not None
    assert row[0]["tax_rates"] == []
    assert [method["code"] for method in row[0]["methods"]] == ["standard"]
    assert row[0]["zones"] == {}
