"""Letters that follow from what happened to orders and accounts."""

from collections.abc import Sequence

from surehold.kernel.events import Envelope, decode
from surehold.modules.identity.events import EmailChanged, NewDeviceSignedIn, TokenAsked
from surehold.modules.notifications.model import LetterKind
from surehold.modules.notifications.service import AccountLetterWriter, LetterWriter
from surehold.modules.orders.events import OrderCancelled, OrderConfirmed
from surehold.platform.db import Unit
from surehold.platform.events import Reaction

CONSUMER = "notifications.letters"
OF_ACCOUNTS = "notifications.account_letters"


def reactions(writer: LetterWriter) -> Sequence[Reaction]:
    """A letter for each order that was confirmed or cancelled."""

    async def confirmed(unit: Unit, envelope: Envelope) -> None:
        order_id = decode(envelope, OrderConfirmed).order_id
        await writer.write_order_letter(unit, LetterKind.ORDER_CONFIRMED, order_id)

    async def cancelled(unit: Unit, envelope: Envelope) -> None:
        order_id = decode(envelope, OrderCancelled).order_id
        await writer.write_order_letter(unit, LetterKind.ORDER_CANCELLED, order_id)

    return (
        Reaction(event=OrderConfirmed, consumer=CONSUMER, handle=confirmed),
        Reaction(event=OrderCancelled, consumer=CONSUMER, handle=cancelled),
    )


def account_reactions(writer: AccountLetterWriter) -> Sequence[Reaction]:
    """A letter for each token that was asked for, each changed address and each new device.

    Alone, for issuing a token locks the account, which requests lock too; in no order, for letters do not rest on each other.
    """

    async def asked(unit: Unit, envelope: Envelope) -> None:
        await writer.write_token_letter(unit, decode(envelope, TokenAsked).token_id)

    async def changed(unit: Unit, envelope: Envelope) -> None:
        await writer.write_email_changed(unit, decode(envelope, EmailChanged).change_id)

    async def signed_in(unit: Unit, envelope: Envelope) -> None:
        await writer.write_new_sign_in(unit, decode(envelope, NewDeviceSignedIn).session_id)

    return (
        Reaction(event=TokenAsked, consumer=OF_ACCOUNTS, handle=asked, ordered=False, alone=True),
        Reaction(event=EmailChanged, consumer=OF_ACCOUNTS, handle=changed, ordered=False, alone=True),
        Reaction(event=NewDeviceSignedIn, consumer=OF_ACCOUNTS, handle=signed_in, ordered=False, alone=True),
    )
