"""What staff does, an endpoint at a time. What is made for it weighs on no buyer: it is inactive, or for where nobody buys from."""

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from bench.load.scripts import purchase
from bench.load.visitor import Maker, Visitor, of_staff
from bench.load.wire import SETUP, Script, body_of

ANY_VERSION = "*"
FAR = "IS"

Body = Callable[[Visitor], dict[str, Any]]


def group(visitor: Visitor) -> dict[str, Any]:
    return {"code": visitor.name(), "title": "Group", "max_lines": 10, "max_line_quantity": 10, "max_held_units": 10}


def price_list(visitor: Visitor) -> dict[str, Any]:
    return {"code": visitor.name(), "title": "List"}


def location(visitor: Visitor) -> dict[str, Any]:
    return {"code": visitor.name(), "title": "There", "country": FAR, "region": "", "priority": 900, "active": False}


def shipping(visitor: Visitor) -> dict[str, Any]:
    rates = [{"currency": "USD", "amount_minor": 599}]
    facts = {"title": "Far", "countries": [FAR], "min_days": 3, "max_days": 5, "position": 900, "enabled": False}
    return {"code": visitor.name(), **facts, "rates": rates}


def tax_rate(visitor: Visitor) -> dict[str, Any]:
    facts = {"country": FAR, "region": visitor.name(), "tax_category": "standard"}
    return {**facts, "title": "Tax", "rate_bp": 800, "valid_from": "2026-01-01"}


def brand(visitor: Visitor) -> dict[str, Any]:
    return {"slug": visitor.name(), "title": "Brand"}


def category(visitor: Visitor) -> dict[str, Any]:
    return {"segment": visitor.name(), "title": "Mugs", "position": 900}


def variant(visitor: Visitor, colour: str = "Blue") -> dict[str, Any]:
    prices = [{"amount": 1900, "currency": "USD"}]
    return {"sku": visitor.name(), "options": {"colour": colour}, "prices": prices}


def product(visitor: Visitor) -> dict[str, Any]:
    facts = {"title": f"Mug {visitor.name()}", "option_names": ["colour"]}
    return {**facts, "variants": [variant(visitor), variant(visitor, "Red")]}


def member(visitor: Visitor) -> dict[str, Any]:
    return {
        "email": f"{visitor.name()}@staff.example",
        "password": uuid.uuid4().hex,
        "roles": ["support"],
        "name": "Sam",
    }


def api_key(visitor: Visitor) -> dict[str, Any]:
    return {"name": visitor.name(), "roles": ["operations"], "lives_days": 1}


def added(path: str, body: Body, *, removes: bool = False) -> Maker:
    """One more, again and again; what can be taken away is."""

    def script(visitor: Visitor, name: str) -> Script:
        while True:
            answer = yield from visitor.ask("POST", path, body(visitor), label=name, staff=True)
            if removes:
                at = f"{path}/{json.loads(body_of(answer))['id']}"
                yield from visitor.ask("DELETE", at, staff=True, match=ANY_VERSION)

    return script


def read(path: str, body: Body, key: str = "id", more: str = "") -> Maker:
    """One that was made, read again and again."""

    def script(visitor: Visitor, name: str) -> Script:
        made = yield from visitor.made("POST", path, body(visitor), staff=True)
        while True:
            yield from visitor.ask("GET", f"{path}/{made[key]}{more}", label=name, staff=True)

    return script


def changed(
    method: str, path: str, body: Body, change: dict[str, Any], key: str = "id", *, kept: Sequence[str] = ()
) -> Maker:
    """One that was made, changed again and again; `kept` are the members that are sent as they were."""

    def script(visitor: Visitor, name: str) -> Script:
        told = body(visitor)
        made = yield from visitor.made("POST", path, told, staff=True)
        sent = {**{name: told[name] for name in kept}, **change}
        while True:
            at = f"{path}/{made[key]}"
            yield from visitor.ask(method, at, sent, label=name, staff=True, match=ANY_VERSION)

    return script


def removed(path: str, body: Body) -> Maker:
    """One after the other: made, and taken away."""

    def script(visitor: Visitor, name: str) -> Script:
        while True:
            made = yield from visitor.made("POST", path, body(visitor), staff=True)
            yield from visitor.ask("DELETE", f"{path}/{made['id']}", label=name, staff=True, match=ANY_VERSION)

    return script


def of_a_variant(path: str) -> Maker:
    """A page about something on sale."""

    def script(visitor: Visitor, name: str) -> Script:
        while True:
            at = path.format(visitor.rng.choice(visitor.variants))
            yield from visitor.ask("GET", at, label=name, staff=True)

    return script


def _new_account(visitor: Visitor) -> Any:
    """The id of somebody new."""
    yield from visitor.sign_up()
    me = yield from visitor.made("GET", "/v1/me")
    return me["id"]


def set_of_account(path: str, body: dict[str, Any]) -> Maker:
    """Somebody's roles or status, set again and again."""

    def script(visitor: Visitor, name: str) -> Script:
        account = yield from _new_account(visitor)
        while True:
            yield from visitor.ask("PUT", path.format(account), body, label=name, staff=True)

    return script


def members(visitor: Visitor, name: str) -> Script:
    """Somebody joins a group."""
    at = yield from _group_at(visitor)
    account = yield from _new_account(visitor)
    while True:
        yield from visitor.ask("POST", at, {"account_ids": [account]}, label=name, staff=True)


def leave(visitor: Visitor, name: str) -> Script:
    """Somebody leaves a group."""
    at = yield from _group_at(visitor)
    account = yield from _new_account(visitor)
    while True:
        yield from visitor.ask("POST", at, {"account_ids": [account]}, staff=True)
        yield from visitor.ask("DELETE", f"{at}/{account}", label=name, staff=True)


def _group_at(visitor: Visitor) -> Any:
    made = yield from visitor.made("POST", "/v1/admin/account-groups", group(visitor), staff=True)
    return f"/v1/admin/account-groups/{made['code']}/members"


def list_prices(visitor: Visitor, name: str) -> Script:
    """A price on a list of its own."""
    made = yield from visitor.made("POST", "/v1/admin/price-lists", price_list(visitor), staff=True)
    while True:
        one = {
            "variant_id": visitor.rng.choice(visitor.variants),
            "currency": "USD",
            "amount": visitor.rng.randint(500, 9_000),
        }
        at = f"/v1/admin/price-lists/{made['code']}/prices"
        yield from visitor.ask("PUT", at, {"prices": [one]}, label=name, staff=True, match=ANY_VERSION)


def variant_prices(visitor: Visitor, name: str) -> Script:
    """A price of something on sale."""
    while True:
        at = f"/v1/admin/variants/{visitor.rng.choice(visitor.variants)}/prices"
        body = {"prices": [{"currency": "USD", "amount": visitor.rng.randint(500, 9_000)}]}
        yield from visitor.ask("PUT", at, body, label=name, staff=True, match=ANY_VERSION)


def stock_changes(visitor: Visitor, name: str) -> Script:
    """A receipt of a few things."""
    there = yield from visitor.made("GET", "/v1/admin/locations", staff=True)
    place = next(one["id"] for one in there["locations"] if one["active"])
    while True:
        changes = [
            {"variant_id": one, "location_id": place, "delta": 1} for one in visitor.rng.sample(visitor.variants, 3)
        ]
        body = {"reason": "receipt", "ref": visitor.name(), "changes": changes}
        yield from visitor.ask("POST", "/v1/admin/stock/changes", body, label=name, staff=True)


def stock_policy(visitor: Visitor, name: str) -> Script:
    """How low is low."""
    while True:
        at = f"/v1/admin/stock/{visitor.rng.choice(visitor.variants)}/policy"
        body = {"backorder_limit": 0, "low_stock_threshold": visitor.rng.randint(1, 9)}
        yield from visitor.ask("PUT", at, body, label=name, staff=True, match=ANY_VERSION)


def add_variant(visitor: Visitor, name: str) -> Script:
    """One more colour."""
    while True:
        made = yield from visitor.made("POST", "/v1/admin/products", product(visitor), staff=True)
        at = f"/v1/admin/products/{made['id']}/variants"
        yield from visitor.ask("POST", at, variant(visitor, "Green"), label=name, staff=True, match=ANY_VERSION)


def change_variant(visitor: Visitor, name: str) -> Script:
    """What it weighs."""
    made = yield from visitor.made("POST", "/v1/admin/products", product(visitor), staff=True)
    at = f"/v1/admin/variants/{made['variants'][0]['id']}"
    while True:
        body = {"weight_grams": visitor.rng.randint(100, 900)}
        yield from visitor.ask("PATCH", at, body, label=name, staff=True, match=ANY_VERSION)


def retire_variant(visitor: Visitor, name: str) -> Script:
    """A colour that is not made any more."""
    while True:
        made = yield from visitor.made("POST", "/v1/admin/products", product(visitor), staff=True)
        at = f"/v1/admin/variants/{made['variants'][0]['id']}"
        yield from visitor.ask("DELETE", at, label=name, staff=True, match=ANY_VERSION)


def change_shop(visitor: Visitor, name: str) -> Script:
    """The shop's face, set to what it is."""
    shop = yield from visitor.made("GET", "/v1/shop")
    body = {key: shop[key] for key in ("name", "tagline", "country", "currency", "currencies")}
    while True:
        yield from visitor.ask("PUT", "/v1/admin/shop", body, label=name, staff=True, match=ANY_VERSION)


def any_order(visitor: Visitor, name: str) -> Script:
    """An order, by its id."""
    bought = yield from purchase(visitor.log, visitor.rng.sample(visitor.variants, 2), SETUP)
    while bought is not None:
        yield from visitor.ask("GET", f"/v1/admin/orders/{bought[0]}", label=name, staff=True)


def cancel_any(visitor: Visitor, name: str) -> Script:
    """An order that somebody asked to cancel."""
    while (bought := (yield from purchase(visitor.log, visitor.rng.sample(visitor.variants, 2), SETUP))) is not None:
        at = f"/v1/admin/orders/{bought[0]}/cancel"
        yield from visitor.ask("POST", at, {"reason": "changed_mind"}, label=name, staff=True, key=True)


def find_account(visitor: Visitor, name: str) -> Script:
    """Somebody who wrote to the shop."""
    yield from visitor.sign_up()
    while True:
        yield from visitor.ask("GET", f"/v1/admin/accounts?email={visitor.email}", label=name, staff=True)


GROUPS, LISTS, METHODS = "/v1/admin/account-groups", "/v1/admin/price-lists", "/v1/admin/shipping-methods"
BRANDS, CATEGORIES, PRODUCTS = "/v1/admin/brands", "/v1/admin/categories", "/v1/admin/products"
LOCATIONS, RATES, STAFF, KEYS = "/v1/admin/locations", "/v1/admin/tax-rates", "/v1/admin/staff", "/v1/admin/api-keys"
GROUP = ("max_lines", "max_line_quantity", "max_held_units")
METHOD = ("countries", "min_days", "max_days", "position", "enabled", "rates")
PLACE = ("code", "country", "region", "priority", "active")
_LISTED = (
    GROUPS, LISTS, METHODS, PRODUCTS, LOCATIONS, RATES, STAFF, KEYS, "/v1/admin/orders", "/v1/admin/audit", "/v1/admin/low-stock",
    "/v1/admin/audit/head", "/v1/admin/webhooks", "/v1/admin/checkout-failures", "/v1/admin/dead-letters",
)  # fmt: skip

DESK: dict[str, Maker] = {
    **{f"GET {path}": of_staff(path) for path in _LISTED},
    f"POST {GROUPS}": added(GROUPS, group),
    f"GET {GROUPS}/{{code}}": read(GROUPS, group, "code"),
    f"PUT {GROUPS}/{{code}}": changed("PUT", GROUPS, group, {"title": "Other"}, "code", kept=GROUP),
    f"GET {GROUPS}/{{code}}/members": read(GROUPS, group, "code", "/members"),
    f"POST {GROUPS}/{{code}}/members": members,
    f"DELETE {GROUPS}/{{code}}/members/{{account_id}}": leave,
    f"POST {LISTS}": added(LISTS, price_list),
    f"GET {LISTS}/{{code}}": read(LISTS, price_list, "code"),
    f"PATCH {LISTS}/{{code}}": changed("PATCH", LISTS, price_list, {"title": "Other"}, "code"),
    f"GET {LISTS}/{{code}}/prices": read(LISTS, price_list, "code", "/prices"),
    f"PUT {LISTS}/{{code}}/prices": list_prices,
    f"POST {METHODS}": added(METHODS, shipping),
    f"GET {METHODS}/{{code}}": read(METHODS, shipping, "code"),
    f"PUT {METHODS}/{{code}}": changed("PUT", METHODS, shipping, {"title": "Other"}, "code", kept=METHOD),
    f"POST {BRANDS}": added(BRANDS, brand, removes=True),
    f"GET {BRANDS}/{{brand_id}}": read(BRANDS, brand),
    f"PATCH {BRANDS}/{{brand_id}}": changed("PATCH", BRANDS, brand, {"title": "Other"}),
    f"DELETE {BRANDS}/{{brand_id}}": removed(BRANDS, brand),
    f"POST {CATEGORIES}": added(CATEGORIES, category, removes=True),
    f"GET {CATEGORIES}/{{category_id}}": read(CATEGORIES, category),
    f"PATCH {CATEGORIES}/{{category_id}}": changed("PATCH", CATEGORIES, category, {"title": "Other"}),
    f"DELETE {CATEGORIES}/{{category_id}}": removed(CATEGORIES, category),
    f"POST {PRODUCTS}": added(PRODUCTS, product),
    f"GET {PRODUCTS}/{{product_id}}": read(PRODUCTS, product),
    f"PATCH {PRODUCTS}/{{product_id}}": changed("PATCH", PRODUCTS, product, {"title": "Harbour mug, large"}),
    f"POST {PRODUCTS}/{{product_id}}/variants": add_variant,
    "PATCH /v1/admin/variants/{variant_id}": change_variant,
    "DELETE /v1/admin/variants/{variant_id}": retire_variant,
    "GET /v1/admin/variants/{variant_id}/prices": of_a_variant("/v1/admin/variants/{}/prices"),
    "PUT /v1/admin/variants/{variant_id}/prices": variant_prices,
    "PUT /v1/admin/shop": change_shop,
    f"POST {LOCATIONS}": added(LOCATIONS, location),
    f"PUT {LOCATIONS}/{{location_id}}": changed("PUT", LOCATIONS, location, {"title": "Other"}, kept=PLACE),
    "POST /v1/admin/stock/changes": stock_changes,
    "GET /v1/admin/stock/{variant_id}": of_a_variant("/v1/admin/stock/{}"),
    "GET /v1/admin/stock/{variant_id}/ledger": of_a_variant("/v1/admin/stock/{}/ledger"),
    "GET /v1/admin/stock/{variant_id}/policy": of_a_variant("/v1/admin/stock/{}/policy"),
    "PUT /v1/admin/stock/{variant_id}/policy": stock_policy,
    f"POST {RATES}": added(RATES, tax_rate, removes=True),
    f"PUT {RATES}/{{rate_id}}": changed("PUT", RATES, tax_rate, {"title": "Other", "rate_bp": 825}),
    f"DELETE {RATES}/{{rate_id}}": removed(RATES, tax_rate),
    f"POST {STAFF}": added(STAFF, member),
    f"POST {KEYS}": added(KEYS, api_key, removes=True),
    f"DELETE {KEYS}/{{key_id}}": removed(KEYS, api_key),
    "GET /v1/admin/accounts": find_account,
    "PUT /v1/admin/accounts/{account_id}/roles": set_of_account("/v1/admin/accounts/{}/roles", {"roles": ["support"]}),
    "PUT /v1/admin/accounts/{account_id}/status": set_of_account("/v1/admin/accounts/{}/status", {"status": "active"}),
    "GET /v1/admin/orders/{reference}": any_order,
    "POST /v1/admin/orders/{order_id}/cancel": cancel_any,
}
"""By the names of the API's description."""
