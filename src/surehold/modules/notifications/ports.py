"""What notifications needs from others."""

from typing import Protocol
from uuid import UUID

from surehold.modules.notifications.model import Mail, OrderLetter


class OrderLetterSource(Protocol):
    """Knows what a letter about an order says; the composition root connects it with the orders."""

    async def letter(self, order_id: UUID) -> OrderLetter:
        """The letter's facts, as they are now. NotFoundError if there is no such order."""
        ...


class MailTransport(Protocol):
    """Sends one mail and says honestly how that ended."""

    async def send(self, mail: Mail) -> None:
        """Return once the server took responsibility for it.

        MailRefusedError, MailNotSentError or MailOutcomeUnknownError otherwise, within a bounded time.
        """
        ...
