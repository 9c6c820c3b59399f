"""Writing a letter: rendered, sealed and stored as the intent to send it, once per kind and subject."""

from uuid import UUID

from surehold.kernel.ids import uuid7
from surehold.modules.notifications import store
from surehold.modules.notifications.model import LetterKind, Recipient, Sender
from surehold.modules.notifications.ports import OrderLetterSource
from surehold.modules.notifications.service.rendering import LetterRenderer
from surehold.platform.db import Unit
from surehold.platform.sealed import SealedCodec


def recipient_context(message_id: UUID) -> str:
    """Where a sealed recipient belongs."""
    return f"notifications.messages.recipient:{message_id}"


def content_context(message_id: UUID) -> str:
    """Where a sealed content belongs."""
    return f"notifications.messages.content:{message_id}"


class LetterWriter:
    """Writes letters about orders."""

    def __init__(self, orders: OrderLetterSource, codec: SealedCodec, sender: Sender) -> None:
        self._orders, self._codec = orders, codec
        self._renderer = LetterRenderer(sender)

    async def write_order_letter(self, unit: Unit, kind: LetterKind, order_id: UUID) -> None:
        """Store the letter in the unit of the event that asks for it; a letter that exists is left as it is."""
        letter = await self._orders.letter(order_id)
        recipient = Recipient(email=letter.email, name=letter.name)
        content = self._renderer.order_letter(kind, letter)
        message_id = uuid7()
        await store.write(
            unit,
            {
                "id": message_id,
                "kind": kind.value,
                "subject_type": "order",
                "subject_id": order_id,
                "recipient": self._codec.seal_json(recipient, context=recipient_context(message_id)),
                "content": self._codec.seal_json(content, context=content_context(message_id)),
            },
        )
