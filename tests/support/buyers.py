"""People who buy through the public API and write down what they were told: `ok`, `fail`, or `info` when no answer came.

An `info` may have happened or not; only the final read decides (as Jepsen counts).
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from surehold.app.retail.wire import Answer, Connection, Target, WireError
from tests.support.running_shop import RunningShop

PATIENCE_S = 40.0
PAUSE_S = 0.1
AGAIN = frozenset({429, 500, 502, 503, 504})
IN_FLIGHT = "IDEMPOTENCY_KEY_IN_FLIGHT"
SHIPPING = {
    "email": "ada@example.com",
    "address": {
        "name": "Ada Byron",
        "line1": "12 Harbour Street",
        "city": "Portland",
        "region": "OR",
        "postcode": "97201",
        "country": "US",
    },
}


@dataclass
class History:
    """What happened to all requests: outcomes by kind, how long each took, and every server error but 503."""

    outcomes: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    refused: list[tuple[float, Answer]] = field(default_factory=list)

    @property
    def slowest_s(self) -> float:
        return max(self.seconds, default=0.0)

    def note(self, request: str, answer: Answer | None, seconds: float) -> None:
        if answer is None:
            self.outcomes["info"] += 1
            return
        self.seconds.append(seconds)
        self.outcomes["ok" if answer.status < 400 else "info" if answer.status >= 500 else "fail"] += 1
        if answer.status == 503:
            self.refused.append((seconds, answer))
        elif answer.status >= 500:
            self.wrong.append(f"{request}: {answer.status} {answer.body[:300]!r}")


class Buyer:
    """A guest (or, after `sign_up`, an account) on one connection, with cookies."""

    def __init__(self, target: Target, history: History | None = None) -> None:
        self.history = history or History()
        self.jar: dict[str, str] = {}
        self.email = f"{uuid.uuid4().hex}@example.com"
        self.added: Counter[str] = Counter()  # acknowledged
        self.unsure: Counter[str] = Counter()  # sent, and never answered
        self.target = target
        self._connection = Connection(target)

    async def send(
        self, method: str, path: str, body: object = None, key: str | None = None, **headers: str
    ) -> Answer | None:
        """One request, sent once; None when no answer came."""
        if self.jar:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        if key is not None:
            headers["idempotency-key"] = key
        began = time.monotonic()
        try:
            answer = await self._connection.send(
                method, path, headers, b"" if body is None else msgspec.json.encode(body)
            )
        except WireError as error:
            answer = None
            self.history.unanswered[str(error).partition(": ")[2]] += 1
        self.history.note(f"{method} {path}", answer, time.monotonic() - began)
        if answer is not None:
            self.jar.update({name: value for name, value in answer.cookies.items() if value})
        return answer

    async def persist(self, method: str, path: str, body: object = None, key: str | None = None) -> Answer:
        """A request that may be repeated, until it is answered for good."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = await self.send(method, path, body, key)
            if answer is not None and answer.status not in AGAIN and code_of(answer) != IN_FLIGHT:
                return answer
            assert time.monotonic() < deadline, f"{method} {path} got no answer: {answer}"
            await asyncio.sleep(PAUSE_S)

    async def add(self, variant: UUID, quantity: int = 1) -> Answer | None:
        """Add units once, and write down what is known of it."""
        knew_us = bool(self.jar)
        answer = await self.send("POST", "/v1/cart/lines", {"variant_id": str(variant), "quantity": quantity})
        if answer is not None and answer.status == 200:
            self.added[str(variant)] += quantity
        elif (answer is None or answer.status >= 500) and knew_us:
            self.unsure[str(variant)] += quantity  # without a token whatever cart was made is nobody's
        return answer

    async def sync(self, variant: UUID, quantity: int = 1) -> None:
        """Add units by an operation with an id: repeated until it is acknowledged, it counts once."""
        operation = {"id": str(uuid.uuid4()), "kind": "add", "variant_id": str(variant), "quantity": quantity}
        answer = await self.persist("POST", "/v1/cart/sync", {"base_version": 0, "operations": [operation]})
        assert answer.status == 200, answer
        assert [one["status"] for one in document(answer)["outcomes"]] == ["applied"], answer
        self.added[str(variant)] += quantity

    async def cart(self) -> dict[str, int]:
        """What is in the cart, truly."""
        answer = await self.persist("GET", "/v1/cart")
        while answer.headers.get("x-surehold-stale"):
            answer = await self.persist("GET", "/v1/cart")
        if answer.status == 404:
            return {}
        return {line["variant_id"]: line["quantity"] for line in document(answer)["lines"]}

    async def fill(self, variant: UUID, quantity: int = 1) -> Answer:
        """Get a unit into the cart, however often it takes; refusals are answers."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = await self.add(variant, quantity)
            if answer is not None and answer.status < 500:
                return answer
            if self.jar and await self.cart():
                return answer or Answer(200, {}, {}, b"{}")
            assert time.monotonic() < deadline, f"the cart is never filled: {answer}"
            await asyncio.sleep(PAUSE_S)

    async def buy(self, variant: UUID, quantity: int = 1) -> Answer:
        """Cart, checkout, order; out goes the answer of the step that was refused, or of the last one."""
        answer = await self.fill(variant, quantity)
        if answer.status != 200:
            return answer
        return await self.check_out()

    async def check_out(self) -> Answer:
        """Checkout and order of what is in the cart."""
        steps = {"shipping": {**SHIPPING, "email": self.email}, "payment": {"method": "pay_on_delivery"}}
        answer = await self.persist("POST", "/v1/checkouts", steps)
        if answer.status != 200:
            return answer
        key = str(uuid.uuid4())
        return await self.persist("POST", f"/v1/checkouts/{document(answer)['id']}/place", {}, key)

    def close(self) -> None:
        self._connection.close()


def document(answer: Answer) -> dict[str, Any]:
    """The body."""
    return msgspec.json.decode(answer.body, type=dict[str, Any])


def code_of(answer: Answer) -> str:
    """The code of a refusal, else nothing."""
    return str(document(answer).get("code", "")) if answer.status >= 400 else ""


def order_of(answer: Answer) -> str:
    """The id of the order that was placed."""
    assert answer.status in {200, 201}, (answer.status, answer.body)
    order = document(answer)["order"]
    assert order["status"] == "CONFIRMED", order
    return str(order["id"])


async def use(buyer: Buyer, variants: Sequence[UUID], orders: list[str], done: asyncio.Event) -> None:
    """Buy the first as ever new guests, add the second and sync the third to one cart, over and over until `done`."""
    bought, kept, synced = variants
    while not done.is_set():
        guest = Buyer(buyer.target, buyer.history)
        orders.append(order_of(await guest.buy(bought)))
        guest.close()
        await buyer.add(kept)
        await buyer.sync(synced)


@asynccontextmanager
async def load(buyers: Sequence[Buyer], variants: Sequence[UUID]) -> AsyncIterator[list[str]]:
    """People use the shop for the length of a block and end what they were at; out come the orders that they were told of."""
    done, orders = asyncio.Event(), list[str]()
    await asyncio.gather(*(buyer.fill(variants[1]) for buyer in buyers))
    using = [asyncio.create_task(use(buyer, variants, orders, done)) for buyer in buyers]
    try:
        yield orders
    finally:
        done.set()
        await asyncio.gather(*using)


async def assert_true_to_their_word(
    shop: RunningShop, buyers: Sequence[Buyer], orders: Sequence[str], bought: UUID
) -> None:
    """What buyers were told is so: every order once and no other, every unit in its cart, and the doctor has nothing to say."""
    await shop.settled()
    rows = shop.rows(
        "select o.id::text, o.status from orders.orders o join orders.lines l on l.order_id = o.id"
        " where l.variant_id = %s",
        bought,
    )
    assert Counter(rows) == Counter((order, "CONFIRMED") for order in orders)
    for buyer in buyers:
        await assert_kept(buyer)
    assert await shop.findings() == {}


async def assert_kept(buyer: Buyer) -> None:
    """Every unit that was acknowledged is in the cart, and nothing that was never asked for."""
    final = await buyer.cart()
    for variant in {*buyer.added, *buyer.unsure, *final}:
        least = buyer.added[variant]
        assert least <= final.get(variant, 0) <= least + buyer.unsure[variant], (variant, final)
