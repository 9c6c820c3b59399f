"""The SQL of stock; what changes it is in `sql/`, one function a use case."""

from collections.abc import Sequence
from datetime import date
from typing import LiteralString
from uuid import UUID

import psycopg

from surehold.modules.inventory.errors import (
    REFUSALS,
    LocationExistsError,
    LocationNotFoundError,
    StockNotFoundError,
)
from surehold.modules.inventory.model import Change, LedgerEntry, LiveStock, Location, Stock, StockPolicy
from surehold.platform.db import Executor, fetch_json, translate

MAX_LOCATIONS = 1_000


async def change_on_hand(executor: Executor, changes: Sequence[Change], reason: str, ref: str) -> list[UUID]:
    """Book changes of on_hand, once per (reason, ref); out go the variants that changed."""
    with translate(REFUSALS):
        rows = await executor.fetch_all(
            "select changed_variant from inventory.change_on_hand(%s, %s, %s, %s, %s)",
            (
                [change.variant_id for change in changes],
                [change.location_id for change in changes],
                [change.delta for change in changes],
                reason,
                ref,
            ),
        )
    return [row[0] for row in rows]


async def set_policy(
    executor: Executor, variant_id: UUID, backorder_limit: int, promised_on: date | None, threshold: int
) -> None:
    """Set how much may be promised beyond what is there, and from when on stock counts as low."""
    with translate(REFUSALS):
        await executor.fetch_one(
            "select inventory.set_policy(%s, %s, %s, %s)", (variant_id, backorder_limit, promised_on, threshold)
        )


async def get_policy(executor: Executor, variant_id: UUID, *, lock: bool = False) -> StockPolicy:
    """A variant's policy; `lock` keeps it until the unit ends. StockNotFoundError without the variant."""
    sql: LiteralString = """select variant_id, backorder_limit, backorder_promised_on, low_stock_threshold, policy_version
        from inventory.stock where variant_id = %s"""
    row = await executor.fetch_one(sql + (" for update" if lock else ""), (variant_id,))
    if row is None:
        raise StockNotFoundError
    return StockPolicy(
        variant_id=row[0], backorder_limit=row[1], promised_on=row[2], low_stock_threshold=row[3], version=row[4]
    )


async def get_stock(executor: Executor, variant_id: UUID) -> Stock:
    """A variant's stock with its levels; StockNotFoundError without it."""
    stock = await fetch_json(
        executor,
        """select json_build_object('variant_id', s.variant_id, 'on_hand', s.on_hand, 'reserved', s.reserved,
             'available', s.on_hand - s.reserved, 'backordered', s.backordered, 'backorder_limit', s.backorder_limit,
             'promised_on', s.backorder_promised_on, 'low_stock_threshold', s.low_stock_threshold, 'version', s.version,
             'levels', (select coalesce(json_agg(json_build_object('location_id', t.location_id, 'code', l.code,
               'on_hand', t.on_hand, 'allocated', t.allocated) order by l.priority, l.code), '[]')
               from inventory.stock_levels t join inventory.locations l on l.id = t.location_id
               where t.variant_id = s.variant_id))::text
           from inventory.stock s where s.variant_id = %s""",
        (variant_id,),
        Stock,
    )
    if stock is None:
        raise StockNotFoundError
    return stock


async def get_live(executor: Executor, variant_id: UUID) -> LiveStock:
    """What a product page shows as it happens; StockNotFoundError for an unknown variant."""
    live = await fetch_json(
        executor,
        """select json_build_object('variant_id', a.variant_id, 'available', greatest(a.available, 0),
             'backorder_left', a.backorder_left, 'promised_on', a.promised_on, 'version', a.version,
             'low_stock_threshold', a.low_stock_threshold, 'carts_holding', inventory.carts_holding(a.variant_id))::text
           from inventory.availability a where a.variant_id = %s""",
        (variant_id,),
        LiveStock,
    )
    if live is None:
        raise StockNotFoundError
    return live


async def list_ledger(executor: Executor, variant_id: UUID, before_id: int | None, limit: int) -> list[LedgerEntry]:
    """Changes of a variant's on_hand, newest first."""
    rows = await executor.fetch_all(
        """select id, location_id, delta, reason, ref, at from inventory.ledger
           where variant_id = %s and (%s::bigint is null or id < %s) order by id desc limit %s""",
        (variant_id, before_id, before_id, limit),
    )
    return [LedgerEntry(id=r[0], location_id=r[1], delta=r[2], reason=r[3], ref=r[4], at=r[5]) for r in rows]


async def list_low(executor: Executor, after: UUID | None, limit: int) -> list[tuple[UUID, int, int]]:
    """Variants at or below their threshold: (variant, available, threshold), by id."""
    rows = await executor.fetch_all(
        """select variant_id, available, low_stock_threshold from inventory.availability
           where available <= low_stock_threshold and (%s::uuid is null or variant_id > %s) order by variant_id limit %s""",
        (after, after, limit),
    )
    return [(r[0], r[1], r[2]) for r in rows]


async def list_locations(executor: Executor) -> list[Location]:
    """All locations (there are few), by priority."""
    rows = await executor.fetch_all(
        """select id, code, title, country, region, priority, active, version from inventory.locations
           order by priority, code limit %s""",
        (MAX_LOCATIONS,),
    )
    return [_location(row) for row in rows]


async def lock_location(executor: Executor, location_id: UUID) -> Location:
    """A location, locked; LocationNotFoundError without it."""
    row = await executor.fetch_one(
        """select id, code, title, country, region, priority, active, version from inventory.locations
           where id = %s for update""",
        (location_id,),
    )
    if row is None:
        raise LocationNotFoundError
    return _location(row)


async def insert_location(executor: Executor, location: Location) -> None:
    """Add a location; LocationExistsError when the code is taken."""
    try:
        await executor.execute(
            """insert into inventory.locations (id, code, title, country, region, priority, active, version)
               values (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (
                location.id,
                location.code,
                location.title,
                location.country,
                location.region,
                location.priority,
                location.active,
                location.version,
            ),
        )
    except psycopg.errors.UniqueViolation as error:
        raise LocationExistsError from error


async def update_location(executor: Executor, location: Location) -> None:
    """Write a location that was locked; its version is the caller's."""
    await executor.execute(
        """update inventory.locations set title = %s, country = %s, region = %s, priority = %s, active = %s, version = %s
           where id = %s""",
        (
            location.title,
            location.country,
            location.region,
            location.priority,
            location.active,
            location.version,
            location.id,
        ),
    )


async def record_audit(executor: Executor, actor: str, action: str, subject: tuple[str, UUID], facts: bytes) -> None:
    """Write the audit row of a staff action, in its unit of work."""
    await executor.fetch_one(
        "select audit.record(%s, %s, %s, %s, %s::jsonb)", (actor, action, subject[0], subject[1], facts.decode())
    )


async def sweep_holds(executor: Executor, batch: int) -> list[tuple[UUID, int]]:
    """Give back what expired holds keep; out go the variants and how many units each got back."""
    rows = await executor.fetch_all("select variant_id, given_back from inventory.sweep_holds(%s)", (batch,))
    return [(row[0], row[1]) for row in rows]


def _location(row: Sequence[object]) -> Location:
    names = ("id", "code", "title", "country", "region", "priority", "active", "version")
    return Location(**dict(zip(names, row, strict=True)))  # pyright: ignore[reportArgumentType]  the columns in order
