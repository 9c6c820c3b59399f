"""The statements of booking, all of them calls of what modules publish."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from psycopg.types.json import Jsonb

from surehold.app.retail.plan import Limits
from surehold.kernel.ids import uuid7
from surehold.platform.db import Executor

WAREHOUSE, WAREHOUSE_TITLE, WAREHOUSE_COUNTRY, WAREHOUSE_PRIORITY = "replay-gb", "Warehouse in Britain", "GB", 50
WHOLESALE = "wholesale"


async def get_limits(executor: Executor, guest_units: int) -> Limits:
    """What an ordinary buyer may put into a cart, by the shop's own terms."""
    row = await executor.fetch_one("select max_lines, max_line_quantity, max_held_units from pricing.terms_of(null)")
    if row is None:
        raise AssertionError("everybody buys on some terms")
    return Limits(max_lines=row[0], max_line_quantity=row[1], max_held_units=row[2], guest_units=guest_units)


async def list_variants(executor: Executor, skus: Sequence[str]) -> Mapping[str, UUID]:
    """The variants on sale by SKU."""
    rows = await executor.fetch_all(
        "select s.sku, s.variant_id from unnest(%s::text[]) as w (sku) join catalog.sellable s on s.sku = w.sku",
        (list(skus),),
    )
    return dict(rows)  # pyright: ignore[reportArgumentType]  rows of two


async def ensure_warehouse(executor: Executor) -> UUID:
    """The place that the receipts are booked at; made if there is none."""
    row = await executor.fetch_one(
        "select inventory.ensure_location(%s, %s, %s, %s, '', %s)",
        (uuid7(), WAREHOUSE, WAREHOUSE_TITLE, WAREHOUSE_COUNTRY, WAREHOUSE_PRIORITY),
    )
    if row is None:
        raise AssertionError("a function answers one row")
    return row[0]


async def receive(executor: Executor, location: UUID, ref: str, units: Mapping[UUID, int]) -> int:
    """Book a delivery, once per `ref`; out goes how many variants it changed."""
    variants = sorted(units)
    row = await executor.fetch_one(
        "select inventory.receive(%s, %s, %s, 'receipt', %s)",
        (variants, [location] * len(variants), [units[variant] for variant in variants], ref),
    )
    if row is None:
        raise AssertionError("a function answers one row")
    if row[0]:
        await executor.execute(
            "select audit.record('system', 'inventory.on_hand_changed', 'location', %s, %s)",
            (location, Jsonb({"reason": "receipt", "ref": ref, "variants": row[0], "units": sum(units.values())})),
        )
    return row[0]


async def list_outside_group(executor: Executor, accounts: Sequence[UUID]) -> set[UUID]:
    """Those of the accounts that do not buy on wholesale terms."""
    rows = await executor.fetch_all(
        "select a.id from unnest(%s::uuid[]) as a (id) cross join lateral pricing.terms_of(a.id) t where t.group_code <> %s",
        (list(accounts), WHOLESALE),
    )
    return {row[0] for row in rows}


async def set_wholesale(executor: Executor, accounts: Sequence[UUID]) -> int:
    """Put accounts on wholesale terms; out goes how many were not yet."""
    row = await executor.fetch_one("select pricing.set_members(%s, %s)", (WHOLESALE, list(accounts)))
    return 0 if row is None else row[0]
