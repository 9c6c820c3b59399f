import asyncio

import pytest

from surehold.platform.cache import CacheSettings, sign_terms
from tests.edge.conftest import Inner, MakeSite

PRODUCT = "/v1/products/mug"


async def test_a_second_reader_is_answered_without_the_application(make_site: MakeSite) -> None:
    site = make_site()
    first, second = await site.get(PRODUCT), await site.get(PRODUCT)
    assert first.status_code == second.status_code == 200
    assert first.content == second.content == b'{"number":1,"list":""}'
    assert site.inner.answers == 1
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["cache-control"] == "public, max-age=0, s-maxage=2, stale-while-revalidate=10"
    assert second.headers["x-content-type-options"] == "nosniff"
    assert "x-surehold-tags" not in first.headers
    assert "x-surehold-tags" not in second.headers
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert int(second.headers["content-length"]) == len(second.content)


async def test_etag_answers_304_and_head_has_no_body(make_site: MakeSite) -> None:
    site = make_site()
    etag = (await site.get(PRODUCT)).headers["etag"]
    for known in (etag, f'W/{etag}, "other"', "*"):
        answer = await site.get(PRODUCT, headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert (await site.get(PRODUCT, headers={"if-none-match": '"other"'})).status_code == 200
    head = await site.ask("HEAD", PRODUCT)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)
    cold = await site.ask("HEAD", "/v1/products/cup")
    assert (cold.status_code, cold.content) == (200, b"")
    assert site.inner.seen[-1]["method"] == "GET"


async def test_parameters_in_any_order_and_spelling_are_one_page(make_site: MakeSite) -> None:
    site = make_site()
    for query in ("?limit=5&currency=USD", "?currency=USD&limit=5", "?currency=%55SD&limit=5"):
        assert (await site.get(f"/v1/products{query}")).status_code == 200
    assert site.inner.answers == 1
    assert site.inner.seen[0]["query_string"] == b"currency=USD&limit=5"
    await site.get("/v1/products?limit=6")
    assert site.inner.answers == 2


@pytest.mark.parametrize("query", ["?colour=red", "?limit=1&limit=2", "?currency=%ff", "?" + "a" * 3_000])
async def test_unknown_repeated_and_unreadable_parameters_are_422(make_site: MakeSite, query: str) -> None:
    site = make_site()
    answer = await site.get(f"/v1/products{query}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "INVALID_INPUT"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert site.inner.answers == 0


@pytest.mark.parametrize("inner", [Inner(cookie=True), Inner(status=404), Inner(status=301), Inner(tags="")])
async def test_what_is_personal_untagged_or_no_success_is_not_kept(make_site: MakeSite, inner: Inner) -> None:
    site = make_site(inner)
    answers = [await site.get(PRODUCT) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [inner.status] * 2
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 2
    assert inner.answers == 2
    assert len(site.reads) == 0


async def test_cached_pages_are_read_as_nobody(make_site: MakeSite) -> None:
    site = make_site()
    await site.get(PRODUCT, headers={"cookie": "surehold_session=secret", "authorization": "Bearer secret"})
    assert b"secret" not in b"".join(value for _, value in site.inner.seen[0]["headers"])


async def test_a_signed_price_list_is_a_page_of_its_own_and_a_forged_one_is_none(make_site: MakeSite) -> None:
    site = make_site()
    signed = sign_terms(b"s" * 32, "wholesale")
    await site.get(PRODUCT)
    own = await site.get(PRODUCT, headers={"cookie": f"other=1; surehold_terms={signed}"})
    assert own.json() == {"number": 2, "list": "wholesale"}
    assert own.headers["cache-control"] == "private, no-cache"
    forged = await site.get(PRODUCT, headers={"cookie": f"surehold_terms=vip{signed[9:]}"})
    assert forged.json() == {"number": 1, "list": ""}
    again = await site.get(PRODUCT, headers=[("cookie", "a=b"), ("cookie", f"surehold_terms={signed}")])
    assert again.json()["list"] == "wholesale"
    assert site.inner.answers == 2


async def test_an_invalidation_forgets_at_once(make_site: MakeSite) -> None:
    site = make_site()
    await site.get(PRODUCT)
    site.reads.apply(["variant:9"])
    assert (await site.get(PRODUCT)).json()["number"] == 1
    site.reads.apply(["product:1"])
    assert (await site.get(PRODUCT)).json()["number"] == 2


async def test_many_first_readers_ask_the_application_once(make_site: MakeSite) -> None:
    inner = Inner(gate=asyncio.Event())
    site = make_site(inner)
    readers = [asyncio.create_task(site.get(PRODUCT)) for _ in range(50)]
    await asyncio.sleep(0.05)
    assert inner.gate is not None
    inner.gate.set()
    assert {answer.json()["number"] for answer in await asyncio.gather(*readers)} == {1}


async def test_who_comes_after_a_change_does_not_get_what_was_read_before_it(make_site: MakeSite) -> None:
    inner = Inner(gate=asyncio.Event())
    site = make_site(inner)
    before = asyncio.create_task(site.get(PRODUCT))
    await inner.asked.wait()
    site.reads.apply(["product:1"])
    after = asyncio.create_task(site.get(PRODUCT))
    await asyncio.sleep(0.01)
    assert inner.gate is not None
    inner.gate.set()
    assert (await before).json()["number"] == 1
    assert (await after).json()["number"] == 2
    assert (await site.get(PRODUCT)).json()["number"] == 2


async def test_the_first_reader_may_go_away(make_site: MakeSite) -> None:
    inner = Inner(gate=asyncio.Event())
    site = make_site(inner)
    first = asyncio.create_task(site.get(PRODUCT))
    await inner.asked.wait()
    second = asyncio.create_task(site.get(PRODUCT))
    await asyncio.sleep(0)
    first.cancel()
    assert inner.gate is not None
    inner.gate.set()
    assert (await second).json()["number"] == 1


async def test_while_the_database_is_away_kept_pages_are_given_and_marked(make_site: MakeSite) -> None:
    site = make_site(cache=CacheSettings(outage_pause_s=0.05))
    await site.get(PRODUCT)
    site.reads.apply_all()
    site.inner.status = 503
    stale = await site.get(PRODUCT)
    assert (stale.status_code, stale.json()["number"], stale.headers["x-surehold-stale"]) == (200, 1, "1")
    assert stale.headers.get_list("cache-control") == ["no-cache"]
    asked = site.inner.answers
    assert (await site.get(PRODUCT)).headers["x-surehold-stale"] == "1"
    assert site.inner.answers == asked  # the next are not made to wait for what is away
    assert (await site.get("/v1/products/unknown")).status_code == 503
    site.inner.status = 200
    await asyncio.sleep(0.06)
    fresh = await site.get(PRODUCT)
    assert "x-surehold-stale" not in fresh.headers
    assert fresh.json()["number"] > 1


async def test_without_news_of_changes_a_page_lives_two_seconds(make_site: MakeSite) -> None:
    site = make_site()
    now = 1_000.0
    site.reads._clock = lambda: now
    await site.get(PRODUCT)
    now += 1.9
    assert (await site.get(PRODUCT)).json()["number"] == 1
    now += 0.2
    assert (await site.get(PRODUCT)).json()["number"] == 2
    site.reads.trust(now + 100)
    now += 50
    assert (await site.get(PRODUCT)).json()["number"] == 2
    now += 11
    assert (await site.get(PRODUCT)).json()["number"] == 3


async def test_a_page_that_takes_too_long_is_503_and_a_failing_one_500(make_site: MakeSite) -> None:
    site = make_site(Inner(gate=asyncio.Event()), cache=CacheSettings(fill_timeout_s=0.01))
    slow = await site.get(PRODUCT)
    assert (slow.status_code, slow.json()["code"]) == (503, "UNAVAILABLE")
    broken = make_site(Inner(error=RuntimeError("secret detail")))
    answer = await broken.get(PRODUCT)
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert "secret" not in answer.text


async def test_the_cache_stays_within_its_bounds(make_site: MakeSite) -> None:
    site = make_site(cache=CacheSettings(max_entries=10, max_bytes=10**6))
    for number in range(30):
        await site.get(f"/v1/products/{number}")
        await site.get("/v1/products/0")
    assert len(site.reads) == 10
    assert site.inner.answers == 30  # what is read all the time stays
    small = make_site(cache=CacheSettings(max_bytes=4_000))
    for number in range(5):
        await small.get(f"/v1/products/{number}")
    assert small.reads.size_bytes <= 4_000
