"""What notifications needs from others."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from surehold.modules.notifications.model import Mail, OrderLetter


class OrderLetterSource(Protocol):
    """Knows what a letter about an order says; the composition root connects it with the orders."""

    async def letter(self, order_id: UUID) -> OrderLetter:
        """The letter's facts, as they are now. NotFoundError if there is no such order."""
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
