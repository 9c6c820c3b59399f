"""Sign in, and bring the guest's cart along in the same answer, so that nothing that was picked is ever out of sight."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

import msgspec

from surehold.modules.cart import MergeNotice
from surehold.modules.identity import IdentityService, SignedIn, Welcome
from surehold.platform.http import Actor

TermsCookieFor = Callable[[UUID], Awaitable[str | None]]
"""The signed name of the price list that an account's pages are shown with, or None for the shop's own."""


class CartMerger(Protocol):
    """Merges carts; `surehold.modules.cart.CartService` is one."""

    async def merge(self, account_id: UUID, guest_hash: bytes, network: str = "") -> MergeNotice:
        """Bring a guest's cart into an account's; doing it twice changes nothing."""
        ...


class SignInFlow:
    """Session first, then the cart: should the process die between them, signing in again merges."""

    def __init__(self, identity: IdentityService, carts: CartMerger, terms_cookie_for: TermsCookieFor) -> None:
        self._identity, self._carts, self._terms_cookie_for = identity, carts, terms_cookie_for

    async def __call__(
        self, actor: Actor, *, email: str, password: str, device: str, totp_code: str | None = None
    ) -> Welcome:
        """The account, its session and what became of the guest's cart."""
        signed_in = await self._identity.sign_in(actor, email, password, device, totp_code)
        return await welcome(actor, signed_in, self._carts, self._terms_cookie_for)


async def welcome(actor: Actor, signed_in: SignedIn, carts: CartMerger, terms_cookie_for: TermsCookieFor) -> Welcome:
    """What happens after every way in: the guest's cart is merged, the guest's token is over, the account's terms apply."""
    account_id = signed_in.account.id
    notice = None
    if actor.guest_hash is not None:
        notice = await carts.merge(account_id, actor.guest_hash, actor.network)
    return Welcome(
        account=signed_in.account,
        session_token=signed_in.session_token,
        merge=_as_members(notice),
        guest_is_over=notice is not None and notice.merged,
        terms_cookie=await terms_cookie_for(account_id),
    )


def _as_members(notice: MergeNotice | None) -> dict[str, Any] | None:
    if notice is None or not notice.merged:
        return None
    members = msgspec.to_builtins(notice)
    del members["stock"]  # it was told to those who look at the variants
    return members
