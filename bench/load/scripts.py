"""What visitors do. Each script is endless unless it says otherwise, and counts what it did in the log's notes."""

import json
import random
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle, islice

from bench.load.requests import cookies_of, request
from bench.load.wire import SETUP, Log, Script, body_of, status_of

ADDS_PER_CART = 5
ADDS_TO_ONE_CART = 120  # so many that making the cart hardly counts, so few that no cap on one variant is met
ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 Harbour Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97201",
    "country": "US",
}


def reads(log: Log, paths: Iterable[str], label: str = "read") -> Script:
    """Read these pages round and round."""
    steps = [(label, request("GET", path)) for path in paths]
    for step in cycle(steps):
        answer = yield step
        if answer[9:12] != b"200":
            log.refused(label, answer)


def cart_reads(log: Log, rng: random.Random, variants: Sequence[str], lines: int) -> Script:
    """A guest with this many lines in the cart who looks at it again and again."""
    cookie = yield from _new_cart(log, rng.sample(variants, lines))
    step = ("cart_read", request("GET", "/v1/cart", cookie=cookie))
    while True:
        answer = yield step
        if answer[9:12] != b"200":
            log.refused("cart_read", answer)


def adds(log: Log, rng: random.Random, variants: Sequence[str]) -> Script:
    """Guests who each put ADDS_PER_CART different things into a cart of their own, one after the other."""
    while True:
        cookie = ""
        for variant in rng.sample(variants, ADDS_PER_CART):
            answer = yield "add_to_cart", _add(variant, cookie)
            if answer[9:12] != b"200":
                log.refused("add_to_cart", answer)
                break
            cookie = cookie or cookies_of(answer)


def adds_to_cart_of(log: Log, rng: random.Random, variants: Sequence[str], lines: int) -> Script:
    """Guests with this many lines in the cart who add one more of what is in it."""
    while True:
        chosen = rng.sample(variants, lines)
        cookie = yield from _new_cart(log, chosen)
        for variant in islice(cycle(chosen), ADDS_TO_ONE_CART):
            answer = yield "add_to_cart", _add(variant, cookie)
            if answer[9:12] != b"200":
                log.refused("add_to_cart", answer)


def purchases(log: Log, rng: random.Random, variants: Sequence[str]) -> Script:
    """New guests who each add two things, check out in one request, and place an order that is paid on delivery."""
    while True:
        began, slice_no = time.perf_counter(), log.slice_no
        order = yield from purchase(log, rng.sample(variants, 2))
        if order is not None and log.slice_no == slice_no:  # a purchase that waited between two slices tells no time
            log.took("purchase", time.perf_counter() - began)


def purchase(log: Log, variants: Sequence[str], label: str | None = None) -> Iterator[tuple[str, bytes]]:
    """One purchase; out goes (order id, cookie, checkout id) or None. With a label, all its requests go under that."""
    cookie = ""
    for variant in variants:
        answer = yield label or "add", _add(variant, cookie)
        if answer[9:12] != b"200":
            log.refused("add", answer)
            return None
        cookie = cookie or cookies_of(answer)
    body = {
        "shipping": {"email": f"guest-{uuid.uuid4().hex[:12]}@buyers.example", "address": ADDRESS},
        "payment": {"method": "pay_on_delivery"},
    }
    answer = yield label or "checkout", request("POST", "/v1/checkouts", body, cookie=cookie)
    if answer[9:12] != b"200":
        log.refused("checkout", answer)
        return None
    checkout = json.loads(body_of(answer))["id"]
    answer = yield (
        label or "place",
        request("POST", f"/v1/checkouts/{checkout}/place", {}, cookie=cookie, key=uuid.uuid4().hex),
    )
    placed = json.loads(body_of(answer)) if status_of(answer) == 201 else {}
    if placed.get("order", {}).get("status") != "CONFIRMED":
        log.refused("place", answer)
        return None
    log.notes["orders"] += 1
    return placed["order"]["id"], cookie, checkout


def rush(log: Log, variant: str) -> Script:
    """One buyer who wants one unit of what everybody wants, and ends with an order or with a clear refusal."""
    answer = yield "add", _add(variant, "")
    if status_of(answer) == 409 and json.loads(body_of(answer)).get("code") == "INSUFFICIENT_INVENTORY":
        log.notes["refused"] += 1
        return
    if status_of(answer) != 200:
        log.refused("add", answer)
        return
    cookie = cookies_of(answer)
    body = {
        "shipping": {"email": f"rush-{uuid.uuid4().hex[:12]}@buyers.example", "address": ADDRESS},
        "payment": {"method": "pay_on_delivery"},
    }
    answer = yield "checkout", request("POST", "/v1/checkouts", body, cookie=cookie)
    if status_of(answer) != 200:
        log.refused("checkout", answer)
        return
    checkout = json.loads(body_of(answer))["id"]
    answer = yield "place", request("POST", f"/v1/checkouts/{checkout}/place", {}, cookie=cookie, key=uuid.uuid4().hex)
    if status_of(answer) == 201:
        log.notes["sold"] += 1
    else:
        log.refused("place", answer)


def _add(variant: str, cookie: str) -> bytes:
    return request("POST", "/v1/cart/lines", {"variant_id": variant, "quantity": 1}, cookie=cookie)


def _new_cart(log: Log, variants: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    lines = [{"variant_id": variant, "quantity": 1} for variant in variants]
    answer = yield SETUP, request("POST", "/v1/cart/lines", {"lines": lines})
    if answer[9:12] != b"200":
        log.refused(SETUP, answer)
    return cookies_of(answer)
