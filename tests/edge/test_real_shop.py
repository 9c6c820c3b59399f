"""Cached pages of the real application: what a buyer does makes them old at once."""

from pathlib import Path

import pytest

from surehold.platform.embedded import PostgresUrls
from tests.support.api import ORIGIN, client_of, running_api, settings_of
from tests.support.goods import put_on_sale


@pytest.mark.parametrize("path", ["/v1/products/thing", "/v1/products", "/v1/categories", "/v1/brands", "/v1/shop"])
async def test_public_pages_are_kept(database_urls: PostgresUrls, valkey_url: str, tmp_path: Path, path: str) -> None:
    put_on_sale(database_urls.owner, [5])
    async with running_api(settings_of(database_urls.app, valkey_url, tmp_path)) as app, client_of(app) as client:
        slug = (await client.get("/v1/products")).json()["items"][0]["slug"]
        path = path.replace("thing", slug)
        first, second = await client.get(path), await client.get(path)
        assert first.status_code == second.status_code == 200
        assert first.headers["etag"] == second.headers["etag"]
        assert "s-maxage" in second.headers["cache-control"]
        assert (await client.get(path, headers={"if-none-match": first.headers["etag"]})).status_code == 304
        assert (await client.get(f"{path}?colour=red")).status_code == 422


async def test_stock_on_a_page_follows_a_buyer(database_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> None:
    (variant,) = put_on_sale(database_urls.owner, [5])
    async with running_api(settings_of(database_urls.app, valkey_url, tmp_path)) as app, client_of(app) as client:
        items = (await client.get("/v1/products")).json()["items"]
        slug = next(item["slug"] for item in items if str(variant) in item["variant_ids"])
        before = (await client.get(f"/v1/products/{slug}")).json()
        assert before["variants"][0]["availability"]["available"] == 5
        added = await client.post(
            "/v1/cart/lines", json={"variant_id": str(variant), "quantity": 2}, headers={"origin": ORIGIN}
        )
        assert added.is_success, added.text
        after = (await client.get(f"/v1/products/{slug}")).json()
        assert after["variants"][0]["availability"]["available"] == 3
