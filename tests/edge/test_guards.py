import asyncio

import pytest

from surehold.platform.http.edge import LimitRule
from surehold.platform.http.edge.asgi import Message
from tests.edge.conftest import Inner, MakeSite


async def test_every_answer_carries_an_id_and_a_sane_one_is_taken_over(make_site: MakeSite) -> None:
    site = make_site()
    given = await site.get("/v1/me", headers={"x-request-id": "abc-123.DEF_9"})
    assert given.headers["x-request-id"] == "abc-123.DEF_9"
    assert site.inner.seen[0]["state"]["request_id"] == "abc-123.DEF_9"
    for odd in ("short", "x" * 65, "has space in it", "new<script>"):
        assert (await site.get("/v1/me", headers={"x-request-id": odd})).headers["x-request-id"] != odd


async def test_data_is_sealed_off_and_the_viewer_is_let_work(make_site: MakeSite) -> None:
    site = make_site()
    data, docs = await site.get("/v1/me"), await site.get("/docs")
    assert data.headers["content-security-policy"] == (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert "script-src 'self'" in docs.headers["content-security-policy"]
    assert data.headers["cache-control"] == "no-store"
    assert data.headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in (await make_site(secure=False).get("/v1/me")).headers


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"origin": "http://shop.test"}, True),
        ({"origin": "http://shop.test", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "https://app.example", "sec-fetch-site": "cross-site"}, True),
        ({"origin": "http://evil.test"}, False),
        ({"origin": "http://shop.test.evil.test"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://shop.test", "sec-fetch-site": "cross-site"}, False),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_other_sites_cannot_write(
    make_site: MakeSite, method: str, headers: dict[str, str], allowed: bool
) -> None:
    site = make_site(allowed_origins=frozenset({"https://app.example"}))
    answer = await site.ask(method, "/v1/cart/lines", headers=headers)
    if allowed:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "CSRF_REFUSED")
        assert site.inner.answers == 0


async def test_cors_is_by_list(make_site: MakeSite) -> None:
    site = make_site(allowed_origins=frozenset({"https://app.example"}))
    asks = {"access-control-request-method": "PUT"}
    ours = await site.ask("OPTIONS", "/v1/cart", headers={**asks, "origin": "https://app.example"})
    assert ours.status_code == 204
    assert ours.headers.get_list("access-control-allow-origin") == ["https://app.example"]
    assert "PUT" in ours.headers["access-control-allow-methods"]
    other = await site.ask("OPTIONS", "/v1/cart", headers={**asks, "origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers
    for _ in range(2):
        read = await site.get("/v1/products/mug", headers={"origin": "https://app.example"})
        assert read.headers.get_list("access-control-allow-origin") == ["https://app.example"]
        plain = await site.get("/v1/products/mug")
        assert "access-control-allow-origin" not in plain.headers
        assert plain.headers["vary"] == "origin"


async def test_bodies_are_read_whole_within_a_limit(make_site: MakeSite) -> None:
    site = make_site(max_body_bytes=100, body_limits={"/v1/admin/pictures": 1_000})
    assert (await site.ask("POST", "/v1/cart", content=b"x" * 100)).status_code == 200
    assert site.inner.bodies == [b"x" * 100]
    told = await site.ask("POST", "/v1/cart", content=b"x" * 101)
    assert (told.status_code, told.json()["code"], told.json()["limit"]) == (413, "TOO_LARGE", 100)

    async def untold():
        for _ in range(3):
            yield b"x" * 50

    assert (await site.ask("POST", "/v1/cart", content=untold())).status_code == 413
    assert (await site.ask("POST", "/v1/admin/pictures", content=b"x" * 900)).status_code == 200
    assert site.inner.answers == 2


async def test_a_body_that_never_ends_is_not_waited_for(make_site: MakeSite) -> None:
    site = make_site(body_timeout_s=0.01)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return await asyncio.get_running_loop().create_future()

    scope = {"type": "http", "method": "POST", "path": "/v1/cart", "query_string": b"", "headers": [], "client": None}
    await site.edge(scope, receive, send)
    assert sent[0]["status"] == 408

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    sent.clear()
    await site.edge(scope, gone, send)
    assert sent == []


LIMITS = (
    LimitRule(name="writes", methods=frozenset({"POST"}), rate_per_s=0.5, burst=2),
    LimitRule(name="reads", rate_per_s=0.5, burst=5),
)


async def test_limits_are_per_network_and_kind_and_say_when_to_come_back(make_site: MakeSite) -> None:
    site = make_site(limits=LIMITS)
    codes = [(await site.ask("POST", "/v1/cart")).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    refused = await site.ask("POST", "/v1/cart", peer="203.0.113.200")  # the same /24
    assert refused.json()["code"] == "RATE_LIMITED"
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["ratelimit-policy"] == '"writes";q=2;w=4'
    assert refused.headers["ratelimit"] == '"writes";r=0;t=2'
    assert (await site.ask("POST", "/v1/cart", peer="203.0.114.1")).status_code == 200
    assert (await site.ask("POST", "/v1/cart", peer="127.0.0.1")).status_code == 200
    reads = [(await site.get("/v1/products/mug")).status_code for _ in range(6)]
    assert reads == [200] * 5 + [429]  # cached answers count, too
    assert (await site.get("/healthz")).status_code == 200
    assert (await make_site(limits=LIMITS, limits_on=False).get("/v1/cart")).status_code == 200


async def test_only_a_trusted_proxy_is_believed_about_addresses(make_site: MakeSite) -> None:
    site = make_site(trusted_proxies=("10.0.0.0/8",))
    says = {"x-forwarded-for": "1.1.1.1, 198.51.100.7, 10.0.0.2"}
    await site.get("/v1/me", peer="10.0.0.1", headers=says)
    await site.get("/v1/me", peer="203.0.113.9", headers=says)
    await site.get("/v1/me", peer="10.0.0.1", headers={"x-forwarded-for": "nonsense"})
    seen = [scope["state"]["client_ip"] for scope in site.inner.seen]
    assert seen == ["198.51.100.7", "203.0.113.9", "10.0.0.1"]


async def test_the_table_of_limits_is_bounded(make_site: MakeSite) -> None:
    site = make_site(limits=LIMITS, max_limit_entries=50)
    for number in range(200):
        await site.get("/v1/me", peer=f"198.51.{number}.1")
    assert len(site.edge._limiter) <= 50


async def test_an_error_that_nobody_expected_tells_nothing(make_site: MakeSite) -> None:
    site = make_site(Inner(error=RuntimeError("secret")))
    answer = await site.get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert "secret" not in answer.text
