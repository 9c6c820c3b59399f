"""The staff API: every edit is versioned, audited, announced, and drops what was cached."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import AsyncTestClient

from surehold.kernel.clock import SystemClock
from surehold.kernel.ids import uuid7
from surehold.modules.catalog import CatalogDesk, CatalogService, CatalogTaxonomy, PictureLibrary
from surehold.modules.catalog.routes import HANDLERS
from surehold.modules.pricing import PricingService
from surehold.modules.pricing.model import PriceWish
from surehold.platform.db import Database
from surehold.platform.http import Actor, ApiRequest, CursorCodec, exception_handlers
from surehold.platform.http.actor import SYSTEM, ActorKind
from tests.support.pictures import opened_library

Client = AsyncTestClient[Litestar]


class Told:
    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.woken = 0

    def invalidate(self, tags: Iterable[str]) -> None:
        self.tags.update(tags)

    def wake(self) -> None:
        self.woken += 1


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
async def pictures(db: Database, tmp_path: Path) -> AsyncIterator[PictureLibrary]:
    async with opened_library(db, tmp_path / "pictures") as library:
        yield library


def _provide(service: object) -> Provide:
    return Provide(lambda: service, sync_to_thread=False)


@pytest.fixture
async def client(db: Database, told: Told, pictures: PictureLibrary, cursors: CursorCodec) -> AsyncIterator[Client]:
    prices = PricingService(db, SystemClock(), told)
    services: dict[str, object] = {
        "catalog": CatalogService(db),
        "catalog_desk": CatalogDesk(db, prices=prices, pictures=pictures, invalidator=told, waker=told),
        "catalog_taxonomy": CatalogTaxonomy(db, invalidator=told),
        "pictures": pictures,
        "cursors": cursors,
        "price_list": None,
        "actor": Actor(kind=ActorKind.ACCOUNT, account_id=uuid7()),
    }
    app = Litestar(
        HANDLERS,
        dependencies={name: _provide(service) for name, service in services.items()},
        exception_handlers=exception_handlers(),
        request_class=ApiRequest,
    )
    async with AsyncTestClient(app) as made:
        yield made


async def add(client: Client, title: str, **facts: Any) -> dict[str, Any]:
    variants = facts.pop("variants", [{"sku": title.upper(), "prices": [{"amount": 500, "currency": "USD"}]}])
    answer = await client.post("/v1/admin/products", json={"title": title, "variants": variants, **facts})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def patch(client: Client, product: dict[str, Any], **changes: Any) -> tuple[int, dict[str, Any]]:
    answer = await client.patch(
        f"/v1/admin/products/{product['id']}", json=changes, headers={"if-match": f'"v{product["version"]}"'}
    )
    return answer.status_code, answer.json()


async def set_price(client: Client, variant: str, amount: int | None, version: int | None) -> Response:
    headers = {} if version is None else {"if-match": f'"v{version}"'}
    body = {"prices": [{"currency": "USD", "amount": amount}]}
    return await client.put(f"/v1/admin/variants/{variant}/prices", json=body, headers=headers)


async def events_of(db: Database, product: dict[str, Any]) -> list[tuple[str, int]]:
    rows = await db.fetch_all(
        "select name, seq from platform.events where aggregate_id = %s order by seq", (UUID(product["id"]),)
    )
    return [(row[0].split(".")[1], row[1]) for row in rows]


def test_every_route_states_its_policy_and_documents_itself() -> None:
    for handler in HANDLERS:
        assert handler.opt["policy"] is not None
        assert handler.summary
        assert ("/v1/admin/" in next(iter(handler.paths))) == bool(handler.opt["policy"].roles)


async def test_a_product_from_draft_to_archive(client: Client, db: Database, told: Told) -> None:
    product = await add(client, "Alder bowl")
    assert (product["slug"], product["state"], product["version"]) == ("alder-bowl", "draft", 1)
    assert (await client.get("/v1/products/alder-bowl")).status_code == 404
    status, published = await patch(client, product, state="published")
    assert (status, published["version"]) == (200, 2)
    page = await client.get("/v1/products/alder-bowl")
    assert page.status_code == 200
    assert page.json()["variants"][0]["price"] == {"amount": 500, "currency": "USD"}
    tags = set(page.headers["x-surehold-tags"].split())
    assert {f"product:{product['id']}", f"variant:{product['variants'][0]['id']}"} <= tags & told.tags
    assert "listing" in told.tags
    assert told.woken > 0
    _, changed = await patch(client, published, description="Turned from one piece.")
    status, archived = await patch(client, changed, state="archived")
    assert (status, archived["version"]) == (200, 4)
    assert (await client.get("/v1/products/alder-bowl")).status_code == 404
    assert await events_of(db, product) == [
        ("product_published", 2),
        ("product_changed", 3),
        ("product_unpublished", 4),
    ]
    rows = await db.fetch_all(
        "select action from audit.entries where subject_id = %s order by seq", (UUID(product["id"]),)
    )
    assert [row[0] for row in rows] == ["catalog.product_created", *["catalog.product_changed"] * 3]


async def test_an_edit_states_the_version_it_was_made_from(client: Client) -> None:
    product = await add(client, "Birch tray")
    path = f"/v1/admin/products/{product['id']}"
    assert (await client.patch(path, json={"title": "X"})).status_code == 428
    assert (await patch(client, product, title="Birch tray, large"))[0] == 200
    status, problem = await patch(client, product, title="Lost")
    assert (status, problem["code"], problem["current"]["title"]) == (412, "VERSION_CONFLICT", "Birch tray, large")
    read = await client.get(path)
    assert read.headers["etag"] == '"v2"'


async def test_an_edit_that_changes_nothing_is_no_event(client: Client, db: Database) -> None:
    product = await add(client, "Cedar box", state="published")
    status, same = await patch(client, product, title="Cedar box")
    assert (status, same["version"]) == (200, 1)
    assert await events_of(db, product) == [("product_published", 1)]


async def test_an_old_address_leads_to_the_new_one_until_it_is_taken(client: Client) -> None:
    product = await add(client, "Dune lamp", state="published")
    _, moved = await patch(client, product, slug="dune-table-lamp")
    assert moved["earlier_slugs"] == ["dune-lamp"]
    answer = await client.get("/v1/products/dune-lamp?currency=EUR", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, "/v1/products/dune-table-lamp?currency=EUR")
    _, back = await patch(client, moved, slug="dune-lamp")
    assert (await client.get("/v1/products/dune-table-lamp", follow_redirects=False)).status_code == 301
    assert back["earlier_slugs"] == ["dune-table-lamp"]
    await add(
        client,
        "Another",
        slug="dune-table-lamp",
        state="published",
        variants=[{"sku": "OTHER-LAMP", "prices": [{"amount": 1, "currency": "USD"}]}],
    )
    assert (await client.get("/v1/products/dune-table-lamp", follow_redirects=False)).status_code == 200


async def test_names_are_unique(client: Client) -> None:
    product = await add(client, "Elm spoon")
    taken = await client.post("/v1/admin/products", json={"title": "Elm spoon"})
    assert (taken.status_code, taken.json()["code"]) == (409, "SLUG_TAKEN")
    sku = await client.post("/v1/admin/products", json={"title": "Other", "variants": [{"sku": "ELM SPOON"}]})
    assert (sku.status_code, sku.json()["code"]) == (409, "SKU_TAKEN")
    status, problem = await patch(client, product, brand_id=str(uuid7()))
    assert (status, problem["code"]) == (422, "UNKNOWN_REFERENCE")
    status, problem = await patch(client, product, pictures=[{"file": "nowhere-0123456789.svg"}])
    assert status == 422


async def test_what_cannot_be_bought_is_not_published(client: Client) -> None:
    bare = await add(client, "Fir needle", variants=[{"sku": "FIR"}])
    status, problem = await patch(client, bare, state="published")
    assert (status, problem["code"]) == (422, "NOT_PUBLISHABLE")
    variant = bare["variants"][0]
    assert (await set_price(client, variant["id"], 900, variant["price_version"])).status_code == 200
    status, published = await patch(client, bare, state="published")
    assert status == 200
    removed = await set_price(client, variant["id"], None, published["variants"][0]["price_version"])
    assert (removed.status_code, removed.json()["code"]) == (422, "NOT_PUBLISHABLE")
    assert (await client.get(f"/v1/admin/products/{bare['id']}")).json() == published


async def test_of_two_who_set_a_price_the_second_is_told(client: Client, db: Database) -> None:
    product = await add(client, "Gorse jug", state="published")
    variant = product["variants"][0]["id"]
    read = await client.get(f"/v1/admin/variants/{variant}/prices")
    assert read.json()["prices"] == [{"amount": 500, "currency": "USD"}]
    assert read.headers["etag"] == f'"v{read.json()["version"]}"'
    assert product["variants"][0]["price_version"] == read.json()["version"]
    missing = await set_price(client, variant, 450, None)
    assert (missing.status_code, missing.json()["code"]) == (428, "IF_MATCH_REQUIRED")
    first = await set_price(client, variant, 450, read.json()["version"])
    assert (first.status_code, first.json()["prices"]) == (200, [{"amount": 450, "currency": "USD"}])
    assert first.headers["etag"] == f'"v{first.json()["version"]}"'
    second = await set_price(client, variant, 480, read.json()["version"])
    assert (second.status_code, second.json()["code"], second.json()["current"]) == (
        412,
        "VERSION_CONFLICT",
        first.json(),
    )
    assert (await set_price(client, variant, 480, first.json()["version"])).status_code == 200
    trade = "00000000-0000-7000-8000-000000000002"
    await db.execute("select pricing.set_prices(%s, array[%s], '{USD}', '{100}', 'x')", (trade, UUID(variant)))
    assert (await set_price(client, variant, 490, first.json()["version"] + 1)).status_code == 412
    unknown = await client.get(f"/v1/admin/variants/{uuid7()}/prices")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "VARIANT_NOT_FOUND")


async def test_a_first_price_from_a_price_list_is_told_so_that_listings_follow(client: Client, db: Database) -> None:
    price = [{"amount": 900, "currency": "USD"}]
    product = await add(
        client,
        "Heather mug",
        option_names=["size"],
        state="published",
        variants=[
            {"sku": "HTH-L", "options": {"size": "L"}, "prices": price},
            {"sku": "HTH-S", "options": {"size": "S"}},
        ],
    )
    small = UUID(product["variants"][1]["id"])
    pricing = PricingService(db, SystemClock(), Told())
    wish = PriceWish(variant_id=small, currency="USD", amount_minor=600)
    await pricing.set_list_prices(SYSTEM, "base", [wish], "*")
    told = await db.fetch_all(
        "select name from platform.events where payload ->> 'variant_id' = %s and aggregate_type = 'variant_price'",
        (str(small),),
    )
    assert told == [("pricing.price_changed.v1",)]


async def test_variants_are_added_changed_and_retired(client: Client, db: Database) -> None:
    price = [{"amount": 100, "currency": "USD"}]
    product = await add(
        client,
        "Glass",
        option_names=["size"],
        state="published",
        variants=[{"sku": "GL-S", "options": {"size": "S"}, "prices": price}],
    )
    path = f"/v1/admin/products/{product['id']}/variants"
    wrong = await client.post(path, json={"sku": "GL-X", "options": {"colour": "Red"}}, headers={"if-match": '"v1"'})
    assert wrong.status_code == 422
    twin = await client.post(path, json={"sku": "GL-X", "options": {"size": "S"}}, headers={"if-match": '"v1"'})
    assert (twin.status_code, twin.json()["code"]) == (409, "OPTIONS_TAKEN")
    added = await client.post(
        path, json={"sku": "GL-L", "options": {"size": "L"}, "prices": price}, headers={"if-match": '"v1"'}
    )
    assert (added.status_code, added.headers["etag"]) == (201, '"v2"')
    small, large = added.json()["variants"]
    assert (large["title"], large["position"]) == ("L", 1)
    changed = await client.patch(
        f"/v1/admin/variants/{large['id']}",
        json={"hold_on": "checkout", "weight_grams": 7},
        headers={"if-match": '"v2"'},
    )
    assert changed.json()["variants"][1]["hold_on"] == "checkout"
    assert (await client.delete(f"/v1/admin/variants/{small['id']}")).status_code == 428
    retired = await client.delete(f"/v1/admin/variants/{small['id']}", headers={"if-match": '"v3"'})
    assert retired.json()["variants"][0]["retired"] is True
    rows = await db.fetch_all("select sku, hold_on from catalog.sellable where product_id = %s", (UUID(product["id"]),))
    assert rows == [("GL-L", "checkout")]
    last = await client.delete(f"/v1/admin/variants/{large['id']}", headers={"if-match": '"v4"'})
    assert (last.status_code, last.json()["code"]) == (422, "NOT_PUBLISHABLE")
    again = await client.patch(
        f"/v1/admin/variants/{small['id']}", json={"retired": False}, headers={"if-match": '"v4"'}
    )
    assert [variant["retired"] for variant in again.json()["variants"]] == [False, False]


async def test_variants_get_their_row_of_stock_when_they_are_written(client: Client, db: Database) -> None:
    price = [{"amount": 100, "currency": "USD"}]
    variants = [{"sku": f"JAR-{size}", "options": {"size": size}, "prices": price} for size in "SL"]
    product = await add(client, "Jar", option_names=["size"], variants=variants)
    rows = await db.fetch_all(
        """select v.sku, s.on_hand, s.reserved from catalog.variants v
           join inventory.stock s on s.variant_id = v.id where v.product_id = %s order by v.position""",
        (UUID(product["id"]),),
    )
    assert rows == [("JAR-S", 0, 0), ("JAR-L", 0, 0)]


async def test_a_price_moves_a_product_in_the_listing_by_price(client: Client) -> None:
    category = (await client.post("/v1/admin/categories", json={"segment": "priced", "title": "Priced"})).json()
    one = await add(client, "Hazel one", state="published", category_id=category["id"])
    await add(
        client,
        "Hazel two",
        state="published",
        category_id=category["id"],
        variants=[{"sku": "HAZEL2", "prices": [{"amount": 600, "currency": "USD"}]}],
    )
    listing = "/v1/products?category=priced&sort=price"
    assert [card["title"] for card in (await client.get(listing)).json()["items"]] == ["Hazel one", "Hazel two"]
    await client.put(
        f"/v1/admin/variants/{one['variants'][0]['id']}/prices",
        json={"prices": [{"currency": "USD", "amount": 700}, {"currency": "EUR", "amount": 1}]},
        headers={"if-match": "*"},
    )
    assert [card["title"] for card in (await client.get(listing)).json()["items"]] == ["Hazel two", "Hazel one"]
    assert [card["title"] for card in (await client.get(listing + "&currency=EUR")).json()["items"]] == ["Hazel one"]


async def test_staff_finds_products(client: Client) -> None:
    product = await add(client, "Iris vase", variants=[{"sku": "IRIS-1", "barcode": "4006381333931"}])
    for words in ("iris", "IRIS v", "IRIS-1", "4006381333931", "iris-vase"):
        found = (await client.get("/v1/admin/products", params={"q": words})).json()["items"]
        assert [line["id"] for line in found] == [product["id"]], words
    assert (await client.get("/v1/admin/products", params={"q": "iris", "state": "published"})).json()["items"] == []
    first = (await client.get("/v1/admin/products", params={"limit": 2})).json()
    rest = (await client.get("/v1/admin/products", params={"limit": 100, "cursor": first["next_cursor"]})).json()
    titles = [line["title"] for line in first["items"] + rest["items"]]
    assert titles == sorted(titles, key=str.casefold)
    assert len(set(titles)) == len(titles)


async def test_a_moved_category_takes_all_below_it_along(client: Client) -> None:
    async def category(segment: str, parent: dict[str, Any] | None = None) -> dict[str, Any]:
        body = {"segment": segment, "title": segment.title(), "parent_id": parent and parent["id"]}
        return (await client.post("/v1/admin/categories", json=body)).json()

    async def change(node: dict[str, Any], **changes: Any) -> tuple[int, dict[str, Any]]:
        answer = await client.patch(
            f"/v1/admin/categories/{node['id']}", json=changes, headers={"if-match": f'"v{node["version"]}"'}
        )
        return answer.status_code, answer.json()

    house, garden = await category("house"), await category("yard")
    tools = await category("tools", house)
    leaf = await category("rakes", tools)
    await add(client, "Rake", state="published", category_id=leaf["id"])
    assert leaf["path"] == "house/tools/rakes"
    status, moved = await change(tools, parent_id=garden["id"], segment="gear")
    assert (status, moved["path"]) == (200, "yard/gear")
    page = (await client.get("/v1/products/rake")).json()
    assert [crumb["path"] for crumb in page["breadcrumbs"]] == ["yard", "yard/gear", "yard/gear/rakes"]
    assert len((await client.get("/v1/products?category=yard")).json()["items"]) == 1
    assert (await change(garden, parent_id=leaf["id"]))[1]["code"] == "CATEGORY_MISPLACED"
    assert (await change(garden, segment="house"))[1]["code"] == "SLUG_TAKEN"
    assert (await change(house, title="X", parent_id=str(uuid7())))[0] == 422
    refused = await client.delete(f"/v1/admin/categories/{leaf['id']}", headers={"if-match": "*"})
    assert (refused.status_code, refused.json()["code"]) == (409, "CATEGORY_IN_USE")
    refused = await client.delete(f"/v1/admin/categories/{garden['id']}", headers={"if-match": "*"})
    assert refused.json()["code"] == "CATEGORY_IN_USE"
    assert (await client.delete(f"/v1/admin/categories/{house['id']}", headers={"if-match": "*"})).status_code == 204


async def test_brands_have_versions_too(client: Client, told: Told) -> None:
    brand = (await client.post("/v1/admin/brands", json={"slug": "oak-co", "title": "Oak & Co"})).json()
    assert (await client.post("/v1/admin/brands", json={"slug": "oak-co", "title": "Oak"})).json()[
        "code"
    ] == "SLUG_TAKEN"
    await add(client, "Oak desk", state="published", brand_id=brand["id"])
    path = f"/v1/admin/brands/{brand['id']}"
    assert (await client.patch(path, json={"title": "Oak"})).status_code == 428
    assert (await client.patch(path, json={"title": "Oak"}, headers={"if-match": '"v1"'})).json()["version"] == 2
    assert f"brand:{brand['id']}" in told.tags
    assert (await client.patch(path, json={"title": "Old"}, headers={"if-match": '"v1"'})).status_code == 412
    listed = (await client.get("/v1/products?brand=oak-co")).json()
    assert (listed["brand"]["title"], listed["items"][0]["brand"]) == ("Oak", "Oak")
    assert (await client.delete(path, headers={"if-match": '"v2"'})).json()["code"] == "BRAND_IN_USE"
    assert "oak-co" in [item["slug"] for item in (await client.get("/v1/brands")).json()["items"]]


async def test_the_shop_has_a_face(client: Client) -> None:
    shop = (await client.get("/v1/shop")).json()
    body = {
        "name": "Fern",
        "country": "GB",
        "currency": "GBP",
        "currencies": ["GBP", "USD"],
        "sections": [{"title": "New", "products": ["alder-bowl"]}],
    }
    version = {"if-match": f'"v{shop["version"]}"'}
    assert (await client.put("/v1/admin/shop", json={**body, "currency": "EUR"}, headers=version)).status_code == 422
    changed = await client.put("/v1/admin/shop", json=body, headers=version)
    assert changed.status_code == 200, changed.text
    assert (await client.get("/v1/shop")).json()["sections"][0]["title"] == "New"
    assert (await client.put("/v1/admin/shop", json=body, headers=version)).status_code == 412
    back = {**body, "currency": "USD", "currencies": ["USD"]}
    assert (
        await client.put("/v1/admin/shop", json=back, headers={"if-match": changed.headers["etag"]})
    ).status_code == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 422),
        ("limit=101", 422),
        ("sort=random", 422),
        ("currency=dollars", 422),
        ("cursor=abc", 422),
        ("category=nowhere", 404),
        ("brand=nobody", 404),
        ("category=", 422),
        ("limit=1", 200),
    ],
)
async def test_a_listing_says_what_is_wrong(client: Client, query: str, status: int) -> None:
    assert (await client.get(f"/v1/products?{query}")).status_code == status


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "x", "slug": "Not A Slug"},
        {"title": "x", "surprise": 1},
        {"title": "☂"},
        {"title": "x", "variants": [{"sku": " "}]},
        {"title": "x", "variants": [{"sku": "A", "weight_grams": -1}]},
        {"title": "x", "variants": [{"sku": "A", "prices": [{"amount": 1.5, "currency": "USD"}]}]},
        {"title": "x", "rating": {"average": 6, "count": 1}},
        {"title": "x\x00y", "slug": "nul"},
    ],
)
async def test_a_product_that_makes_no_sense_is_refused(client: Client, body: dict[str, Any]) -> None:
    assert (await client.post("/v1/admin/products", json=body)).status_code == 422
