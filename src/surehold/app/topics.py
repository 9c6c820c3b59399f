"""Who may listen to what."""

from collections.abc import Mapping
from uuid import UUID

from surehold.modules.cart import CartService
from surehold.modules.orders import OrderService
from surehold.platform.http import Actor

_ORDER_TOKEN = b"order-token"
_SCOPES = {"cart": "cart:read", "order": "orders:read"}
"""What a machine's key needs where it is narrowed, as for reading the thing itself."""


class Topics:
    """Resolves `variant:ID` (everybody), `cart:me` (its owner) and `order:ID` (whoever may read it)."""

    def __init__(self, cart: CartService, orders: OrderService) -> None:
        self._cart, self._orders = cart, orders

    async def resolve(self, actor: Actor, topic: str, headers: Mapping[bytes, bytes]) -> str | None:
        """The topic as hints carry it, or None when the asker may not listen to it (or there is no such thing)."""
        kind, _, name = topic.partition(":")
        if kind in _SCOPES and not actor.may_in(_SCOPES[kind]):
            return None
        if kind == "cart":
            cart_id = await self._cart.active_cart_of(actor)
            return f"cart:{cart_id}" if cart_id is not None and name in {"me", str(cart_id)} else None
        try:
            thing = UUID(name)
        except ValueError:
            return None
        if kind == "variant":
            return f"variant:{thing}"
        if kind == "order" and await self._orders.may_read(
            actor, thing, headers.get(_ORDER_TOKEN, b"").decode("latin-1")
        ):
            return f"order:{thing}"
        return None
