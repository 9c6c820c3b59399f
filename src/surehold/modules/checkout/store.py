"""The SQL of checkouts. Functions that lock are called inside a unit of work."""

from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import msgspec

from surehold.modules.cart import HoldLimitError, InsufficientInventoryError
from surehold.modules.checkout.errors import CartEmptyError, CheckoutNotFoundError
from surehold.modules.checkout.model import AddressCheck, CheckoutState, FailedPlacing, Loaded, Review, Work
from surehold.platform.db import Executor, fetch_json, translate
from surehold.platform.http import Actor, ActorKind
from surehold.platform.sealed import SealedColumn

SEALED_COLUMNS = (
    SealedColumn(table="checkout.checkouts", column="contact", context="checkout.checkouts.contact:{}"),
    SealedColumn(table="checkout.checkouts", column="payment_source", context="checkout.checkouts.payment_source:{}"),
)
"""What is stored sealed; a change of keys seals it anew."""

FailureKey = tuple[datetime, UUID, int]

_REFUSALS = {
    "CART_EMPTY": CartEmptyError,
    "CHECKOUT_NOT_FOUND": CheckoutNotFoundError,
    "INSUFFICIENT_INVENTORY": InsufficientInventoryError,
    "HOLD_LIMIT": HoldLimitError,
}


class Owner(msgspec.Struct, frozen=True):
    """Whose checkout: the account's, or the guest's. `network` is a short hash, for caps."""

    account_id: UUID | None
    guest_hash: bytes | None
    network: bytes | None

    @classmethod
    def of(cls, actor: Actor, network: bytes | None) -> "Owner":
        """The asker as an owner: a session counts before a guest token."""
        if actor.kind is ActorKind.ACCOUNT:
            return cls(actor.account_id, None, network)
        return cls(None, actor.guest_hash, network)


class Changes(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Members of a checkout to write; what is left out stays."""

    contact: str | msgspec.UnsetType = msgspec.UNSET
    address_check: AddressCheck | msgspec.UnsetType = msgspec.UNSET
    shipping_method: str | msgspec.UnsetType | None = msgspec.UNSET
    payment_method: str | msgspec.UnsetType = msgspec.UNSET
    payment_source: str | msgspec.UnsetType | None = msgspec.UNSET
    quote: Review | msgspec.UnsetType | None = msgspec.UNSET


async def open_checkout(executor: Executor, new_id: UUID, owner: Owner, live_s: int, hold: dict[str, object]) -> Loaded:
    """The owner's checkout of the owner's cart, both locked, every unit held."""
    with translate(_REFUSALS):
        return await _loaded(
            executor,
            "select checkout.open(%s, %s, %s, %s, %s, %s::jsonb)::text",
            (new_id, owner.account_id, owner.guest_hash, owner.network, live_s, _json(hold)),
        )


async def lock(executor: Executor, checkout_id: UUID, owner: Owner, hold: dict[str, object]) -> Loaded:
    """A checkout of the owner's, locked, with its cart, every unit held."""
    with translate(_REFUSALS):
        return await _loaded(
            executor,
            "select checkout.lock(%s, %s, %s, %s, %s::jsonb)::text",
            (checkout_id, owner.account_id, owner.guest_hash, owner.network, _json(hold)),
        )


async def find_live(executor: Executor, owner: Owner) -> Loaded | None:
    """The owner's checkout that is not over."""
    return await fetch_json(
        executor, "select checkout.find_live(%s, %s)::text", (owner.account_id, owner.guest_hash), Loaded
    )


async def record_refusal(executor: Executor, checkout_id: UUID, owner: Owner, reason: str) -> None:
    """Keep it that a placing was refused before an order came of it."""
    await executor.execute(
        "select checkout.record_refusal(%s, %s, %s, %s)", (checkout_id, owner.account_id, owner.guest_hash, reason)
    )


async def get(executor: Executor, checkout_id: UUID, owner: Owner) -> Loaded:
    """A checkout of the owner's."""
    return await _loaded(
        executor, "select checkout.show(%s, %s, %s)::text", (checkout_id, owner.account_id, owner.guest_hash)
    )


async def save(executor: Executor, checkout_id: UUID, changes: Changes, wanted: CheckoutState, live_s: int) -> Loaded:
    """Write a step of a locked checkout, and the state that it leads to."""
    return await _loaded(
        executor,
        "select checkout.save(%s, %s::jsonb, %s, %s)::text",
        (checkout_id, _json(changes), wanted.value, live_s),
    )


async def begin_placing(executor: Executor, draft: dict[str, Any], actor: str) -> Work:
    """Order and payment intent of a locked checkout and cart; all of it at once where nobody outside is asked."""
    return await _work(executor, "select checkout.begin_placing(%s::jsonb, %s)::text", (_json(draft), actor))


async def record_authorized(
    executor: Executor, order_id: UUID, attempt_id: UUID, ref: bytes | None, capture_id: UUID, lease_s: int
) -> Work:
    """The money is held: claim the stock and intend the capture. InsufficientInventoryError: nothing of it happened."""
    return await _work(
        executor,
        "select checkout.record_authorized(%s, %s, %s, %s, %s, 'system')::text",
        (order_id, attempt_id, ref, capture_id, lease_s),
    )


async def record_captured(executor: Executor, order_id: UUID, attempt_id: UUID, ref: bytes | None) -> Work:
    """The money is taken: confirm."""
    return await _work(
        executor, "select checkout.record_captured(%s, %s, %s, 'system')::text", (order_id, attempt_id, ref)
    )


async def give_up(
    executor: Executor,
    order_id: UUID,
    attempt_id: UUID,
    outcome: tuple[str, bytes | None, str],
    void_id: UUID,
    lease_s: int,
    hold: dict[str, object],
    *,
    owes_void: bool,
) -> Work:
    """The order comes to nothing; `outcome` is what to record of the call, the provider's name, and the reason."""
    kind, ref, reason = outcome
    return await _work(
        executor,
        "select checkout.give_up(%s, %s, %s, %s, %s, %s, %s, %s::jsonb, 'system', %s)::text",
        (order_id, attempt_id, kind, ref, reason, void_id, lease_s, _json(hold), owes_void),
    )


async def resume(executor: Executor, order_id: UUID, lease_s: int, placing_s: int) -> Work:
    """Take up an order's open call if nobody is on it."""
    return await _work(executor, "select checkout.resume(%s, %s, %s)::text", (order_id, lease_s, placing_s))


async def end_authorization(executor: Executor, order_id: UUID, attempt_id: UUID, lease_s: int) -> Work:
    """Intend the capture or the void of an authorization that ends before long."""
    return await _work(executor, "select checkout.end_authorization(%s, %s, %s)::text", (order_id, attempt_id, lease_s))


async def get_work(executor: Executor, order_id: UUID) -> Work:
    """An order on its way."""
    return await _work(executor, "select checkout.work_of(%s)::text", (order_id,))


async def get_shortage(executor: Executor, order_id: UUID) -> dict[str, Any]:
    """What an order is shortest of, as a refusal names it: {variant_id, requested, available}."""
    found = await fetch_json(executor, "select checkout.shortage(%s)::text", (order_id,), dict[str, Any])
    if found is None:
        raise AssertionError("an order has lines")
    return found


async def list_failures(executor: Executor, before: FailureKey | None, limit: int) -> list[FailedPlacing]:
    """Placings that came to nothing, newest first."""
    at, checkout_id, seq = before or (None, None, None)
    rows = await executor.fetch_all(
        "select h.checkout_id, h.seq, h.order_id, h.reason, h.at from checkout.history h where h.to_state = 'failed'"
        " and (%(at)s::timestamptz is null or (h.at, h.checkout_id, h.seq) < (%(at)s, %(id)s::uuid, %(seq)s::bigint))"
        " order by h.at desc, h.checkout_id desc, h.seq desc limit %(limit)s",
        {"at": at, "id": checkout_id, "seq": seq, "limit": limit},
    )
    return [FailedPlacing(checkout_id=row[0], seq=row[1], order_id=row[2], reason=row[3], at=row[4]) for row in rows]


async def expire(executor: Executor, batch: int) -> int:
    """End abandoned checkouts."""
    row = await executor.fetch_one("select checkout.expire(%s)", (batch,))
    return int(row[0]) if row else 0


async def _loaded(executor: Executor, sql: LiteralString, params: tuple[object, ...]) -> Loaded:
    found = await fetch_json(executor, sql, params, Loaded)
    if found is None:
        raise CheckoutNotFoundError
    return found


async def _work(executor: Executor, sql: LiteralString, params: tuple[object, ...]) -> Work:
    with translate(_REFUSALS):
        work = await fetch_json(executor, sql, params, Work)
    if work is None:
        raise AssertionError("a flow's function always answers")
    return work


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
