"""Writing a letter: rendered, sealed and stored as the intent to send it, once per kind and subject."""

from uuid import UUID

from surehold.kernel.ids import uuid7
from surehold.modules.notifications import store
from surehold.modules.notifications.model import AccountLetter, Content, LetterKind, Recipient, Sender
from surehold.modules.notifications.ports import AccountLetterSource, OrderLetterSource
from surehold.modules.notifications.service.rendering import LetterRenderer
from surehold.platform.db import Unit
from surehold.platform.sealed import SealedCodec


def recipient_context(message_id: UUID) -> str:
    """Where a sealed recipient belongs."""
    return f"notifications.messages.recipient:{message_id}"


def content_context(message_id: UUID) -> str:
    """Where a sealed content belongs."""
    return f"notifications.messages.content:{message_id}"


class _Desk:
    """Where every letter is sealed and stored."""

    def __init__(self, codec: SealedCodec) -> None:
        self._codec = codec

    async def store(
        self, unit: Unit, kind: str, subject: tuple[str, UUID], recipient: Recipient, content: Content
    ) -> None:
        """Store the letter in the unit of the event that asks for it; a letter that exists is left as it is."""
        message_id, (subject_type, subject_id) = uuid7(), subject
        await store.write(
            unit,
            {
                "id": message_id,
                "kind": kind,
                "subject_type": subject_type,
                "subject_id": subject_id,
                "recipient": self._codec.seal_json(recipient, context=recipient_context(message_id)),
                "content": self._codec.seal_json(content, context=content_context(message_id)),
            },
        )


class LetterWriter:
    """Writes letters about orders."""

    def __init__(self, orders: OrderLetterSource, codec: SealedCodec, sender: Sender) -> None:
        self._orders, self._desk, self._renderer = orders, _Desk(codec), LetterRenderer(sender)

    async def write_order_letter(self, unit: Unit, kind: LetterKind, order_id: UUID) -> None:
        """Store the letter in the unit of the event that asks for it; a letter that exists is left as it is."""
        letter = await self._orders.letter(order_id)
        recipient = Recipient(email=letter.email, name=letter.name)
        await self._desk.store(
            unit, kind.value, ("order", order_id), recipient, self._renderer.order_letter(kind, letter)
        )


class AccountLetterWriter:
    """Writes letters about accounts; each in the unit of the event that asks for it, and none where nobody is to be written to."""

    def __init__(self, accounts: AccountLetterSource, codec: SealedCodec, sender: Sender) -> None:
        self._accounts, self._desk, self._renderer = accounts, _Desk(codec), LetterRenderer(sender)

    async def write_token_letter(self, unit: Unit, token_id: UUID) -> None:
        """The letter with a token's link."""
        await self._write(unit, ("token", token_id), await self._accounts.with_token(unit, token_id))

    async def write_email_changed(self, unit: Unit, change_id: UUID) -> None:
        """The letter to an account's former address."""
        await self._write(unit, ("email_change", change_id), await self._accounts.email_changed(unit, change_id))

    async def write_new_sign_in(self, unit: Unit, session_id: UUID) -> None:
        """The letter about a new device."""
        await self._write(unit, ("session", session_id), await self._accounts.new_sign_in(unit, session_id))

    async def _write(self, unit: Unit, subject: tuple[str, UUID], letter: AccountLetter | None) -> None:
        if letter is not None:
            recipient = Recipient(email=letter.email, name=letter.name)
            await self._desk.store(unit, letter.kind.value, subject, recipient, self._renderer.account_letter(letter))
