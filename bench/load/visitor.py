"""One who asks, as the scripts of single endpoints need them."""

import json
import random
import uuid
from collections.abc import Callable, Generator, Sequence
from typing import Any

from bench.load.requests import cookies_of, request
from bench.load.wire import SETUP, LoadError, Log, Script, body_of, status_of

PASSWORD = "correct horse battery staple"

Asked = Generator[tuple[str, bytes], bytes, bytes]
Made = Generator[tuple[str, bytes], bytes, dict[str, Any]]


class Visitor:
    """Keeps cookies, and tells the log of every answer that is no success."""

    def __init__(self, log: Log, rng: random.Random, variants: Sequence[str], staff: str) -> None:
        self.log, self.rng, self.variants, self.staff = log, rng, variants, staff
        self.cookie = ""
        self.email = ""

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        label: str = SETUP,
        staff: bool = False,
        key: bool = False,
        match: str = "",
    ) -> Asked:
        """One request as this visitor; the answer comes back whole."""
        cookie = self.staff if staff else self.cookie
        answer = yield (
            label,
            request(method, path, body, cookie=cookie, key=uuid.uuid4().hex if key else "", match=match),
        )
        if not 200 <= status_of(answer) < 300:
            self.log.refused(label, answer)
        if not staff:
            self.cookie = cookies_of(answer) or self.cookie
        return answer

    def made(self, method: str, path: str, body: object = None, *, staff: bool = False) -> Made:
        """What a preparing request made; LoadError if it was refused, for nothing can be measured then."""
        answer = yield from self.ask(method, path, body, staff=staff)
        if not 200 <= status_of(answer) < 300:
            raise LoadError(f"{method} {path}: {body_of(answer)[:300]!r}")
        return json.loads(body_of(answer) or b"{}")

    def fill(self, lines: int = 2) -> Asked:
        """A new guest with a cart."""
        self.cookie = ""
        return (yield from self.fill_more(lines))

    def fill_more(self, lines: int = 2) -> Asked:
        """Some things into the cart of who this is."""
        chosen = [{"variant_id": variant, "quantity": 1} for variant in self.rng.sample(self.variants, lines)]
        return (yield from self.ask("POST", "/v1/cart/lines", {"lines": chosen}))

    def sign_up(self, *, label: str = SETUP) -> Asked:
        """A new account, signed in."""
        self.cookie, self.email = "", f"{uuid.uuid4().hex[:16]}@buyers.example"
        body = {"email": self.email, "password": PASSWORD, "name": "Ada Byron"}
        return (yield from self.ask("POST", "/v1/accounts", body, label=label))

    def name(self) -> str:
        """A word that nobody has used."""
        return f"bench-{uuid.uuid4().hex[:12]}"


Maker = Callable[[Visitor, str], Script]


def public(path: str) -> Maker:
    """A page for everybody."""

    def script(visitor: Visitor, name: str) -> Script:
        while True:
            yield from visitor.ask("GET", path, label=name)

    return script


def of_account(path: str) -> Maker:
    """A page of somebody's own."""

    def script(visitor: Visitor, name: str) -> Script:
        yield from visitor.sign_up()
        while True:
            yield from visitor.ask("GET", path, label=name)

    return script


def of_staff(path: str) -> Maker:
    """A page of staff's."""

    def script(visitor: Visitor, name: str) -> Script:
        while True:
            yield from visitor.ask("GET", path, label=name, staff=True)

    return script
