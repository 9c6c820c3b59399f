"""Every other endpoint that a visitor or the staff uses often: a script each, whose own requests go under the endpoint's name."""

import json
import random
import uuid
from collections.abc import Callable, Generator, Sequence

from bench.load.requests import cookies_of, request
from bench.load.scripts import ADDRESS, purchase
from bench.load.wire import SETUP, Log, Script, body_of, status_of

PASSWORD = "correct horse battery staple"
SHIPPING = {"email": "ada@buyers.example", "address": ADDRESS}
PAYMENT = {"method": "pay_on_delivery"}

Asked = Generator[tuple[str, bytes], bytes, bytes]


class Visitor:
    """One who asks: keeps cookies, and tells the log of every answer that is no success."""

    def __init__(self, log: Log, rng: random.Random, variants: Sequence[str], staff: str) -> None:
        self.log, self.rng, self.variants, self.staff = log, rng, variants, staff
        self.cookie = ""

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        label: str = SETUP,
        staff: bool = False,
        key: bool = False,
        if_match: str = "",
    ) -> Asked:
        """One request as this visitor; the answer comes back whole."""
        cookie, idempotency_key = self.staff if staff else self.cookie, uuid.uuid4().hex if key else ""
        answer = yield label, request(method, path, body, cookie=cookie, key=idempotency_key, if_match=if_match)
        if not 200 <= status_of(answer) < 300:
            self.log.refused(label, answer)
        if not staff:
            self.cookie = cookies_of(answer) or self.cookie
        return answer

    def fill(self, lines: int = 2) -> Asked:
        """A new guest with a cart."""
        self.cookie = ""
        chosen = [{"variant_id": variant, "quantity": 1} for variant in self.rng.sample(self.variants, lines)]
        return (yield from self.ask("POST", "/v1/cart/lines", {"lines": chosen}))

    def sign_up(self) -> Asked:
        """A new account, signed in."""
        body = {"email": f"{uuid.uuid4().hex[:16]}@buyers.example", "password": PASSWORD, "name": "Ada Byron"}
        return (yield from self.ask("POST", "/v1/accounts", body))


def _public(path: str) -> Callable[[Visitor, str], Script]:
    def script(visitor: Visitor, name: str) -> Script:
        while True:
            yield from visitor.ask("GET", path, label=name)

    return script


def _live(visitor: Visitor, name: str) -> Script:
    while True:
        yield from visitor.ask("GET", f"/v1/variants/{visitor.rng.choice(visitor.variants)}/live", label=name)


def _of_account(path: str) -> Callable[[Visitor, str], Script]:
    def script(visitor: Visitor, name: str) -> Script:
        yield from visitor.sign_up()
        while True:
            yield from visitor.ask("GET", path, label=name)

    return script


def _set_line(visitor: Visitor, name: str) -> Script:
    answer = yield from visitor.fill()
    variants = [line["variant_id"] for line in json.loads(body_of(answer))["lines"]]
    while True:
        body = {"quantity": visitor.rng.randint(1, 9)}
        yield from visitor.ask("PUT", f"/v1/cart/lines/{visitor.rng.choice(variants)}", body, label=name)


def _remove_line(visitor: Visitor, name: str) -> Script:
    while True:
        answer = yield from visitor.fill(10)
        for line in json.loads(body_of(answer))["lines"]:
            yield from visitor.ask("DELETE", f"/v1/cart/lines/{line['variant_id']}", label=name)


def _sync(visitor: Visitor, name: str) -> Script:
    answer = yield from visitor.fill()
    version = json.loads(body_of(answer))["version"]
    while True:
        operations = [
            {"id": str(uuid.uuid4()), "kind": "set", "variant_id": variant, "quantity": 1}
            for variant in visitor.rng.sample(visitor.variants, 3)
        ]
        body = {"base_version": version, "operations": operations}
        answer = yield from visitor.ask("POST", "/v1/cart/sync", body, label=name)
        seen = json.loads(body_of(answer))
        version = seen.get("cart", seen).get("version", version)
        if visitor.rng.random() < 0.1:
            answer = yield from visitor.fill()
            version = json.loads(body_of(answer))["version"]


def _open_checkout(visitor: Visitor, name: str) -> Script:
    yield from visitor.fill()
    while True:
        yield from visitor.ask("POST", "/v1/checkouts", {"shipping": SHIPPING, "payment": PAYMENT}, label=name)


def _opened(visitor: Visitor) -> Generator[tuple[str, bytes], bytes, str]:
    yield from visitor.fill()
    answer = yield from visitor.ask("POST", "/v1/checkouts", {"shipping": SHIPPING, "payment": PAYMENT})
    return f"/v1/checkouts/{json.loads(body_of(answer))['id']}"


def _read_checkout(visitor: Visitor, name: str) -> Script:
    path = yield from _opened(visitor)
    while True:
        yield from visitor.ask("GET", path, label=name)


def _set_shipping(visitor: Visitor, name: str) -> Script:
    path = yield from _opened(visitor)
    while True:
        yield from visitor.ask("PUT", f"{path}/shipping", SHIPPING, label=name)


def _place(visitor: Visitor, name: str) -> Script:
    while True:
        path = yield from _opened(visitor)
        yield from visitor.ask("POST", f"{path}/place", {}, label=name, key=True)


def _read_order(visitor: Visitor, name: str) -> Script:
    bought = yield from purchase(visitor.log, visitor.rng.sample(visitor.variants, 2), SETUP)
    if bought is None:
        return
    order, visitor.cookie, _ = bought
    while True:
        yield from visitor.ask("GET", f"/v1/orders/{order}", label=name)


def _cancel_order(visitor: Visitor, name: str) -> Script:
    while True:
        bought = yield from purchase(visitor.log, visitor.rng.sample(visitor.variants, 2), SETUP)
        if bought is None:
            return
        order, visitor.cookie, _ = bought
        yield from visitor.ask("POST", f"/v1/orders/{order}/cancel", {}, label=name, key=True)


def _sign_in(visitor: Visitor, name: str) -> Script:
    email = f"{uuid.uuid4().hex[:16]}@buyers.example"
    yield from visitor.ask("POST", "/v1/accounts", {"email": email, "password": PASSWORD, "name": "Ada"})
    while True:
        visitor.cookie = ""
        yield from visitor.ask("POST", "/v1/session", {"email": email, "password": PASSWORD}, label=name)


def _staff(path: str) -> Callable[[Visitor, str], Script]:
    def script(visitor: Visitor, name: str) -> Script:
        while True:
            yield from visitor.ask("GET", path, label=name, staff=True)

    return script


def _set_prices(visitor: Visitor, name: str) -> Script:
    while True:
        variant = visitor.rng.choice(visitor.variants)
        body = {"prices": [{"currency": "USD", "amount": visitor.rng.randint(500, 9_000)}]}
        path = f"/v1/admin/variants/{variant}/prices"
        yield from visitor.ask("PUT", path, body, label=name, staff=True, if_match="*")


ENDPOINTS: dict[str, Callable[[Visitor, str], Script]] = {
    "GET /v1/products": _public("/v1/products?limit=24"),
    "GET /v1/categories": _public("/v1/categories"),
    "GET /v1/brands": _public("/v1/brands"),
    "GET /v1/shop": _public("/v1/shop"),
    "GET /v1/price-changes": _public("/v1/price-changes"),
    "GET /v1/delivery-estimates": _public("/v1/delivery-estimates?country=US"),
    "GET /v1/address-rules/{country}": _public("/v1/address-rules/US"),
    "GET /v1/variants/{id}/live": _live,
    "GET /v1/me": _of_account("/v1/me"),
    "GET /v1/me/addresses": _of_account("/v1/me/addresses"),
    "GET /v1/orders": _of_account("/v1/orders"),
    "POST /v1/session": _sign_in,
    "PUT /v1/cart/lines/{id}": _set_line,
    "DELETE /v1/cart/lines/{id}": _remove_line,
    "POST /v1/cart/sync": _sync,
    "POST /v1/checkouts": _open_checkout,
    "GET /v1/checkouts/{id}": _read_checkout,
    "PUT /v1/checkouts/{id}/shipping": _set_shipping,
    "POST /v1/checkouts/{id}/place": _place,
    "GET /v1/orders/{id}": _read_order,
    "POST /v1/orders/{id}/cancel": _cancel_order,
    "GET /v1/admin/orders": _staff("/v1/admin/orders"),
    "GET /v1/admin/products": _staff("/v1/admin/products"),
    "GET /v1/admin/audit": _staff("/v1/admin/audit"),
    "PUT /v1/admin/variants/{id}/prices": _set_prices,
}


def make(name: str, log: Log, rng: random.Random, variants: Sequence[str], staff: str) -> Script:
    """The script of an endpoint."""
    return ENDPOINTS[name](Visitor(log, rng, variants, staff), name)
