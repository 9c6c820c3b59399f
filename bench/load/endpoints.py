"""Every endpoint of the API's description, a script each, whose own requests go under the endpoint's name."""

import json
import random
import uuid
from collections.abc import Generator, Sequence

from bench.load.desk import ANY_VERSION, DESK
from bench.load.scripts import ADDRESS, purchase
from bench.load.visitor import PASSWORD, Maker, Visitor, of_account, public
from bench.load.wire import SETUP, Log, Script, body_of

SHIPPING = {"email": "ada@buyers.example", "address": ADDRESS}
PAYMENT = {"method": "pay_on_delivery"}

ADDRESSES, SAVED, SESSIONS = "/v1/me/addresses", "/v1/cart/saved", "/v1/me/sessions"


def _live(visitor: Visitor, name: str) -> Script:
    while True:
        yield from visitor.ask("GET", f"/v1/variants/{visitor.rng.choice(visitor.variants)}/live", label=name)


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


def _product(visitor: Visitor, name: str) -> Script:
    listing = yield from visitor.made("GET", "/v1/products?limit=24")
    while True:
        slug = visitor.rng.choice(listing["items"])["slug"]
        yield from visitor.ask("GET", f"/v1/products/{slug}", label=name)


def _picture(visitor: Visitor, name: str) -> Script:
    shop = yield from visitor.made("GET", "/v1/shop")
    pictures: list[str] = []
    for slug in [slug for section in shop["sections"] for slug in section["products"]]:
        product = yield from visitor.made("GET", f"/v1/products/{slug}")
        pictures += [picture["url"] for picture in product["pictures"]]
    while pictures:
        yield from visitor.ask("GET", visitor.rng.choice(pictures), label=name)


def _cart(visitor: Visitor, name: str) -> Script:
    yield from visitor.fill()
    while True:
        yield from visitor.ask("GET", "/v1/cart", label=name)


def _clear_cart(visitor: Visitor, name: str) -> Script:
    while True:
        yield from visitor.fill()
        yield from visitor.ask("DELETE", "/v1/cart", label=name)


def _add_line(visitor: Visitor, name: str) -> Script:
    while True:
        visitor.cookie = ""
        for variant in visitor.rng.sample(visitor.variants, 5):
            yield from visitor.ask("POST", "/v1/cart/lines", {"variant_id": variant, "quantity": 1}, label=name)


def _saving(step: str) -> Maker:
    """Saved for later, taken back, or forgotten; each step prepares the next."""

    def script(visitor: Visitor, name: str) -> Script:
        def label(of: str) -> str:
            return name if step == of else SETUP

        while True:
            answer = yield from visitor.fill()
            for line in json.loads(body_of(answer))["lines"]:
                variant = line["variant_id"]
                yield from visitor.ask("POST", f"/v1/cart/lines/{variant}/save", label=label("save"))
                if step == "forget":
                    yield from visitor.ask("DELETE", f"{SAVED}/{variant}", label=name)
                else:
                    yield from visitor.ask("POST", f"{SAVED}/{variant}/restore", label=label("restore"))

    return script


def _sharing(step: str) -> Maker:
    """A link to a cart, looked at by others, and taken back."""

    def script(visitor: Visitor, name: str) -> Script:
        yield from visitor.fill()
        while True:
            shared = yield from visitor.ask("POST", "/v1/cart/share", label=name if step == "share" else SETUP)
            if step == "read":
                while True:
                    yield from visitor.ask("GET", json.loads(body_of(shared))["path"], label=name)
            yield from visitor.ask("DELETE", "/v1/cart/share", label=name if step == "unshare" else SETUP)

    return script


def _undo_merge(visitor: Visitor, name: str) -> Script:
    while True:
        yield from visitor.sign_up()
        yield from visitor.fill_more(1)
        credentials = {"email": visitor.email, "password": PASSWORD}
        yield from visitor.fill(3)  # as a guest on another device
        welcome = yield from visitor.made("POST", "/v1/session", credentials)
        yield from visitor.ask("POST", f"/v1/cart/merges/{welcome['merge']['merge_id']}/undo", label=name)


def _set_payment(visitor: Visitor, name: str) -> Script:
    path = yield from _opened(visitor)
    while True:
        yield from visitor.ask("PUT", f"{path}/payment", PAYMENT, label=name)


def _sign_up(visitor: Visitor, name: str) -> Script:
    while True:
        yield from visitor.sign_up(label=name)


def _sign_out(visitor: Visitor, name: str) -> Script:
    while True:
        yield from visitor.sign_up()
        yield from visitor.ask("DELETE", "/v1/session", label=name)


def _change_me(visitor: Visitor, name: str) -> Script:
    yield from visitor.sign_up()
    while True:
        yield from visitor.ask("PATCH", "/v1/me", {"name": visitor.name()}, label=name, match=ANY_VERSION)


def _change_email(visitor: Visitor, name: str) -> Script:
    yield from visitor.sign_up()
    while True:
        body = {"email": f"{visitor.name()}@buyers.example", "current_password": PASSWORD}
        yield from visitor.ask("POST", "/v1/me/email", body, label=name)


def _change_password(visitor: Visitor, name: str) -> Script:
    yield from visitor.sign_up()
    while True:
        body = {"current_password": PASSWORD, "new_password": PASSWORD}
        yield from visitor.ask("POST", "/v1/me/password", body, label=name)


def _addresses(method: str) -> Maker:
    """An address that is added, read, changed or removed."""

    def script(visitor: Visitor, name: str) -> Script:
        def label(of: str) -> str:
            return name if method == of else SETUP

        yield from visitor.sign_up()
        while True:
            made = yield from visitor.ask("POST", ADDRESSES, {"address": ADDRESS}, label=label("POST"))
            at = f"{ADDRESSES}/{json.loads(body_of(made))['id']}"
            while method == "GET":
                yield from visitor.ask("GET", at, label=name)
            while method == "PUT":
                yield from visitor.ask("PUT", at, {"address": ADDRESS}, label=name, match=ANY_VERSION)
            yield from visitor.ask("DELETE", at, label=label("DELETE"))

    return script


def _end_session(visitor: Visitor, name: str) -> Script:
    while True:
        yield from visitor.sign_up()
        session = (yield from visitor.made("GET", SESSIONS))["sessions"][0]["id"]
        yield from visitor.ask("DELETE", f"{SESSIONS}/{session}", label=name)


def _end_other_sessions(visitor: Visitor, name: str) -> Script:
    yield from visitor.sign_up()
    while True:
        yield from visitor.ask("DELETE", SESSIONS, label=name)


ENDPOINTS: dict[str, Maker] = {
    "GET /healthz": public("/healthz"),
    "GET /readyz": public("/readyz"),
    "GET /metrics": public("/metrics"),
    "GET /media/{file_name}": _picture,
    "GET /v1/products": public("/v1/products?limit=24"),
    "GET /v1/products/{id_or_slug}": _product,
    "GET /v1/categories": public("/v1/categories"),
    "GET /v1/brands": public("/v1/brands"),
    "GET /v1/shop": public("/v1/shop"),
    "GET /v1/price-changes": public("/v1/price-changes"),
    "GET /v1/delivery-estimates": public("/v1/delivery-estimates?country=US"),
    "GET /v1/address-rules": public("/v1/address-rules"),
    "GET /v1/address-rules/{country}": public("/v1/address-rules/US"),
    "GET /v1/variants/{variant_id}/live": _live,
    "POST /v1/accounts": _sign_up,
    "POST /v1/session": _sign_in,
    "DELETE /v1/session": _sign_out,
    "GET /v1/me": of_account("/v1/me"),
    "GET /v1/me/export": of_account("/v1/me/export"),
    "PATCH /v1/me": _change_me,
    "POST /v1/me/email": _change_email,
    "POST /v1/me/password": _change_password,
    f"GET {SESSIONS}": of_account(SESSIONS),
    f"DELETE {SESSIONS}": _end_other_sessions,
    f"DELETE {SESSIONS}/{{session_id}}": _end_session,
    f"GET {ADDRESSES}": of_account(ADDRESSES),
    f"POST {ADDRESSES}": _addresses("POST"),
    f"GET {ADDRESSES}/{{address_id}}": _addresses("GET"),
    f"PUT {ADDRESSES}/{{address_id}}": _addresses("PUT"),
    f"DELETE {ADDRESSES}/{{address_id}}": _addresses("DELETE"),
    "GET /v1/cart": _cart,
    "DELETE /v1/cart": _clear_cart,
    "POST /v1/cart/lines": _add_line,
    "PUT /v1/cart/lines/{variant_id}": _set_line,
    "DELETE /v1/cart/lines/{variant_id}": _remove_line,
    "POST /v1/cart/lines/{variant_id}/save": _saving("save"),
    "POST /v1/cart/saved/{variant_id}/restore": _saving("restore"),
    "DELETE /v1/cart/saved/{variant_id}": _saving("forget"),
    "POST /v1/cart/share": _sharing("share"),
    "DELETE /v1/cart/share": _sharing("unshare"),
    "GET /v1/shared-carts/{token}": _sharing("read"),
    "POST /v1/cart/merges/{merge_id}/undo": _undo_merge,
    "POST /v1/cart/sync": _sync,
    "POST /v1/checkouts": _open_checkout,
    "GET /v1/checkouts/{checkout_id}": _read_checkout,
    "PUT /v1/checkouts/{checkout_id}/shipping": _set_shipping,
    "PUT /v1/checkouts/{checkout_id}/payment": _set_payment,
    "POST /v1/checkouts/{checkout_id}/place": _place,
    "GET /v1/orders": of_account("/v1/orders"),
    "GET /v1/orders/{order_id}": _read_order,
    "POST /v1/orders/{order_id}/cancel": _cancel_order,
    **DESK,
}
NOT_ASKED = {
    "GET /": "leads to the documentation",
    "GET /v1/events": "has no end; see the figure `realtime`",
    "GET /v1/ws": "has no end; see the figure `realtime`",
    "POST /v1/admin/pictures": "as fast as pictures are decoded; see docs/media.md",
    "GET /v1/admin/dead-letters/{letter_id}": "needs something that failed for good",
    "PUT /v1/admin/dead-letters/{letter_id}/payload": "needs something that failed for good",
    "POST /v1/admin/dead-letters/{letter_id}/replay": "needs something that failed for good",
    "DELETE /v1/admin/dead-letters/{letter_id}": "needs something that failed for good",
    "POST /v1/password-resets": "takes a few an hour and network",
    "PUT /v1/password-resets": "needs a letter",
    "POST /v1/email-verifications": "needs a letter",
    "POST /v1/me/email-verification": "takes a few an hour and address",
    "POST /v1/me/email-change": "takes a few an hour and address",
    "POST /v1/me/totp": "is done once by a person",
    "PUT /v1/me/totp": "is done once by a person",
    "DELETE /v1/me/totp": "is done once by a person",
    "POST /v1/admin/accounts/{account_id}/impersonate": "ends the session that asks",
    "DELETE /v1/admin/accounts/{account_id}/totp": "is done by a person, now and then",
    "GET /v1/admin/impersonations": "is read by a person, now and then",
    "POST /v1/webhooks/stripe": "needs the provider's signature",
    "PUT /v1/checkouts/{checkout_id}/address": "needs a service that is asked about addresses",
    **dict.fromkeys(
        (
            "POST /v1/admin/webhooks",
            "GET /v1/admin/webhooks/{endpoint_id}",
            "PUT /v1/admin/webhooks/{endpoint_id}",
            "DELETE /v1/admin/webhooks/{endpoint_id}",
            "POST /v1/admin/webhooks/{endpoint_id}/secret",
            "POST /v1/admin/webhooks/{endpoint_id}/ping",
            "GET /v1/admin/webhooks/{endpoint_id}/messages",
            "POST /v1/admin/webhooks/{endpoint_id}/redeliver",
            "GET /v1/admin/webhook-messages/{message_id}",
            "POST /v1/admin/webhook-messages/{message_id}/redeliver",
        ),
        "a shop has a few endpoints, and while it has one every purchase tells it",
    ),
}
"""Endpoints without a figure, and why."""


def make(name: str, log: Log, rng: random.Random, variants: Sequence[str], staff: str) -> Script:
    """The script of an endpoint."""
    return ENDPOINTS[name](Visitor(log, rng, variants, staff), name)
