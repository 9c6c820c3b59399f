"""Every public event becomes a message to each endpoint that listens."""

from collections.abc import Sequence

from surehold.kernel.events import Envelope, Event, decode
from surehold.modules.catalog.events import ProductChanged, ProductPublished, ProductUnpublished
from surehold.modules.inventory.events import StockDepleted, StockLow, StockReplenished
from surehold.modules.orders.events import OrderCancelled, OrderConfirmed, OrderFailed, OrderPlaced
from surehold.modules.pricing.events import PriceChanged
from surehold.modules.webhooks.service import MessageWriter
from surehold.platform.db import Unit
from surehold.platform.events import Reaction

CONSUMER = "webhooks.messages"
TOLD: Sequence[type[Event]] = (
    OrderPlaced,
    OrderConfirmed,
    OrderCancelled,
    OrderFailed,
    StockLow,
    StockDepleted,
    StockReplenished,
    PriceChanged,
    ProductPublished,
    ProductChanged,
    ProductUnpublished,
)


def reactions(writer: MessageWriter) -> Sequence[Reaction]:
    """One reaction for each public event. Unordered: the order in which endpoints hear of things is not promised anyway."""
    return [_reaction(writer, event) for event in TOLD]


def _reaction(writer: MessageWriter, event: type[Event]) -> Reaction:
    async def tell(unit: Unit, envelope: Envelope) -> None:
        await writer.tell(unit, envelope, decode(envelope, event))  # only what the event declares goes out

    return Reaction(event=event, consumer=CONSUMER, handle=tell, ordered=False)
