"""Real things for the ids, codes and versions that a description's examples name, so that they are found and changed."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

UNITS = 10_000
PRICE = {"amount": 1900, "currency": "USD"}
CODES = {"price-lists": "list", "account-groups": "group", "shipping-methods": "method"}
EVERY_VERSION = "*"


async def make_things(admin: httpx.AsyncClient) -> dict[str, Any]:
    """A thing of each kind, made over HTTP by somebody who is also the buyer: its id or code by the name of the parameter."""
    mark = uuid.uuid4().hex[:8]
    things: dict[str, Any] = {"list": f"list-{mark}", "group": f"group-{mark}"}
    things |= await _goods(admin, mark)
    for name, path, body in _bodies(mark):
        things[name] = (await _post(admin, path, body))["id"]
    member = {"email": f"{mark}@shop.test", "password": uuid.uuid4().hex, "roles": ["support"], "name": "Sam"}
    things["account_id"] = things["account_ids"] = (await _post(admin, "/v1/admin/staff", member))["id"]
    things |= await _webhook(admin, mark)
    return things | await _purchases(admin, things["variant_id"])


def _bodies(mark: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    rate = {"country": "CA", "region": mark, "tax_category": "standard", "title": "Tax", "rate_bp": 800}
    group = {"code": f"group-{mark}", "title": "Group", "price_list": f"list-{mark}"}
    yield "category_id", "/v1/admin/categories", {"segment": f"mugs-{mark}", "title": "Mugs"}
    yield "brand_id", "/v1/admin/brands", {"slug": f"brand-{mark}", "title": "Brand"}
    yield "rate_id", "/v1/admin/tax-rates", {**rate, "valid_from": "2026-01-01"}
    yield "price_list_id", "/v1/admin/price-lists", {"code": f"list-{mark}", "title": "List"}
    yield (
        "group_id",
        "/v1/admin/account-groups",
        {**group, "max_lines": 10, "max_line_quantity": 10, "max_held_units": 10},
    )
    yield "key_id", "/v1/admin/api-keys", {"name": "to be revoked", "roles": ["operations"], "lives_days": 1}


async def _goods(admin: httpx.AsyncClient, mark: str) -> dict[str, Any]:
    """A published product with stock; its second variant stays when the first is retired."""
    place = {"code": f"at-{mark}", "title": "Here", "country": "US", "region": "OR", "priority": 1}
    location = (await _post(admin, "/v1/admin/locations", place))["id"]
    variants = [
        {"sku": f"{mark}-{colour}", "options": {"colour": colour}, "prices": [PRICE]} for colour in ("Red", "Green")
    ]
    product = await _post(
        admin,
        "/v1/admin/products",
        {"title": f"Mug {mark}", "state": "published", "option_names": ["colour"], "variants": variants},
    )
    made = [variant["id"] for variant in product["variants"]]
    changes = [{"variant_id": variant, "location_id": location, "delta": UNITS} for variant in made]
    await _post(admin, "/v1/admin/stock/changes", {"reason": "receipt", "ref": mark, "changes": changes})
    return {
        "location_id": location,
        "product_id": product["id"],
        "id_or_slug": product["slug"],
        "variant_id": made[0],
    }


async def _webhook(admin: httpx.AsyncClient, mark: str) -> dict[str, Any]:
    """An endpoint of another system, and a message that waits for it."""
    hook = {"url": f"https://hooks.shop.test/{mark}"}
    endpoint = (await _post(admin, "/v1/admin/webhooks", hook))["webhook"]["id"]
    ping = await _post(admin, f"/v1/admin/webhooks/{endpoint}/ping", {})
    return {"endpoint_id": endpoint, "message_id": ping["id"]}


async def _purchases(buyer: httpx.AsyncClient, variant: str) -> dict[str, Any]:
    """An address, an order that may be cancelled, and a checkout that may be placed."""
    address = {"name": "Ada Byron", "line1": "12 Harbour Street", "city": "Portland", "region": "OR"}
    address |= {"postcode": "97201", "country": "US"}
    shipping = {"email": "ada@example.com", "address": address, "method": "standard"}
    kept = await _post(buyer, "/v1/me/addresses", {"address": address})
    opened: dict[str, Any] = {}
    order: dict[str, Any] = {}
    for _ in range(2):
        await _post(buyer, "/v1/cart/lines", {"variant_id": variant, "quantity": 2})
        opened = await _post(buyer, "/v1/checkouts", {"shipping": shipping, "payment": {"method": "pay_on_delivery"}})
        if not order:
            order = (await _post(buyer, f"/v1/checkouts/{opened['id']}/place", {}))["order"]
    return {
        "address_id": kept["id"],
        "order_id": order["id"],
        "reference": order["number"],
        "checkout_id": opened["id"],
        "expected_total": opened["quote"]["total"],
        "country": "US",
    }


async def _post(client: httpx.AsyncClient, path: str, body: Any) -> Any:
    answer = await client.post(path, json=body, headers={"idempotency-key": uuid.uuid4().hex})
    assert answer.is_success, (path, answer.text)
    return answer.json()


def name_things(document: Mapping[str, Any], things: Mapping[str, Any]) -> None:
    """Let the examples of a description name these things, and any version of them."""
    for path, item in document["paths"].items():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                _name_parameter(parameter, path, things)
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if body and "example" in body:
                body["example"] = _named(body["example"], things)


def _name_parameter(parameter: dict[str, Any], path: str, things: Mapping[str, Any]) -> None:
    name = parameter["name"]
    if name == "If-Match":
        parameter["example"] = EVERY_VERSION
    elif name == "cursor":
        del parameter["example"]  # only a list itself can say where its next page begins
    elif name == "code":
        kind = CODES[path.split("/")[3]]
        parameter["example"] = things.get(kind, "standard")
    elif parameter["in"] == "path" and name in things:
        parameter["example"] = things[name]


def _named(value: Any, things: Mapping[str, Any], name: str = "") -> Any:
    if isinstance(value, dict) and name != "expected_total":
        return {key: _named(item, things, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, things, name) for item in value]
    return things.get(name, value) if name.endswith(("_id", "_ids", "_total")) else value
