"""The real shop behind a proxy, on its real server: what follows from whom it believes."""

from pathlib import Path

import httpx
import pytest

from surehold.platform.embedded import PostgresUrls
from tests.support.api import environment_of, served_api
from tests.support.goods import put_on_sale

UNITS, CAP = 50, 10


async def add(url: str, variant: str, quantity: int, **headers: str) -> httpx.Response:
    """Somebody new puts units into a cart."""
    async with httpx.AsyncClient(base_url=url) as client:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.post("/v1/cart/lines", json={"variant_id": variant, "quantity": quantity}, headers=named)


@pytest.mark.parametrize("trusted", ["127.0.0.1", "10.0.0.0/8"])
async def test_caps_cookies_and_origins_follow_the_proxy(
    database_urls: PostgresUrls, valkey_url: str, tmp_path: Path, trusted: str
) -> None:
    (variant,) = map(str, put_on_sale(database_urls.owner, [UNITS]))
    environment = environment_of(database_urls.app, valkey_url, tmp_path) | {
        "SUREHOLD_PUBLIC_URL": "https://shop.example",
        "SUREHOLD_TRUSTED_PROXIES": trusted,
        "SUREHOLD_CART_MAX_NETWORK_UNITS_PER_VARIANT": str(CAP),
    }
    is_believed = trusted == "127.0.0.1"
    says = {"x_forwarded_proto": "https", "x_forwarded_host": "shop.example"}
    async with served_api(environment, tmp_path / "api.log") as url:
        first = await add(url, variant, CAP, x_forwarded_for="203.0.113.1", **says)
        assert first.status_code == 200, first.text
        cookie = first.headers["set-cookie"]
        assert cookie.startswith("__Host-surehold_guest=")
        assert "secure" in cookie.lower()
        same = await add(url, variant, 1, x_forwarded_for="203.0.113.9", **says)
        other = await add(url, variant, 1, x_forwarded_for="198.51.100.1", **says)
        spoofed = await add(url, variant, 1, x_forwarded_for="198.51.102.1, 203.0.113.77", **says)
        assert same.status_code == spoofed.status_code == 409
        assert other.status_code == (200 if is_believed else 409)
        ours = await add(url, variant, 1, x_forwarded_for="198.51.100.2", origin="https://shop.example", **says)
        assert ours.status_code == (200 if is_believed else 403)
        plain = await add(url, variant, 1, x_forwarded_for="198.51.100.2", origin="http://shop.example", **says)
        assert plain.status_code == 403
