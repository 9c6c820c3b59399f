"""All SQL of pricing, beside the published functions in `sql/`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import LiteralString, TypeVar
from uuid import UUID

import msgspec

from surehold.modules.pricing.errors import (
    AccountGroupNotFoundError,
    PriceListNotFoundError,
    ShippingMethodNotFoundError,
    TaxRateNotFoundError,
)
from surehold.modules.pricing.model import (
    AccountGroup,
    GroupTerms,
    ListPrice,
    Member,
    PriceChange,
    PriceList,
    PriceWish,
    Rates,
    ShippingMethodRecord,
    ShippingPlan,
    TaxRateRecord,
    TaxRule,
    Terms,
)
from surehold.platform.db import Executor, Unit, fetch_json, translate

RecordT = TypeVar("RecordT", bound=msgspec.Struct)
MAX_LISTED = 500  # lists, groups, rates and methods of one shop

_LIST_SELECT: LiteralString = "select id, code, title, version from pricing.price_lists"
_GROUP_SELECT: LiteralString = (
    "select g.title, l.code, g.max_lines, g.max_line_quantity, g.max_held_units, g.id, g.code, g.version"
    " from pricing.account_groups g join pricing.price_lists l on l.id = g.price_list_id"
)
_TAX_SELECT: LiteralString = (
    "select country, region, tax_category, title, rate_bp, valid_from, id, version from pricing.tax_rates"
)
_METHOD_SELECT: LiteralString = (
    "select m.title, m.countries, m.min_days, m.max_days, m.position, m.enabled, coalesce((select"
    " jsonb_agg(jsonb_build_object('currency', r.currency, 'amount_minor', r.amount_minor,"
    " 'free_above_minor', r.free_above_minor) order by r.currency)"
    " from pricing.shipping_rates r where r.method_id = m.id), '[]'), m.id, m.code, m.version"
    " from pricing.shipping_methods m"
)


def _record(row: Sequence[object], type_: type[RecordT]) -> RecordT:
    """A row as a record; columns come in the order of the fields."""
    names = (field.name for field in msgspec.structs.fields(type_))
    return msgspec.convert(dict(zip(names, row, strict=True)), type_)


def _records(rows: Sequence[Sequence[object]], type_: type[RecordT]) -> list[RecordT]:
    return [_record(row, type_) for row in rows]


async def record_audit(
    unit: Unit, actor: str, action: str, subject: tuple[str, UUID], facts: dict[str, object]
) -> None:
    """Note a staff action with its change."""
    await unit.execute(
        "select audit.record(%s, %s, %s, %s, %s::jsonb)",
        (actor, action, *subject, msgspec.json.encode(facts).decode()),
    )


async def get_terms(executor: Executor, account_id: UUID | None) -> Terms:
    """The terms of an account, or of a guest."""
    row = await executor.fetch_one("select * from pricing.terms_of(%s)", (account_id,))
    assert row is not None  # the retail group cannot be removed
    return _record(row, Terms)


async def find_list_code(executor: Executor, account_id: UUID) -> str:
    """The code of the list that an account buys from."""
    row = await executor.fetch_one(
        "select l.code from pricing.terms_of(%s) t join pricing.price_lists l on l.id = t.price_list_id",
        (account_id,),
    )
    assert row is not None
    return row[0]


async def get_rates(executor: Executor, country: str, region: str, currency: str, on_day: date) -> Rates:
    """Tax rates, shipping methods and zones for a region, in one statement."""
    rates = await fetch_json(
        executor,
        "select pricing.rates_for(%s, %s, %s, %s)::text",
        (country, region, currency, on_day),
        Rates,
    )
    assert rates is not None
    return rates


async def apply_prices(
    executor: Executor, list_id: UUID, wishes: Sequence[PriceWish], actor: str, *, tell_first: bool = False
) -> list[UUID]:
    """Bring prices to what is wished; out go the variants that changed. `tell_first`: a variant's first prices are news too."""
    row = await executor.fetch_one(
        "select pricing.set_prices(%s, %s::uuid[], %s::text[], %s::bigint[], %s, %s)",
        (
            list_id,
            [wish.variant_id for wish in wishes],
            [wish.currency for wish in wishes],
            [wish.amount_minor for wish in wishes],
            actor,
            tell_first,
        ),
    )
    assert row is not None
    return row[0]


async def lock_prices(unit: Unit, variant_id: UUID) -> None:
    """Keep a variant's prices as they are until the unit ends."""
    await unit.execute("select pricing.lock_prices(%s)", (variant_id,))


async def list_price_changes(
    executor: Executor, since: datetime, before: tuple[datetime, int] | None, limit: int
) -> list[PriceChange]:
    """Changes of base prices, newest first, older than the given (time, id)."""
    at, row_id = before or (None, None)
    rows = await executor.fetch_all(
        "select id, variant_id, currency, old_minor, new_minor, changed_at from pricing.price_changes"
        " where price_list_id = '00000000-0000-7000-8000-000000000001'"
        " and old_minor is not null and new_minor is not null and changed_at >= %(since)s"
        " and (%(at)s::timestamptz is null or (changed_at, id) < (%(at)s, %(id)s))"
        " order by changed_at desc, id desc limit %(limit)s",
        {"since": since, "at": at, "id": row_id, "limit": limit},
    )
    return _records(rows, PriceChange)


async def list_price_lists(executor: Executor) -> list[PriceList]:
    """All lists by code."""
    rows = await executor.fetch_all(_LIST_SELECT + " order by code limit %s", (MAX_LISTED,))
    return _records(rows, PriceList)


async def get_price_list(executor: Executor, code: str, *, lock: bool = False) -> PriceList:
    """A list by its code; `lock` holds it until the unit ends."""
    sql: LiteralString = _LIST_SELECT + " where code = %s"
    row = await executor.fetch_one(sql + (" for update" if lock else ""), (code,))
    if row is None:
        raise PriceListNotFoundError
    return _record(row, PriceList)


async def insert_price_list(executor: Executor, id_: UUID, code: str, title: str) -> bool:
    """Whether the list was new."""
    inserted = await executor.execute(
        """insert into pricing.price_lists (id, code, title)
           select %s, %s, %s where not exists (select 1 from pricing.price_lists l where l.code = %s)
           on conflict (code) do nothing""",  # the base list's check would speak before the conflict does
        (id_, code, title, code),
    )
    return inserted == 1


async def update_price_list(executor: Executor, id_: UUID, title: str) -> None:
    """Set the title and count the version up."""
    await executor.execute(
        "update pricing.price_lists set title = %s, version = version + 1 where id = %s", (title, id_)
    )


async def list_prices(executor: Executor, list_id: UUID, after: tuple[UUID, str] | None, limit: int) -> list[ListPrice]:
    """Prices of a list by variant and currency."""
    variant_id, currency = after or (None, None)
    rows = await executor.fetch_all(
        "select variant_id, currency, amount_minor, changed_at from pricing.prices"
        " where price_list_id = %(list)s"
        " and (%(variant)s::uuid is null or (variant_id, currency) > (%(variant)s, %(currency)s))"
        " order by variant_id, currency limit %(limit)s",
        {"list": list_id, "variant": variant_id, "currency": currency, "limit": limit},
    )
    return _records(rows, ListPrice)


async def list_groups(executor: Executor) -> list[AccountGroup]:
    """All account groups by code."""
    return _records(await executor.fetch_all(_GROUP_SELECT + " order by g.code limit %s", (MAX_LISTED,)), AccountGroup)


async def get_group(executor: Executor, code: str, *, lock: bool = False) -> AccountGroup:
    """A group by its code; `lock` holds it until the unit ends."""
    sql: LiteralString = _GROUP_SELECT + " where g.code = %s"
    row = await executor.fetch_one(sql + (" for update of g" if lock else ""), (code,))
    if row is None:
        raise AccountGroupNotFoundError
    return _record(row, AccountGroup)


async def insert_group(executor: Executor, id_: UUID, code: str, list_id: UUID, terms: GroupTerms) -> bool:
    """Whether the group was new."""
    inserted = await executor.execute(
        "insert into pricing.account_groups"
        " (id, code, title, price_list_id, max_lines, max_line_quantity, max_held_units)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (code) do nothing",
        (id_, code, terms.title, list_id, terms.max_lines, terms.max_line_quantity, terms.max_held_units),
    )
    return inserted == 1


async def update_group(executor: Executor, id_: UUID, list_id: UUID, terms: GroupTerms) -> None:
    """Set the terms and count the version up."""
    await executor.execute(
        "update pricing.account_groups set title = %s, price_list_id = %s, max_lines = %s, max_line_quantity = %s,"
        " max_held_units = %s, version = version + 1 where id = %s",
        (terms.title, list_id, terms.max_lines, terms.max_line_quantity, terms.max_held_units, id_),
    )


async def list_members(executor: Executor, group_id: UUID, after: UUID | None, limit: int) -> list[Member]:
    """Members of a group by account id."""
    rows = await executor.fetch_all(
        "select account_id, since from pricing.group_members where group_id = %(group)s"
        " and (%(after)s::uuid is null or account_id > %(after)s) order by account_id limit %(limit)s",
        {"group": group_id, "after": after, "limit": limit},
    )
    return _records(rows, Member)


async def set_members(executor: Executor, group: str, accounts: Sequence[UUID], actor: str) -> int:
    """Put accounts into a group; out goes how many moved."""
    with translate({"ACCOUNT_GROUP_NOT_FOUND": AccountGroupNotFoundError}):
        row = await executor.fetch_one("select pricing.set_members(%s, %s::uuid[], %s)", (group, list(accounts), actor))
    assert row is not None
    return row[0]


async def remove_member(executor: Executor, group_id: UUID, account_id: UUID) -> bool:
    """Whether the account was in the group."""
    removed = await executor.execute(
        "delete from pricing.group_members where group_id = %s and account_id = %s", (group_id, account_id)
    )
    return removed == 1


async def list_tax_rates(executor: Executor) -> list[TaxRateRecord]:
    """All tax rates by place, category and day."""
    rows = await executor.fetch_all(
        _TAX_SELECT + " order by country, region, tax_category, valid_from limit %s",
        (MAX_LISTED,),
    )
    return _records(rows, TaxRateRecord)


async def lock_tax_rate(unit: Unit, id_: UUID) -> TaxRateRecord:
    """A tax rate, held until the unit ends."""
    row = await unit.fetch_one(_TAX_SELECT + " where id = %s for update", (id_,))
    if row is None:
        raise TaxRateNotFoundError
    return _record(row, TaxRateRecord)


async def insert_tax_rate(executor: Executor, id_: UUID, rule: TaxRule) -> bool:
    """Whether there was no rate for this place, category and day yet."""
    inserted = await executor.execute(
        "insert into pricing.tax_rates (id, country, region, tax_category, title, rate_bp, valid_from)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (country, region, tax_category, valid_from) do nothing",
        (id_, rule.country, rule.region, rule.tax_category, rule.title, rule.rate_bp, rule.valid_from),
    )
    return inserted == 1


async def update_tax_rate(executor: Executor, id_: UUID, title: str, rate_bp: int) -> None:
    """Set title and rate and count the version up."""
    await executor.execute(
        "update pricing.tax_rates set title = %s, rate_bp = %s, version = version + 1 where id = %s",
        (title, rate_bp, id_),
    )


async def delete_tax_rate(executor: Executor, id_: UUID) -> None:
    """Remove a tax rate."""
    await executor.execute("delete from pricing.tax_rates where id = %s", (id_,))


async def list_shipping_methods(executor: Executor) -> list[ShippingMethodRecord]:
    """All ways to ship, in the order they are offered."""
    rows = await executor.fetch_all(_METHOD_SELECT + " order by m.position, m.code limit %s", (MAX_LISTED,))
    return _records(rows, ShippingMethodRecord)


async def get_shipping_method(executor: Executor, code: str, *, lock: bool = False) -> ShippingMethodRecord:
    """A way to ship by its code; `lock` holds it until the unit ends."""
    sql: LiteralString = _METHOD_SELECT + " where m.code = %s"
    row = await executor.fetch_one(sql + (" for update of m" if lock else ""), (code,))
    if row is None:
        raise ShippingMethodNotFoundError
    return _record(row, ShippingMethodRecord)


async def insert_shipping_method(executor: Executor, id_: UUID, code: str, plan: ShippingPlan) -> bool:
    """Whether the method was new; its rates are set apart."""
    inserted = await executor.execute(
        "insert into pricing.shipping_methods (id, code, title, countries, min_days, max_days, position, enabled)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (code) do nothing",
        (id_, code, plan.title, plan.countries, plan.min_days, plan.max_days, plan.position, plan.enabled),
    )
    return inserted == 1


async def update_shipping_method(executor: Executor, id_: UUID, plan: ShippingPlan) -> None:
    """Set everything but the rates and count the version up."""
    await executor.execute(
        "update pricing.shipping_methods set title = %s, countries = %s, min_days = %s, max_days = %s, position = %s,"
        " enabled = %s, version = version + 1 where id = %s",
        (plan.title, plan.countries, plan.min_days, plan.max_days, plan.position, plan.enabled, id_),
    )


async def replace_shipping_rates(executor: Executor, id_: UUID, plan: ShippingPlan) -> None:
    """Make the method's rates those of the plan."""
    await executor.execute("delete from pricing.shipping_rates where method_id = %s", (id_,))
    await executor.execute(
        "insert into pricing.shipping_rates (method_id, currency, amount_minor, free_above_minor)"
        " select %s, r.* from unnest(%s::text[], %s::bigint[], %s::bigint[]) as r",
        (
            id_,
            [rate.currency for rate in plan.rates],
            [rate.amount_minor for rate in plan.rates],
            [rate.free_above_minor for rate in plan.rates],
        ),
    )
