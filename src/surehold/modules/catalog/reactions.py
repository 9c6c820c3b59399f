"""What the catalogue does when others change: a changed price may put a product elsewhere in a listing by price."""

from collections.abc import Sequence

from surehold.kernel.events import Envelope, decode
from surehold.modules.catalog.service import CatalogDesk
from surehold.modules.pricing.events import PriceChanged
from surehold.platform.db import Unit
from surehold.platform.events import Reaction


def reactions(desk: CatalogDesk) -> Sequence[Reaction]:
    """The catalogue's reactions."""

    async def follow_price(unit: Unit, envelope: Envelope) -> None:
        await desk.follow_price(unit, decode(envelope, PriceChanged).variant_id)

    # It reads the prices of now, so the order in which it hears of them does not matter; and it locks products, as staff does.
    return (
        Reaction(event=PriceChanged, consumer="catalog.price_order", handle=follow_price, ordered=False, alone=True),
    )
