"""Reading orders, each for whom it belongs to, and drafting new ones."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from surehold.modules.orders import store
from surehold.modules.orders.errors import OrderNotFoundError
from surehold.modules.orders.model import (
    NUMBER_CANDIDATES,
    Contact,
    OrderDraft,
    OrderRow,
    OrderStatus,
    StoredOrder,
    new_number,
    read_number,
)
from surehold.modules.orders.store import Cancelled, PageKey
from surehold.platform.db import Database, Executor
from surehold.platform.http import Actor, Role, guest_token_hash, staff
from surehold.platform.sealed import SealedCodec, SealedError, derive

EMAIL_INDEX_PURPOSE = "orders.email"
READERS = staff(Role.SUPPORT, Role.OPERATIONS)
"""Who may see everybody's orders."""


class OrderService:
    """Orders. `access_key` (32 bytes) makes the tokens by which guests open their own order; `earlier` made those of older ones."""

    def __init__(self, db: Database, codec: SealedCodec, access_key: bytes, earlier: Sequence[bytes] = ()) -> None:
        self._db, self._codec = db, codec
        self._access_keys = [derive(key, "order access") for key in (access_key, *earlier)]

    async def access_token(self, order_id: UUID) -> str:
        """The 256-bit token that opens this order, for whoever placed it; its hash is stored with the order.

        SealedError when the order is older than the oldest key that is still known.
        """
        if len(self._access_keys) == 1:
            return _token(self._access_keys[0], order_id)
        order = await self.get(order_id)
        for key in self._access_keys:
            if _opens(token := _token(key, order_id), order):
                return token
        raise SealedError(f"the key that made the token of order {order_id} is not configured")

    def draft_for_sql(self, draft: OrderDraft) -> dict[str, Any]:
        """A draft as `orders.create` takes it: numbers to choose from, personal data sealed, hashes."""
        plain = msgspec.to_builtins(draft)
        plain["lines"] = [{**line, "line_no": number} for number, line in enumerate(plain["lines"], start=1)]
        return {
            **plain,
            "numbers": [new_number() for _ in range(NUMBER_CANDIDATES)],
            "guest_hash": None if draft.guest_hash is None else draft.guest_hash.hex(),
            "access_hash": guest_token_hash(_token(self._access_keys[0], draft.id)).hex(),
            "contact": self._codec.seal_json(draft.contact, context=_contact_context(draft.id)).hex(),
            "email_index": self.email_index(draft.contact.email).hex(),
            "country": draft.contact.address.country,
            "region": draft.contact.address.region,
        }

    def email_index(self, email: str) -> bytes:
        """By which the orders of an address are found."""
        return self._codec.blind_index(email.strip().lower(), purpose=EMAIL_INDEX_PURPOSE)

    def contact_of(self, order: StoredOrder) -> Contact:
        """Who ordered and where it goes."""
        return self._codec.open_json(bytes.fromhex(order.contact), Contact, context=_contact_context(order.id))

    async def get(self, order_id: UUID) -> StoredOrder:
        """An order, for staff and for other parts of the shop; whoever shows it checks the right to see it."""
        order = await store.find_order(self._db, order_id)
        if order is None:
            raise OrderNotFoundError
        return order

    async def get_for(self, actor: Actor, order_id: UUID, token: str | None = None) -> StoredOrder:
        """An order for its account, its guest, or whoever has its token; the id alone opens nothing."""
        order = await self.get(order_id)
        if not (_owns(actor, order) or _opens(token, order)):
            raise OrderNotFoundError
        return order

    async def get_by_number(self, typed: str) -> StoredOrder:
        """An order by its number as somebody typed it, for staff."""
        number = read_number(typed)
        order_id = None if number is None else await store.find_id_by_number(self._db, number)
        if order_id is None:
            raise OrderNotFoundError
        return await self.get(order_id)

    async def list_of_account(self, account_id: UUID, before: PageKey | None, limit: int) -> list[OrderRow]:
        """A page of an account's orders, newest first."""
        return await store.list_of_account(self._db, account_id, before, limit)

    async def list_recent(
        self, status: OrderStatus | None, email: str | None, before: PageKey | None, limit: int
    ) -> list[OrderRow]:
        """A page of everybody's orders, for staff."""
        index = None if email is None else self.email_index(email)
        return await store.list_recent(self._db, None if status is None else status.value, index, before, limit)

    async def cancel(
        self, executor: Executor, order_id: UUID, *, reason: str, attempt_id: UUID, lease_s: int, actor: str
    ) -> Cancelled:
        """Cancel as part of the caller's unit; the payment's return is intended, and has to be carried out afterwards."""
        return await store.cancel(executor, order_id, reason, attempt_id, lease_s, actor)

    async def may_read(self, actor: Actor, order_id: UUID, token: str | None = None) -> bool:
        """Whether the asker may see the order, and so follow its changes: as in `get_for`, or as staff."""
        order = await store.find_order(self._db, order_id)
        if order is None:
            return False
        return bool(READERS.roles & actor.roles) or _owns(actor, order) or _opens(token, order)


def _token(key: bytes, order_id: UUID) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, order_id.bytes, hashlib.sha256)).decode().rstrip("=")


def _owns(actor: Actor, order: StoredOrder) -> bool:
    if order.account_id is not None:
        return actor.account_id == order.account_id
    return _same_hash(actor.guest_hash, order.guest_hash)


def _opens(token: str | None, order: StoredOrder) -> bool:
    return bool(token) and _same_hash(guest_token_hash(token or ""), order.access_hash)


def _same_hash(given: bytes | None, stored: str | None) -> bool:
    return given is not None and stored is not None and hmac.compare_digest(given.hex(), stored)


def last_key(rows: Sequence[OrderRow]) -> PageKey:
    """The keyset of the page after these rows."""
    return rows[-1].placed_at, rows[-1].id


def _contact_context(order_id: UUID) -> str:
    return f"orders.orders.contact:{order_id}"
