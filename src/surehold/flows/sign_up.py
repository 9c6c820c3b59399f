"""Make an account, and bring the guest's cart along in the same answer."""

from surehold.flows.sign_in import CartMerger, TermsCookieFor, welcome
from surehold.modules.identity import IdentityService, Welcome
from surehold.platform.http import Actor


class SignUpFlow:
    """Account and session first, then the cart: should the process die between them, signing up or in again merges."""

    def __init__(self, identity: IdentityService, carts: CartMerger, terms_cookie_for: TermsCookieFor) -> None:
        self._identity, self._carts, self._terms_cookie_for = identity, carts, terms_cookie_for

    async def __call__(
        self, actor: Actor, *, email: str, password: str, name: str, locale: str, device: str
    ) -> Welcome:
        """The account, its session and what became of the guest's cart."""
        signed_in = await self._identity.sign_up(actor, email, password, name, locale, device)
        return await welcome(actor, signed_in, self._carts, self._terms_cookie_for)
