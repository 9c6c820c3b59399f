"""Pictures over the real edge: sent raw by staff, served for ever, and nothing of them runs."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from surehold.adapters.storage.settings import MediaSettings
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from tests.support.api import client_of, make_staff, problem, running_api, settings_of, sign_in, sign_up
from tests.support.pictures import decoded, drawn, encoded

PHOTO = encoded(drawn(1500, 1000))
PICTURES = "/v1/admin/pictures"


@pytest.fixture(scope="module")
async def staff(
    database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[httpx.AsyncClient]:
    settings = settings_of(database_urls.app, valkey_url, tmp_path_factory.mktemp("shop"))
    login = await make_staff(settings, Role.CATALOGUE)
    async with running_api(settings) as app, client_of(app) as client:
        await sign_in(client, *login)
        yield client


async def test_a_photograph_is_sent_as_it_is_and_comes_back_in_widths(staff: httpx.AsyncClient) -> None:
    answer = await staff.post(PICTURES, content=PHOTO, headers={"content-type": "text/plain"})
    assert answer.status_code == 201, answer.text
    record = answer.json()
    assert (record["width"], record["height"]) == (1500, 1000)
    assert [variant["width"] for variant in record["variants"]] == [320, 320, 640, 640, 1280, 1280, 1500, 1500]
    for variant in record["variants"]:
        got = await staff.get(variant["url"])
        assert (got.status_code, got.headers["content-type"]) == (200, variant["type"])
        assert decoded(got.content).size == (variant["width"], variant["height"])
        assert int(got.headers["content-length"]) == len(got.content)
    again = await staff.post(PICTURES, content=PHOTO)
    assert (again.status_code, again.json()) == (201, record)


async def test_a_file_may_be_kept_for_ever_and_nothing_in_it_runs(staff: httpx.AsyncClient) -> None:
    file = (await staff.post(PICTURES, content=PHOTO)).json()["file"]
    got = await staff.get(f"/media/{file}")
    assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in got.headers["content-security-policy"]
    assert "set-cookie" not in got.headers
    kept = await staff.get(f"/media/{file}", headers={"if-none-match": got.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    nowhere = f"{7:040x}.jpg"
    gone = await staff.get(f"/media/{nowhere}", headers={"if-none-match": f'"{nowhere}"'})
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [("bytes=0-9", 206, (0, 10)), ("bytes=10-", 206, (10, None)), ("bytes=-5", 206, (-5, None)),
     ("bytes=99999999-", 200, (0, None)), ("bytes=5-1", 200, (0, None)), ("bytes=0-1,4-5", 200, (0, None)),
     ("bytes=-", 200, (0, None)), ("lines=1-2", 200, (0, None))],
)  # fmt: skip
async def test_a_part_of_a_file(
    staff: httpx.AsyncClient, asked: str, status: int, span: tuple[int, int | None]
) -> None:
    file = (await staff.post(PICTURES, content=PHOTO)).json()["file"]
    whole = (await staff.get(f"/media/{file}")).content
    got = await staff.get(f"/media/{file}", headers={"range": asked})
    assert (got.status_code, got.content) == (status, whole[span[0] : span[1]])
    if status == 206:
        first = whole.index(got.content)
        assert got.headers["content-range"] == f"bytes {first}-{first + len(got.content) - 1}/{len(whole)}"


@pytest.mark.parametrize("path", ["nothing-0123456789.svg", "..%2f..%2fetc%2fpasswd", "x.txt", "%00.svg", ".svg"])
async def test_there_is_nothing_else_under_media(staff: httpx.AsyncClient, path: str) -> None:
    assert (await staff.get(f"/media/{path}")).status_code in {404, 422}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "PICTURE_REFUSED"),
        (b"MZ", 422, "PICTURE_REFUSED"),
        (PHOTO[: len(PHOTO) // 2], 422, "PICTURE_REFUSED"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>', 422, "PICTURE_REFUSED"),
        (b"x" * 20_000_001, 413, "TOO_LARGE"),
    ],
)
async def test_what_is_no_picture_is_refused(staff: httpx.AsyncClient, body: bytes, status: int, code: str) -> None:
    answer = await staff.post(PICTURES, content=body, headers={"content-type": "image/jpeg"})
    assert (answer.status_code, problem(answer)["code"]) == (status, code)


async def test_only_the_catalogues_staff_may_add_and_no_other_site_for_them(staff: httpx.AsyncClient) -> None:
    cross = await staff.post(PICTURES, content=PHOTO, headers={"origin": "https://evil.example"})
    assert (cross.status_code, problem(cross)["code"]) == (403, "CSRF_REFUSED")
    async with httpx.AsyncClient(transport=staff._transport, base_url=staff.base_url) as other:
        assert (await other.post(PICTURES, content=PHOTO)).status_code == 401
        await sign_up(other)
        assert (await other.post(PICTURES, content=PHOTO)).status_code == 403


async def test_a_product_shows_its_pictures_with_words_and_widths(staff: httpx.AsyncClient) -> None:
    record = (await staff.post(PICTURES, content=PHOTO)).json()
    body = {
        "title": "Harbour mug", "state": "published", "pictures": [{"file": record["file"], "alt": "A blue mug"}],
        "variants": [{"sku": "MUG-PIC", "picture": record["file"], "prices": [{"amount": 1900, "currency": "USD"}]}],
    }  # fmt: skip
    added = await staff.post("/v1/admin/products", json=body)
    assert added.status_code == 201, added.text
    page = (await staff.get("/v1/products/harbour-mug")).json()
    assert page["pictures"] == [
        {
            "url": f"/media/{record['file']}",
            "alt": "A blue mug",
            "width": 1500,
            "height": 1000,
            "variants": record["variants"],
        }
    ]
    (card,) = (await staff.get("/v1/products")).json()["items"]
    assert [variant["width"] for variant in card["picture"]["variants"]] == [320, 320, 640, 640]
    part = next(variant["url"] for variant in record["variants"] if variant["type"] == "image/webp")
    wrong = {"pictures": [{"file": part.removeprefix("/media/"), "alt": ""}]}
    refused = await staff.patch(f"/v1/admin/products/{added.json()['id']}", json=wrong, headers={"if-match": "*"})
    assert refused.status_code == 422


async def test_a_cdn_is_named_in_place_of_us(
    staff: httpx.AsyncClient, database_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> None:
    file = (await staff.post(PICTURES, content=PHOTO)).json()["file"]
    settings = msgspec.structs.replace(
        settings_of(database_urls.app, valkey_url, tmp_path), media=MediaSettings(public_url="https://cdn.test/shop/")
    )
    async with running_api(settings) as app, client_of(app) as client:
        page = (await client.get("/v1/products/harbour-mug?currency=EUR")).json()
        (card,) = (await client.get("/v1/products?currency=EUR")).json()["items"]
    assert page["pictures"][0]["url"] == f"https://cdn.test/shop/{file}"
    assert all(v["url"].startswith("https://cdn.test/shop/") for v in page["pictures"][0]["variants"])
    assert page["variants"][0]["picture"] == f"https://cdn.test/shop/{file}"
    assert card["picture"]["url"] == f"https://cdn.test/shop/{file}"


async def test_a_bucket_that_is_away_is_told_and_loses_nothing(
    database_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> None:
    away = MediaSettings(
        store="s3", s3_bucket="b", s3_endpoint="http://127.0.0.1:1", s3_access_key_id="key", s3_retry_s=0.3
    )
    settings = msgspec.structs.replace(settings_of(database_urls.app, valkey_url, tmp_path), media=away)
    login = await make_staff(settings, Role.CATALOGUE)
    async with running_api(settings) as app, client_of(app) as client:
        await sign_in(client, *login)
        refused = await client.post(PICTURES, content=encoded(drawn(77, 55)))
        assert (refused.status_code, problem(refused)["code"]) == (503, "FILES_UNAVAILABLE")
        assert (await client.get(f"/media/{7:040x}.jpg")).status_code == 503
