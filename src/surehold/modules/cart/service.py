"""What people do with carts. Every write answers from its own transaction, then tells whoever looks."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from surehold.kernel.errors import ShopError, UnavailableError
from surehold.modules.cart import store
from surehold.modules.cart.errors import (
    CartNotFoundError,
    InsufficientInventoryError,
    LineNotFoundError,
    ReservationExpiredError,
)
from surehold.modules.cart.model import (
    Base,
    Cart,
    CartLine,
    CartSettings,
    MergeNotice,
    SharedCart,
    StockNow,
    Synced,
    Written,
)
from surehold.modules.cart.ports import CartCopies, FindAlternatives
from surehold.modules.cart.store import Owner
from surehold.platform.cache import Invalidator
from surehold.platform.db import Database
from surehold.platform.events import Waker
from surehold.platform.http import Actor, ActorKind, guest_token_hash, new_token
from surehold.platform.realtime import Hint, Hinter

_NETWORK_BYTES = 12
_encode = msgspec.json.Encoder().encode


class NewGuest(msgspec.Struct, frozen=True):
    """A guest token that was made for a new cart."""

    token: str


class CartService:
    """Carts of guests and accounts.

    Refusals come as the errors of this module; `UnavailableError` means that the database is away and nothing was changed.
    """

    def __init__(
        self,
        db: Database,
        settings: CartSettings,
        *,
        waker: Waker,
        hinter: Hinter,
        invalidator: Invalidator,
        copies: CartCopies,
        alternatives: FindAlternatives,
    ) -> None:
        self.settings = settings
        self._db = db
        self._waker, self._hinter, self._invalidator = waker, hinter, invalidator
        self._copies, self._alternatives = copies, alternatives
        self._settings_json = _encode(settings.for_sql()).decode()

    async def read(self, actor: Actor) -> tuple[Cart, bool]:
        """The actor's cart, and whether it is an old copy because the database is away. CartNotFoundError if there is none."""
        owner = self._owner(actor)
        try:
            async with asyncio.timeout(self.settings.read_deadline_s):
                found = await store.find_cart(self._db, owner)
        except (UnavailableError, TimeoutError) as error:
            copy = await self._copies.recall(owner.key)
            if copy is None:
                raise UnavailableError("Carts are away for the moment; please try again.", retry_after_s=2) from error
            return msgspec.json.decode(copy.body, type=Cart), True
        if found is None:
            raise CartNotFoundError("There is no cart yet; adding something makes one.")
        self._copies.remember(owner.key, found.version, _encode(found))
        return found, False

    async def active_cart_of(self, actor: Actor) -> UUID | None:
        """The id of the actor's cart, or None."""
        return await store.find_active(self._db, self._owner(actor))

    async def add(
        self, actor: Actor, lines: Sequence[tuple[UUID, int]], currency: str | None = None
    ) -> tuple[Written, NewGuest | None]:
        """Add units of variants; makes the cart (in that currency, or the shop's) and the guest's token if there is none."""
        return await self._write(actor, "add", lines, currency)

    async def set_quantity(self, actor: Actor, variant_id: UUID, quantity: int) -> Written:
        """Set a line to a quantity, which also takes its hold again; 0 removes it. LineNotFoundError without such a line."""
        if quantity == 0:
            return await self.remove(actor, [variant_id])
        written, _ = await self._write(actor, "change", [(variant_id, quantity)])
        return written

    async def remove(self, actor: Actor, variants: Sequence[UUID] | None) -> Written:
        """Remove lines, all of them for None. CartNotFoundError without a cart; a line that is gone already is no error."""
        owner = self._owner(actor)
        written = await store.remove_lines(self._db, owner, variants)
        if written is None:
            raise CartNotFoundError
        self._tell_written(owner, written)
        return written

    async def save_for_later(self, actor: Actor, variant_id: UUID) -> Written:
        """Take a line out of the cart and keep it for later."""
        owner = self._owner(actor)
        written = await store.save_line(self._db, owner, variant_id)
        self._tell_written(owner, written)
        return written

    async def restore(self, actor: Actor, variant_id: UUID) -> Written:
        """Put a saved line back, checked like a fresh add."""
        owner = self._owner(actor)
        try:
            written = await store.restore_line(self._db, owner, variant_id, self._settings_json)
        except InsufficientInventoryError as error:
            raise await self._explained(actor, error) from error
        self._tell_written(owner, written)
        return written

    async def forget_saved(self, actor: Actor, variant_id: UUID) -> None:
        """Forget something that was kept for later."""
        owner = self._owner(actor)
        written = await store.forget_saved(self._db, owner, variant_id)
        if written is not None:
            self._tell_written(owner, written)

    async def share(self, actor: Actor) -> str:
        """A new share link's token; an earlier link ends."""
        token = new_token()
        await store.set_share(self._db, self._owner(actor), guest_token_hash(token))
        return token

    async def unshare(self, actor: Actor) -> None:
        """End the sharing."""
        await store.set_share(self._db, self._owner(actor), None)

    async def shared(self, token: str) -> SharedCart:
        """What is behind a share link; CartNotFoundError if nothing is."""
        found = await store.find_shared(self._db, guest_token_hash(token))
        if found is None:
            raise CartNotFoundError("This link shows no cart (any more).")
        return found

    async def merge(self, account_id: UUID, guest_hash: bytes, network: str = "") -> MergeNotice:
        """Bring a guest's cart into an account's, at sign-in or sign-up. Doing it twice changes nothing.

        While an order of the guest's cart is being placed nothing is merged; `merge_waiting` does it when that is over.
        """
        guest = Owner(guest_hash=guest_hash, network=_network_hash(network))
        notice = await store.merge(self._db, account_id, guest, self.settings, self._settings_json)
        if notice.merged and notice.cart_id is not None:
            self._tell(Owner(account_id=account_id), notice.cart_id, notice.version or 0, notice.stock)
        return notice

    async def merge_waiting(self, batch: int) -> int:
        """Do a batch of merges that waited for an order which is through now; out goes how many."""
        ripe = await store.list_ripe_merges(self._db, batch)
        for account_id, guest_hash in ripe:
            await self.merge(account_id, guest_hash)
        return len(ripe)

    async def undo_merge(self, actor: Actor, merge_id: UUID) -> Written:
        """Take a merge back; MergeNotFoundError when there is none to take back."""
        if actor.account_id is None:
            raise LineNotFoundError
        written = await store.undo_merge(self._db, actor.account_id, merge_id)
        self._tell_written(self._owner(actor), written)
        return written

    async def sync(
        self, actor: Actor, base: Base, operations: Sequence[dict[str, Any]]
    ) -> tuple[Synced, NewGuest | None]:
        """Apply what an offline client did to the cart as it knew it; each operation once, conflicts told."""
        owner, fresh = self._owner(actor), new_token()
        synced = await store.sync(
            self._db, owner, guest_token_hash(fresh), base, operations, self.settings, self._settings_json
        )
        guest = NewGuest(fresh) if synced.created and owner.account_id is None else None
        self._tell(self._after(owner, guest), synced.cart_id, synced.version, synced.stock)
        return synced, guest

    async def expire_guests(self, batch: int) -> int:
        """End one batch of guest carts that are too old; out goes how many."""
        return await store.expire_guests(self._db, self.settings.guest_days, batch)

    async def purge_operations(self, batch: int) -> int:
        """Forget one batch of old answers to replays; out goes how many."""
        return await store.purge_operations(self._db, batch)

    async def explain(self, actor: Actor, error: InsufficientInventoryError) -> ShopError:
        """A refusal for stock, as it is told: how many are left, and up to four others in the currency of the actor's cart.

        ReservationExpiredError, with the same facts, where the actor's cart held them before.
        """
        return await self._explained(actor, error)

    async def _write(
        self, actor: Actor, mode: str, lines: Sequence[tuple[UUID, int]], currency: str | None = None
    ) -> tuple[Written, NewGuest | None]:
        owner = self._owner(actor)
        fresh = new_token() if owner.account_id is None else None
        try:
            written = await store.write_lines(
                self._db,
                owner,
                guest_token_hash(fresh) if fresh else None,
                mode,
                lines,
                currency or self.settings.currency,
                self._settings_json,
            )
        except InsufficientInventoryError as error:
            raise await self._explained(actor, error) from error
        guest = NewGuest(fresh) if written.created and fresh else None
        self._tell_written(self._after(owner, guest), written)
        return written, guest

    async def _explained(self, actor: Actor, error: InsufficientInventoryError) -> ShopError:
        """The refusal with what is left and what else there is; an expired hold is named as such."""
        found = await store.find_cart(self._db, self._owner(actor))
        explained = await self._with_alternatives(error, found)
        facts = dict(explained.extra)
        variant_id, requested = UUID(str(facts["variant_id"])), int(str(facts.get("requested", 0)))
        line = next((line for line in found.lines if line.variant_id == variant_id), None) if found else None
        if line is not None and self._ran_out(line) and requested <= line.quantity:
            return ReservationExpiredError(
                "Your reservation ran out and somebody else took it meanwhile.", retry_after_s=None, **facts
            )
        return explained

    async def _with_alternatives(
        self, error: InsufficientInventoryError, cart: Cart | None
    ) -> InsufficientInventoryError:
        facts = dict(error.extra)
        currency = cart.currency if cart else self.settings.currency
        facts["alternatives"] = await self._alternatives(UUID(str(facts["variant_id"])), currency)
        return InsufficientInventoryError(f"Only {facts.get('available', 0)} left.", retry_after_s=None, **facts)

    def _ran_out(self, line: CartLine) -> bool:
        """Whether a line was held when it was added, and is no longer."""
        return (line.hold_on or self.settings.hold_on) == "add" and line.held + line.backordered < line.quantity

    def _owner(self, actor: Actor) -> Owner:
        network = _network_hash(actor.network)
        if actor.kind is ActorKind.ACCOUNT:
            return Owner(account_id=actor.account_id, network=network)
        return Owner(guest_hash=actor.guest_hash, network=network)

    @staticmethod
    def _after(owner: Owner, guest: NewGuest | None) -> Owner:
        return Owner(guest_hash=guest_token_hash(guest.token)) if guest else owner

    def _tell_written(self, owner: Owner, written: Written) -> None:
        lines = [
            StockNow(variant_id=line.variant_id, available=line.available or 0, stock_version=line.stock_version)
            for line in written.lines
            if line.stock_version is not None
        ]
        self._tell(owner, written.cart_id, written.version, [*lines, *written.stock])

    def _tell(self, owner: Owner, cart_id: UUID, version: int, stock: Sequence[StockNow]) -> None:
        """After commit: devices, caches, consumers and the copy learn of it; none of that may fail the write."""
        self._hinter.hint(
            *(
                Hint(
                    topic=f"variant:{news.variant_id}",
                    version=news.stock_version,
                    kind="stock",
                    data={"available": max(news.available, 0)},
                )
                for news in stock
            ),
            Hint(topic=f"cart:{cart_id}", version=version, kind="changed"),
        )
        self._invalidator.invalidate([f"variant:{news.variant_id}" for news in stock])
        self._copies.remember(owner.key, version, None)
        self._waker.wake()


def _network_hash(network: str) -> bytes | None:
    """A short name for a network: enough to count by, not an address."""
    return hashlib.sha256(network.encode()).digest()[:_NETWORK_BYTES] if network else None
