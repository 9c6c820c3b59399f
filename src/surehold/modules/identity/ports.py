"""What identity's routes need from above: signing in is a flow, because the guest's cart comes along."""

from typing import Any, Protocol

import msgspec

from surehold.modules.identity.model import Profile
from surehold.platform.http import Actor


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """The end of signing in or up. `merge` is what became of the guest's cart (None without one), as JSON members."""

    account: Profile
    session_token: str
    merge: dict[str, Any] | None = None
    guest_is_over: bool = False
    terms_cookie: str | None = None


class SignIn(Protocol):
    """Signs in and brings the guest's cart along."""

    async def __call__(
        self, actor: Actor, *, email: str, password: str, device: str, totp_code: str | None = None
    ) -> Welcome:
        """See `Access.sign_in` for the errors; doing it twice merges once."""
        ...


class SignUp(Protocol):
    """Makes an account, signs in and brings the guest's cart along."""

    async def __call__(
        self, actor: Actor, *, email: str, password: str, name: str, locale: str, device: str
    ) -> Welcome:
        """See `Access.sign_up` for the errors; doing it twice merges once."""
        ...
