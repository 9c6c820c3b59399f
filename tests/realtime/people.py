"""Who there is in these tests, and what is theirs."""

import uuid
from collections.abc import Mapping

from surehold.platform.http import Actor

VARIANT = f"variant:{uuid.uuid5(uuid.NAMESPACE_URL, 'variant')}"
ORDER, FOREIGN_ORDER = (f"order:{uuid.uuid5(uuid.NAMESPACE_URL, name)}" for name in ("order", "foreign order"))
ALICE, BOB = uuid.uuid5(uuid.NAMESPACE_URL, "alice"), uuid.uuid5(uuid.NAMESPACE_URL, "bob")
ALICE_TOKEN, BOB_TOKEN = "a" * 43, "b" * 43
SESSIONS = {ALICE_TOKEN: ALICE, BOB_TOKEN: BOB}
ALICE_CART, OTHER_CART = f"cart:{uuid.uuid5(ALICE, 'cart')}", f"cart:{uuid.uuid5(ALICE, 'other')}"


class Everyone:
    """Variants are everybody's; Alice has a cart and an order."""

    def __init__(self) -> None:
        self.moved = False

    async def resolve(self, actor: Actor, topic: str, headers: Mapping[bytes, bytes]) -> str | None:
        if topic.startswith("variant:"):
            return topic
        if actor.account_id != ALICE:
            return None
        cart = OTHER_CART if self.moved else ALICE_CART
        return {"cart:me": cart, cart: cart, ORDER: ORDER}.get(topic)
