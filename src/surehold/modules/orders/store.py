"""The SQL of orders."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from surehold.modules.orders.errors import OrderInProgressError, OrderNotCancellableError
from surehold.modules.orders.model import OrderRow, StoredOrder
from surehold.platform.db import Executor, fetch_json, translate
from surehold.platform.sealed import SealedColumn

SEALED_COLUMNS = (SealedColumn(table="orders.orders", column="contact", context="orders.orders.contact:{}"),)
"""What is stored sealed; a change of keys seals it anew."""

PageKey = tuple[datetime, UUID]


class Cancelled(msgspec.Struct, frozen=True, kw_only=True):
    """What a cancel did: the status and, if it was this call that did it, the variants whose stock came back."""

    status: str
    seq: int
    variants: list[UUID]


async def find_order(executor: Executor, order_id: UUID) -> StoredOrder | None:
    """An order with everything that belongs to it."""
    return await fetch_json(executor, "select orders.document(%s)::text", (order_id,), StoredOrder)


async def find_id_by_number(executor: Executor, number: str) -> UUID | None:
    """The order of a number."""
    row = await executor.fetch_one("select o.id from orders.orders o where o.number = %s", (number,))
    return row[0] if row else None


async def list_of_account(executor: Executor, account_id: UUID, before: PageKey | None, limit: int) -> list[OrderRow]:
    """An account's orders, newest first."""
    return await _rows(
        executor,
        "select orders.rows_of(array(select o.id from orders.orders o where o.account_id = %(account)s"
        " and (%(at)s::timestamptz is null or (o.placed_at, o.id) < (%(at)s, %(id)s::uuid))"
        " order by o.placed_at desc, o.id desc limit %(limit)s))::text",
        {"account": account_id, **_page(before, limit)},
    )


async def list_recent(
    executor: Executor, status: str | None, email_index: bytes | None, before: PageKey | None, limit: int
) -> list[OrderRow]:
    """Orders for staff, newest first, of one status or one e-mail address if asked."""
    return await _rows(
        executor,
        "select orders.rows_of(array(select o.id from orders.orders o"
        " where (%(status)s::text is null or o.status = %(status)s)"
        " and (%(email)s::bytea is null or o.email_index = %(email)s)"
        " and (%(at)s::timestamptz is null or (o.placed_at, o.id) < (%(at)s, %(id)s::uuid))"
        " order by o.placed_at desc, o.id desc limit %(limit)s))::text",
        {"status": status, "email": email_index, **_page(before, limit)},
    )


async def cancel(
    executor: Executor, order_id: UUID, reason: str, attempt_id: UUID, lease_s: int, actor: str
) -> Cancelled:
    """Cancel; see `orders.cancel`."""
    errors = {
        "ORDER_IN_PROGRESS": OrderInProgressError,
        "PAYMENT_BUSY": OrderInProgressError,
        "ORDER_NOT_CANCELLABLE": OrderNotCancellableError,
    }
    with translate(errors):
        answer = await fetch_json(
            executor,
            "select orders.cancel(%s, %s, %s, %s, %s)::text",
            (order_id, reason, attempt_id, lease_s, actor),
            Cancelled,
        )
    if answer is None:
        raise AssertionError("orders.cancel always answers")
    return answer


def _page(before: PageKey | None, limit: int) -> dict[str, Any]:
    at, last_id = before or (None, None)
    return {"at": at, "id": last_id, "limit": limit}


async def _rows(executor: Executor, sql: Any, params: dict[str, Any]) -> list[OrderRow]:
    rows = await fetch_json(executor, sql, params, list[OrderRow])
    return rows or []
