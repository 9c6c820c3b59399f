"""The API: what staff changes is guarded by versions and audited; what everybody sees is right."""

from typing import Any

import psycopg
import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from surehold.kernel.ids import uuid7
from surehold.modules.pricing.routes import HANDLERS
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.pricing.conftest import NOW, Invalidations

Client = AsyncTestClient[Litestar]
TERMS = {"title": "VIP", "price_list": "base", "max_lines": 200, "max_line_quantity": 999, "max_held_units": 900}
PLAN: dict[str, Any] = {
    "title": "Bike",
    "countries": ["US"],
    "min_days": 0,
    "max_days": 1,
    "rates": [{"currency": "USD", "amount_minor": 900, "free_above_minor": None}],
}


async def put(client: Client, path: str, body: dict[str, Any], version: int | None) -> tuple[int, dict[str, Any]]:
    headers = {} if version is None else {"if-match": f'"v{version}"'}
    answer = await client.put(path, json=body, headers=headers)
    return answer.status_code, answer.json()


async def actions(db: Database) -> list[str]:
    rows = await db.fetch_all("select action from audit.entries order by seq desc limit 1")
    return [row[0] for row in rows]


def test_every_route_states_its_policy_and_documents_itself() -> None:
    for handler in HANDLERS:
        assert handler.opt["policy"] is not None
        assert handler.summary
        assert ("/v1/admin/" in next(iter(handler.paths))) == bool(handler.opt["policy"].roles)


async def test_a_price_list_from_start_to_prices(client: Client, db: Database, invalidations: Invalidations) -> None:
    made = await client.post("/v1/admin/price-lists", json={"code": "trade", "title": "Trade"})
    assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
    for taken in ("trade", "base"):
        assert (await client.post("/v1/admin/price-lists", json={"code": taken, "title": "T"})).status_code == 409
    variants = sorted(str(uuid7()) for _ in range(3))
    body = {"prices": [{"variant_id": v, "currency": "USD", "amount": 100 + n} for n, v in enumerate(variants)]}
    path = "/v1/admin/price-lists/trade/prices"
    assert (await put(client, path, body, None))[0] == 428
    status, answer = await put(client, path, body, 9)
    assert (status, answer["current"]["version"]) == (412, 1)
    assert (await put(client, path, body, 1))[0] == 200
    assert await actions(db) == ["pricing.price_set"]
    assert sorted(invalidations.tags) == [f"variant:{v}" for v in variants]
    first = (await client.get(path, params={"limit": 2})).json()
    rest = (await client.get(path, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [p["variant_id"] for p in first["prices"] + rest["prices"]] == variants
    assert rest["next_cursor"] is None
    assert {row["code"] for row in (await client.get("/v1/admin/price-lists")).json()["price_lists"]} >= {
        "base",
        "trade",
    }


async def test_a_price_named_twice_is_refused(client: Client) -> None:
    price = {"variant_id": str(uuid7()), "currency": "USD", "amount": 1}
    assert (await put(client, "/v1/admin/price-lists/base/prices", {"prices": [price, price]}, 1))[0] == 422


@pytest.mark.parametrize("amount", [-1, 10**13, 1.5, "x"])
async def test_amounts_have_bounds(client: Client, amount: object) -> None:
    body = {"prices": [{"variant_id": str(uuid7()), "currency": "USD", "amount": amount}]}
    assert (await put(client, "/v1/admin/price-lists/base/prices", body, 1))[0] == 400  # 422 in the shop's own handler


async def test_renaming_a_list(client: Client, db: Database) -> None:
    await client.post("/v1/admin/price-lists", json={"code": "vips", "title": "V"})
    renamed = await client.patch("/v1/admin/price-lists/vips", json={"title": "VIPs"}, headers={"if-match": '"v1"'})
    assert (renamed.status_code, renamed.json()["title"], renamed.headers["etag"]) == (200, "VIPs", '"v2"')
    assert await actions(db) == ["pricing.price_list_changed"]
    assert (await client.get("/v1/admin/price-lists/none")).status_code == 404


async def test_an_account_group_and_its_members(client: Client, db: Database) -> None:
    made = await client.post("/v1/admin/account-groups", json={"code": "vip", **TERMS})
    assert made.status_code == 201
    status, changed = await put(client, "/v1/admin/account-groups/vip", {**TERMS, "max_lines": 300}, 1)
    assert (status, changed["max_lines"], changed["version"]) == (200, 300, 2)
    assert (await put(client, "/v1/admin/account-groups/vip", {**TERMS, "price_list": "no"}, 2))[0] == 404
    assert (await client.get("/v1/admin/account-groups")).status_code == 200
    account = str(uuid7())
    members = "/v1/admin/account-groups/vip/members"
    assert (await client.post(members, json={"account_ids": [account]})).json() == {"moved": 1}
    assert [m["account_id"] for m in (await client.get(members)).json()["members"]] == [account]
    for _ in range(2):
        assert (await client.delete(f"{members}/{account}")).status_code == 204
    assert await actions(db) == ["pricing.member_removed"]
    assert (await client.get(members)).json()["members"] == []


async def test_a_tax_rate_added_corrected_removed(client: Client, db: Database) -> None:
    body = {"country": "DE", "title": "VAT", "rate_bp": 1900, "valid_from": "2026-01-01"}
    made = await client.post("/v1/admin/tax-rates", json=body)
    assert made.status_code == 201
    assert (await client.post("/v1/admin/tax-rates", json=body)).status_code == 409
    path = f"/v1/admin/tax-rates/{made.json()['id']}"
    status, changed = await put(client, path, {"title": "VAT", "rate_bp": 1600}, 1)
    assert (status, changed["rate_bp"]) == (200, 1600)
    assert (await client.delete(path)).status_code == 428
    assert (await client.delete(path, headers={"if-match": '"v2"'})).status_code == 204
    assert await actions(db) == ["pricing.tax_rate_removed"]
    assert (await client.delete(path, headers={"if-match": '"v2"'})).status_code == 404
    assert (await client.get("/v1/admin/tax-rates")).json()["tax_rates"][0]["rate_bp"] == 800


async def test_a_way_to_ship(client: Client) -> None:
    made = await client.post("/v1/admin/shipping-methods", json={"code": "bike", **PLAN})
    assert made.status_code == 201
    estimates = (await client.get("/v1/delivery-estimates", params={"country": "US"})).json()["estimates"]
    assert "bike" in [estimate["method"] for estimate in estimates]
    path = "/v1/admin/shipping-methods/bike"
    status, changed = await put(client, path, {**PLAN, "enabled": False}, 1)
    assert (status, changed["enabled"], changed["version"]) == (200, False, 2)
    assert (await put(client, path, {**PLAN, "max_days": 0, "min_days": 1}, 2))[0] == 422
    assert (await put(client, path, {**PLAN, "rates": PLAN["rates"] * 2}, 2))[0] == 422
    assert (await client.get(path)).headers["etag"] == '"v2"'
    assert len((await client.get("/v1/admin/shipping-methods")).json()["shipping_methods"]) == 3


async def test_estimates_by_place_and_value(client: Client) -> None:
    facts = {"country": "US", "postcode": "99501", "subtotal": 5001}
    estimates = (await client.get("/v1/delivery-estimates", params=facts)).json()["estimates"]
    assert estimates[0] == {
        "method": "standard",
        "title": "Standard",
        "price": {"amount": 0, "currency": "USD"},
        "window": {"earliest": "2026-11-30", "latest": "2026-12-02"},
    }
    assert (await client.get("/v1/delivery-estimates")).status_code == 400


async def test_recently_changed_prices_newest_first(client: Client, db: Database) -> None:
    variants = [uuid7() for _ in range(3)]
    for amount in (500, 400):
        for variant in variants:
            await db.execute("select pricing.import_prices(array[%s], '{USD}', array[%s::bigint])", (variant, amount))
    await db.execute(
        "select pricing.set_prices(%s, array[%s], '{USD}', '{1}', 'x')",
        ("00000000-0000-7000-8000-000000000002", variants[0]),
    )
    since = {"since": "2026-01-01T00:00:00Z"}
    first = (await client.get("/v1/price-changes", params={**since, "limit": 2})).json()
    rest = (await client.get("/v1/price-changes", params={**since, "cursor": first["next_cursor"]})).json()
    seen = [change["variant_id"] for change in first["changes"] + rest["changes"]]
    assert seen == [str(variant) for variant in reversed(variants)]
    assert first["changes"][0]["old"] == {"amount": 500, "currency": "USD"}
    assert first["changes"][0]["new"] == {"amount": 400, "currency": "USD"}
    assert (await client.get("/v1/price-changes", params={"since": "2026-01-01T00:00:00"})).status_code == 422
    assert (await client.get("/v1/price-changes", params={**since, "cursor": "AAAA"})).status_code == 422


async def test_only_changes_of_base_prices_since_then_are_shown(
    client: Client, db: Database, database_urls: PostgresUrls
) -> None:
    variant, old = uuid7(), uuid7()
    trade = "00000000-0000-7000-8000-000000000002"
    for of_variant, amount in ((old, 500), (old, 450), (variant, 900), (variant, 700), (variant, None), (variant, 800)):
        await db.execute("select pricing.import_prices(array[%s], '{USD}', array[%s::bigint])", (of_variant, amount))
    for amount in (100, 90):
        await db.execute(
            "select pricing.set_prices(%s, array[%s], '{USD}', array[%s::bigint], 'x')", (trade, variant, amount)
        )
    with psycopg.connect(database_urls.owner) as owner:
        owner.execute(
            "update pricing.price_changes set changed_at = %s - interval '8 days' where variant_id = %s", (NOW, old)
        )
    own = {str(variant), str(old)}
    since_long = await client.get("/v1/price-changes", params={"since": "2026-01-01T00:00:00Z", "limit": 100})
    seen = [change for change in since_long.json()["changes"] if change["variant_id"] in own]
    assert [(c["variant_id"], c["old"]["amount"], c["new"]["amount"]) for c in seen] == [
        (str(variant), 900, 700),
        (str(old), 500, 450),
    ]
    this_week = await client.get("/v1/price-changes", params={"limit": 100})
    assert {c["variant_id"] for c in this_week.json()["changes"]} & own == {str(variant)}
