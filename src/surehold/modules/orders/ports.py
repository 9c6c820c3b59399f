"""What the routes of orders need from above: the flow that cancels across modules."""

from typing import Protocol
from uuid import UUID

from surehold.modules.orders.model import StoredOrder


class OrderCancellation(Protocol):
    """Cancels an order: stock, status and payment."""

    async def cancel(self, order_id: UUID, *, reason: str, actor: str) -> StoredOrder:
        """The order as it is afterwards. Whoever asks was found to have the right to."""
        ...
