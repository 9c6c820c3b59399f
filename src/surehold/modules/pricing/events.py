"""Facts about prices."""

from typing import ClassVar
from uuid import UUID

import msgspec

from surehold.kernel.events import Event


class CurrencyChange(msgspec.Struct, frozen=True, kw_only=True):
    """A price before and after in one currency; None is "no price"."""

    currency: str
    old_minor: int | None
    new_minor: int | None


class PriceChanged(Event, frozen=True, kw_only=True):
    """Prices of a variant changed in one list. First prices that come with it are no change: its product's events announce those.

    `version` grows with every change of the variant in any list. The aggregate is the price of the variant (an id derived
    from the variant's), so that it has a count of its own.
    """

    wire_name: ClassVar[str] = "pricing.price_changed.v1"

    variant_id: UUID
    version: int
    price_list_id: UUID
    changes: list[CurrencyChange]
