"""What letters about accounts say, gathered from identity; where their links lead in the storefront."""

from uuid import UUID

from surehold.modules.identity import Addressee, IdentityService, IssuedToken, Purpose
from surehold.modules.notifications import AccountLetter, AccountLetterKind
from surehold.platform.db import Unit

PAGES = {
    Purpose.VERIFY_EMAIL: "/account/verify-email",
    Purpose.CHANGE_EMAIL: "/account/verify-email",
    Purpose.RESET_PASSWORD: "/account/reset-password",
}


class AccountLetters:
    """The source that notifications asks. `public_url` is where people see the shop."""

    def __init__(self, identity: IdentityService, public_url: str) -> None:
        self._identity, self._public_url = identity, public_url.rstrip("/")

    async def with_token(self, unit: Unit, token_id: UUID) -> AccountLetter | None:
        """The letter for a token, which is made in the unit."""
        token = await self._identity.recovery.issue(unit, token_id)
        if token is None:
            return None
        is_reset = token.purpose == Purpose.RESET_PASSWORD
        settings = self._identity.settings
        return AccountLetter(
            kind=AccountLetterKind.RESET_PASSWORD if is_reset else AccountLetterKind.VERIFY_EMAIL,
            email=token.email,
            name=token.name,
            link=self._link(token),
            link_lives_s=settings.reset_s if is_reset else settings.verify_s,
            is_change=token.purpose == Purpose.CHANGE_EMAIL,
        )

    async def email_changed(self, unit: Unit, change_id: UUID) -> AccountLetter | None:
        """The letter to the address that an account had before."""
        return _told(AccountLetterKind.EMAIL_CHANGED, await self._identity.recovery.former_addressee(unit, change_id))

    async def new_sign_in(self, unit: Unit, session_id: UUID) -> AccountLetter | None:
        """The letter about a new device; none for a session that is over."""
        return _told(AccountLetterKind.NEW_SIGN_IN, await self._identity.recovery.signed_in_addressee(unit, session_id))

    def _link(self, token: IssuedToken) -> str:
        """The secret stands in the fragment, which browsers send to nobody: no log and no referrer has it."""
        return f"{self._public_url}{PAGES[token.purpose]}#token={token.secret}"


def _told(kind: AccountLetterKind, addressee: Addressee | None) -> AccountLetter | None:
    if addressee is None:
        return None
    return AccountLetter(kind=kind, email=addressee.email, name=addressee.name, device=addressee.device)
