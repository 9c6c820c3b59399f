"""What notifications needs from others."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from surehold.modules.notifications.model import AccountLetter, Mail, OrderLetter
from surehold.platform.db import Unit


class OrderLetterSource(Protocol):
    """Knows what a letter about an order says; the composition root connects it with the orders."""

    async def letter(self, order_id: UUID) -> OrderLetter:
        """The letter's facts, as they are now. NotFoundError if there is no such order."""
        ...


class AccountLetterSource(Protocol):
    """Knows what letters about accounts say; the composition root connects it with identity. None: nobody is to be written to."""

    async def with_token(self, unit: Unit, token_id: UUID) -> AccountLetter | None:
        """The letter for a token that was asked for, which is made in the unit."""
        ...

    async def email_changed(self, unit: Unit, change_id: UUID) -> AccountLetter | None:
        """The letter to the address that an account had before."""
        ...

    async def new_sign_in(self, unit: Unit, session_id: UUID) -> AccountLetter | None:
        """The letter about a session on a device that is new."""
        ...


class MailTransport(Protocol):
    """Reaches a mail server."""

    def session(self) -> AbstractAsyncContextManager["MailSession"]:
        """A way to send mails one after the other, as long as it is open; opening it asks nobody and cannot fail."""
        ...


class MailSession(Protocol):
    """Sends one mail and says honestly how that ended."""

    async def send(self, mail: Mail) -> None:
        """Return once the server took responsibility for it.

        MailRefusedError, MailNotSentError or MailOutcomeUnknownError otherwise, within a bounded time.
        """
        ...
