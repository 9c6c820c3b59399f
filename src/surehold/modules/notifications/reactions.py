"""Letters that follow from what happened to orders."""

from collections.abc import Sequence

from surehold.kernel.events import Envelope, decode
from surehold.modules.notifications.model import LetterKind
from surehold.modules.notifications.service import LetterWriter
from surehold.modules.orders.events import OrderCancelled, OrderConfirmed
from surehold.platform.db import Unit
from surehold.platform.events import Reaction

CONSUMER = "notifications.letters"


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
