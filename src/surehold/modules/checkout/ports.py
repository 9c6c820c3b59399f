"""What checkout needs from above: the rules of addresses, and the flow that places an order across modules."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from surehold.kernel.errors import ShopError
from surehold.kernel.money import Money
from surehold.modules.cart import InsufficientInventoryError
from surehold.modules.checkout.model import AddressLines, StockLevel, Work
from surehold.modules.orders import PostalAddress
from surehold.platform.http import Actor


class AddressRules(Protocol):
    """Knows what an address of each country needs."""

    def __call__(self, address: PostalAddress) -> PostalAddress:
        """The address, normalised; an error with a message per field if it cannot be delivered to."""
        ...


class AddressCheckError(Exception):
    """A validator has no answer. The text is for the log: it says why, and nothing of the address."""


class AddressValidator(Protocol):
    """Somebody who knows which addresses there are. Asked outside of any transaction, and given up on after a few seconds."""

    @property
    def asks_outside(self) -> bool:
        """Whether it makes calls to the outside."""
        ...

    async def suggest(self, address: AddressLines) -> AddressLines | None:
        """How the address should be written; None if nothing speaks against it. AddressCheckError: nobody knows.

        It may be cancelled at any time, and may be asked the same again.
        """
        ...


AddressOutcome = Literal["agreed", "suggested", "unavailable"]
AddressCounter = Callable[[AddressOutcome], None]
"""Counts what validators outside answered."""

ExplainShortage = Callable[[Actor, InsufficientInventoryError], Awaitable[ShopError]]
"""A refusal for stock with what else there is, in the currency of the asker's cart; an expired hold is named as such."""


class StockNotices(Protocol):
    """Tells whoever looks at variants what is left of them. Best effort."""

    def stock_changed(self, levels: Sequence[StockLevel]) -> None:
        """These are the levels by now; they are committed."""
        ...


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of placing: the order, whether this call finished it, and what the buyer has to open if anything."""

    work: Work
    is_new: bool
    action: str | None = None


class OrderPlacement(Protocol):
    """Places the order of a checkout."""

    async def place(self, actor: Actor, checkout_id: UUID, expected_total: Money | None) -> Placed:
        """Once per checkout, however often and from wherever it is asked."""
        ...
