"""Facts about stock: only crossings that somebody cares about. The sequence is the stock row's version."""

from typing import ClassVar
from uuid import UUID

from surehold.kernel.events import Event


class StockLow(Event, frozen=True, kw_only=True):
    """Availability fell to the variant's threshold or below."""

    wire_name: ClassVar[str] = "inventory.stock_low.v1"

    variant_id: UUID
    available: int
    threshold: int


class StockDepleted(Event, frozen=True, kw_only=True):
    """Nothing is available any more."""

    wire_name: ClassVar[str] = "inventory.stock_depleted.v1"

    variant_id: UUID
    available: int
    threshold: int


class StockReplenished(Event, frozen=True, kw_only=True):
    """Something is available again. What is delivered together with its new variant was never away."""

    wire_name: ClassVar[str] = "inventory.stock_replenished.v1"

    variant_id: UUID
    available: int
    threshold: int
