"""A share link shows what is in a cart to whoever has it: nothing of whose it is, nothing to change, and until it is ended."""

import httpx

from surehold.platform.embedded import PostgresUrls
from tests.support.goods import put_on_sale


async def visitor_with(client: httpx.AsyncClient, urls: PostgresUrls) -> str:
    """Somebody new with one thing in the cart; out goes the variant."""
    client.cookies.clear()
    (variant,) = put_on_sale(urls.owner, [5])
    added = await client.post("/v1/cart/lines", json={"variant_id": str(variant), "quantity": 2})
    assert added.status_code == 200, added.text
    return str(variant)


async def test_a_link_shows_lines_and_nothing_of_whose_they_are(
    client: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    variant = await visitor_with(client, database_urls)
    link = (await client.post("/v1/cart/share")).json()["path"]
    mine = (await client.get("/v1/cart")).json()
    assert mine["shared"]
    client.cookies.clear()
    shown = await client.get(link)
    assert shown.status_code == 200, shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert set(shown.json()) == {"currency", "subtotal", "lines"}
    assert [(line["variant_id"], line["quantity"]) for line in shown.json()["lines"]] == [(variant, 2)]
    assert shown.json()["subtotal"] == mine["subtotal"]
    assert mine["id"] not in shown.text


async def test_a_link_is_for_looking_only(client: httpx.AsyncClient, database_urls: PostgresUrls) -> None:
    variant = await visitor_with(client, database_urls)
    before = (await client.get("/v1/cart")).json()
    link = (await client.post("/v1/cart/share")).json()["path"]
    cookies = dict(client.cookies)
    client.cookies.clear()
    for method, path in (
        ("PUT", link),
        ("DELETE", link),
        ("POST", link),
        ("DELETE", "/v1/cart/share"),
        ("PUT", f"/v1/cart/lines/{variant}"),
    ):
        answer = await client.request(method, path, json={"quantity": 1} if method == "PUT" else None)
        assert answer.status_code in {404, 405}, (method, path, answer.text)
    client.cookies.update(cookies)
    after = (await client.get("/v1/cart")).json()
    assert (after["lines"], after["version"]) == (before["lines"], before["version"])


async def test_a_link_ends_when_it_is_taken_back_or_a_new_one_is_made(
    client: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    await visitor_with(client, database_urls)
    first = (await client.post("/v1/cart/share")).json()["path"]
    second = (await client.post("/v1/cart/share")).json()["path"]
    assert (await client.get(first)).status_code == 404
    assert (await client.get(second)).status_code == 200
    assert (await client.delete("/v1/cart/share")).status_code == 204
    gone = await client.get(second)
    assert (gone.status_code, gone.json()["code"]) == (404, "CART_NOT_FOUND")
    assert not (await client.get("/v1/cart")).json()["shared"]


async def test_a_link_that_was_never_made_and_a_cart_that_is_not_there_look_the_same(
    client: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    await visitor_with(client, database_urls)
    client.cookies.clear()
    assert (await client.get(f"/v1/shared-carts/{'A' * 43}")).json()["code"] == "CART_NOT_FOUND"
    assert (await client.post("/v1/cart/share")).json()["code"] == "CART_NOT_FOUND"


async def test_a_link_to_a_cart_that_was_merged_shows_nothing_any_more(
    client: httpx.AsyncClient, database_urls: PostgresUrls
) -> None:
    await visitor_with(client, database_urls)
    link = (await client.post("/v1/cart/share")).json()["path"]
    body = {"email": "sharing@shop.test", "password": "a long enough password", "name": "Ada Byron"}
    signed_up = await client.post("/v1/accounts", json=body)
    assert signed_up.status_code == 201, signed_up.text
    assert "stock" not in signed_up.json()["merge"]
    assert (await client.get(link)).status_code == 404
    assert not (await client.get("/v1/cart")).json()["shared"]
