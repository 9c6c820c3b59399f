"""The SQL of carts. Each use case is one call of one function."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from surehold.kernel.ids import uuid7
from surehold.modules.cart.errors import REFUSALS
from surehold.modules.cart.model import Base, Cart, CartSettings, MergeNotice, SharedCart, Synced, Written
from surehold.platform.db import Executor, fetch_json, translate


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose cart: an account's, or a guest token's (by hash)."""

    account_id: UUID | None = None
    guest_hash: bytes | None = None
    network: bytes | None = None

    @property
    def key(self) -> str:
        """A name for copies outside of PostgreSQL."""
        return f"a{self.account_id}" if self.account_id else f"g{(self.guest_hash or b'').hex()}"


async def write_lines(
    executor: Executor,
    owner: Owner,
    new_guest_hash: bytes | None,
    mode: str,
    lines: Sequence[tuple[UUID, int]],
    currency: str,
    settings_json: str,
) -> Written:
    """Add to lines (`mode` add) or set those that are there (change). Makes the cart, in this currency, if there is none.

    Raises what REFUSALS names.
    """
    with translate(REFUSALS):
        written = await fetch_json(
            executor,
            "select cart.write_lines(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)::text",
            (
                owner.account_id,
                owner.guest_hash,
                uuid7(),
                new_guest_hash,
                currency,
                owner.network,
                mode,
                [variant for variant, _ in lines],
                [quantity for _, quantity in lines],
                settings_json,
            ),
            Written,
        )
    assert written is not None
    return written


async def remove_lines(executor: Executor, owner: Owner, variants: Sequence[UUID] | None) -> Written | None:
    """Remove lines (all for None); None if there is no cart."""
    return await fetch_json(
        executor,
        "select cart.remove_lines(%s, %s, %s::uuid[])::text",
        (owner.account_id, owner.guest_hash, None if variants is None else list(variants)),
        Written,
    )


async def find_cart(executor: Executor, owner: Owner) -> Cart | None:
    """The owner's cart, or None."""
    return await fetch_json(executor, "select cart.document(%s, %s)::text", (owner.account_id, owner.guest_hash), Cart)


async def find_active(executor: Executor, owner: Owner) -> UUID | None:
    """The id of the owner's cart, or None."""
    row = await executor.fetch_one("select cart.active_of(%s, %s)", (owner.account_id, owner.guest_hash))
    return row[0] if row else None


async def save_line(executor: Executor, owner: Owner, variant_id: UUID) -> Written:
    """Move a line to saved-for-later; raises LineNotFoundError."""
    with translate(REFUSALS):
        written = await fetch_json(
            executor,
            "select cart.save_line(%s, %s, %s)::text",
            (owner.account_id, owner.guest_hash, variant_id),
            Written,
        )
    assert written is not None
    return written


async def restore_line(executor: Executor, owner: Owner, variant_id: UUID, settings_json: str) -> Written:
    """Put a saved line back into the cart; raises LineNotFoundError and what adding raises."""
    with translate(REFUSALS):
        written = await fetch_json(
            executor,
            "select cart.restore_line(%s, %s, %s, %s, %s::jsonb)::text",
            (owner.account_id, owner.guest_hash, owner.network, variant_id, settings_json),
            Written,
        )
    assert written is not None
    return written


async def forget_saved(executor: Executor, owner: Owner, variant_id: UUID) -> Written | None:
    """Forget a saved line; None if there was nothing to forget."""
    return await fetch_json(
        executor,
        "select cart.forget_saved(%s, %s, %s)::text",
        (owner.account_id, owner.guest_hash, variant_id),
        Written,
    )


async def set_share(executor: Executor, owner: Owner, share_hash: bytes | None) -> None:
    """Share the cart under a token's hash, or end the sharing; raises CartNotFoundError."""
    with translate(REFUSALS):
        await executor.fetch_one("select cart.set_share(%s, %s, %s)", (owner.account_id, owner.guest_hash, share_hash))


async def find_shared(executor: Executor, share_hash: bytes) -> SharedCart | None:
    """The lines behind a share link, or None."""
    return await fetch_json(executor, "select cart.shared(%s)::text", (share_hash,), SharedCart)


async def merge(
    executor: Executor, account_id: UUID, owner: Owner, settings: CartSettings, settings_json: str
) -> MergeNotice:
    """Bring the guest's cart into the account's."""
    notice = await fetch_json(
        executor,
        "select cart.merge(%s, %s, %s, %s, %s, %s, %s, %s::jsonb)::text",
        (
            account_id,
            owner.guest_hash,
            owner.network,
            uuid7(),
            uuid7(),
            settings.merge_strategy,
            settings.merge_undo_s,
            settings_json,
        ),
        MergeNotice,
    )
    assert notice is not None
    return notice


async def list_ripe_merges(executor: Executor, batch: int) -> list[tuple[UUID, bytes]]:
    """Accounts and guests (by hash) whose merge waited for an order that is through now."""
    rows = await executor.fetch_all("select account_id, guest_hash from cart.ripe_merges(%s)", (batch,))
    return [(row[0], row[1]) for row in rows]


async def undo_merge(executor: Executor, account_id: UUID, merge_id: UUID) -> Written:
    """Take a merge back; raises MergeNotFoundError."""
    with translate(REFUSALS):
        written = await fetch_json(executor, "select cart.undo_merge(%s, %s)::text", (account_id, merge_id), Written)
    assert written is not None
    return written


async def sync(
    executor: Executor,
    owner: Owner,
    new_guest_hash: bytes | None,
    base: Base,
    operations: Sequence[dict[str, Any]],
    settings: CartSettings,
    settings_json: str,
) -> Synced:
    """Apply an offline client's operations, each once."""
    synced = await fetch_json(
        executor,
        "select cart.sync(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)::text",
        (
            owner.account_id,
            owner.guest_hash,
            uuid7(),
            new_guest_hash,
            settings.currency,
            owner.network,
            base.cart_id,
            base.version,
            Jsonb(list(operations)),
            settings_json,
        ),
        Synced,
    )
    assert synced is not None
    return synced


async def expire_guests(executor: Executor, days: int, batch: int) -> int:
    """End guest carts that nobody touched for that many days; out goes how many."""
    row = await executor.fetch_one("select cart.expire_guests(make_interval(days => %s), %s)", (days, batch))
    return row[0] if row else 0


async def purge_operations(executor: Executor, batch: int) -> int:
    """Forget answers to replays that are older than a month; out goes how many."""
    row = await executor.fetch_one("select cart.purge_operations(%s)", (batch,))
    return row[0] if row else 0
