"""A past: many finished orders, copied by SQL from one that was really placed and cancelled, so that every rule holds for them.

A cancelled order keeps no stock and no money, so order, line, history, payment (as if none had been authorised) and
allocation are a whole story. Events, audit rows, checkouts and mails of the past are not made: a shop this old has purged them.
"""

import json
import time
from collections.abc import Generator
from typing import Any

from bench.load.requests import request
from bench.load.scripts import purchase
from bench.load.wire import Load, Log, body_of
from bench.shop import BenchError, Shop

BATCH = 50_000
PAST_DAYS, NEWEST_DAYS = 365, 31
PLACE_MAX_S = 20.0

# Ids are time-ordered as the shop's own are: the copy's age in the first 48 bits, its number and a kind in the rest.
_ID = """
create function pg_temp.copy_id(kind int, n bigint, at timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
    || '8' || lpad(to_hex(n), 15, '0'))::uuid
$$;
create function pg_temp.copy_number(n bigint) returns text language sql immutable as $$
  select translate(lpad(to_hex(n), 10, '0'), 'abcdef', 'ABCDEF')
$$;
create temp table copies (n bigint primary key, at timestamptz not null, id uuid not null, payment_id uuid not null);
"""
_NEXT = """
insert into copies select n, t.at, pg_temp.copy_id(1, n, t.at), pg_temp.copy_id(2, n, t.at)
from generate_series(%(first)s::bigint, %(last)s::bigint) n
cross join lateral (select clock_timestamp() - make_interval(days => %(newest)s)
  - make_interval(secs => (n * 7919 %% 86400) + 86400.0 * (n * 104729 %% %(days)s))) t (at)
"""
# table, columns that are not copied as they are, with what they become
_TABLES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("orders.orders", "id = %(order)s", {
        "id": "c.id", "number": "pg_temp.copy_number(c.n)", "checkout_id": "pg_temp.copy_id(3, c.n, c.at)",
        "guest_hash": "sha256(int8send(c.n))", "access_hash": "sha256(int8send(-c.n))",
        "email_index": "sha256(int8send(c.n / 4))", "placed_at": "c.at", "confirmed_at": "c.at", "updated_at": "c.at",
    }),
    ("orders.lines", "order_id = %(order)s", {"order_id": "c.id"}),
    ("orders.history", "order_id = %(order)s", {"order_id": "c.id", "at": "c.at"}),
    ("inventory.allocations", "order_id = %(order)s", {"order_id": "c.id", "at": "c.at"}),
    ("payments.payments", "order_id = %(order)s", {
        "id": "c.payment_id", "order_id": "c.id", "authorized_minor": "0", "created_at": "c.at", "updated_at": "c.at"}),
)  # fmt: skip


def store(shop: Shop, count: int) -> float:
    """Copy until there are so many more orders; out go the seconds."""
    began = time.monotonic()
    with shop.owner() as connection:
        order = _cancelled_order(shop, _never_repriced(connection))
        # First prices that were set today could not explain orders of last year.
        connection.execute(
            "update pricing.price_changes set changed_at = changed_at - interval '400 days' where old_minor is null"
        )
        payment = connection.execute("select id from payments.payments where order_id = %s", (order,)).fetchone()
        assert payment is not None
        connection.execute("alter table orders.orders disable trigger user")  # sums are those of the original
        connection.execute("set synchronous_commit = off")  # for this load alone, which is no part of any figure
        connection.execute(_ID)
        statements = [_copy(connection, table, where, changed) for table, where, changed in _TABLES]
        for first in range(1, count + 1, BATCH):
            last = min(first + BATCH - 1, count)
            connection.execute("truncate copies")
            connection.execute(_NEXT, {"first": first, "last": last, "newest": NEWEST_DAYS, "days": PAST_DAYS})
            with connection.transaction():
                for statement in statements:
                    connection.execute(statement.encode(), {"order": order, "payment": payment[0]})
        connection.execute("alter table orders.orders enable trigger user")
    shop.settle()
    return time.monotonic() - began


def _never_repriced(connection: Any) -> str:
    """A variant that always cost what it costs: the price of last year's orders is that of their copy."""
    found = connection.execute(
        "select c.variant_id from pricing.price_changes c join catalog.sellable s using (variant_id)"
        " where s.sku like 'BEN-%' group by 1 having bool_and(c.old_minor is null) limit 1"
    ).fetchone()
    if found is None:
        raise BenchError("every price of the catalogue was changed")
    return str(found[0])


def _copy(connection: Any, table: str, where: str, changed: dict[str, str]) -> str:
    rows = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped and attidentity = ''"
        " order by attnum",
        (table,),
    ).fetchall()
    names = [row[0] for row in rows]
    values = [changed.get(name, f"s.{name}") for name in names]
    return (
        f"insert into {table} ({', '.join(names)}) select {', '.join(values)} from copies c"
        f" cross join (select * from {table} where {where}) s"
    )


def _cancelled_order(shop: Shop, variant: str) -> str:
    done: list[str] = []

    def buy(log: Log) -> Generator[tuple[str, bytes], bytes, None]:
        bought = yield from purchase(log, [variant], "past")
        if bought is None:
            return
        order, cookie, _ = bought
        answer = yield "past", request("POST", f"/v1/orders/{order}/cancel", {}, cookie=cookie, key=f"past-{order}")
        if json.loads(body_of(answer)).get("status") == "CANCELLED":
            done.append(order)

    log = Log()
    load = Load(shop.port, [buy(log)], log, spread=False)
    load.run(PLACE_MAX_S)
    load.close()
    if not done:
        raise BenchError(f"no order to copy: {log.samples}")
    return done[0]
