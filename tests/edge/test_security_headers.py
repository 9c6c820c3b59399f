"""Every operation and every path beside them, asked of the real application, carries the headers that its kind of answer needs."""

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from surehold.app.docs import build_document
from surehold.app.routing import CACHED_ROUTES, handlers_of
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from surehold.platform.http.edge.asgi import Receive, Scope, Send
from tests.contract.requests import Operation, operations_of
from tests.edge.conftest import MakeSite
from tests.support.api import client_of, make_staff, running_api, settings_of, sign_in
from tests.support.goods import put_on_sale

MAY_BE_KEPT = re.compile(
    r"^/(v1/(products|categories|brands|shop|countries|address-rules)(/|$)|docs|openapi\.json|media/)"
)
"""What says nothing of anybody; all else is for whoever asked, and nobody keeps it."""
STATED_POLICY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}
pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def admin(database_urls: PostgresUrls, valkey_url: str, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Staff that may do everything, at a shop on HTTPS."""
    settings = settings_of(database_urls.app, valkey_url, tmp_path, secure=True)
    put_on_sale(database_urls.owner, [5])
    async with running_api(settings) as app, client_of(app) as client:
        client.base_url = httpx.URL("https://shop.test")
        await sign_in(client, *await make_staff(settings, Role.ADMIN))
        yield client


def require(answer: httpx.Response, where: str) -> None:
    """What every answer must say, and what its kind must."""
    found = answer.headers
    assert {name: found.get(name) for name in STATED_POLICY} == STATED_POLICY, where
    for name in (*STATED_POLICY, "content-security-policy", "cross-origin-resource-policy", "referrer-policy"):
        assert len(found.get_list(name)) == 1, (where, name)
    policy = directives(found["content-security-policy"])
    assert policy["default-src"] == "'none'", where
    assert policy["frame-ancestors"] == "'none'", where
    assert "unsafe-inline" not in policy.get("script-src", "")
    assert "camera=()" in found["permissions-policy"], where
    is_media = where.startswith("/media/")
    assert found["cross-origin-resource-policy"] == ("cross-origin" if is_media else "same-origin"), where
    if not where.startswith("/docs"):
        assert found["referrer-policy"] == "no-referrer", where
        assert "script-src" not in policy, where
    if not MAY_BE_KEPT.match(where) or answer.status_code >= 400:
        assert "no-store" in found["cache-control"], where
    if "set-cookie" in found:
        assert "no-store" in found["cache-control"], where


def directives(policy: str) -> Mapping[str, str]:
    """The members of a content security policy."""
    parts = (part.strip().partition(" ") for part in policy.split(";"))
    return {name: value for name, _, value in parts}


async def test_every_operation(admin: httpx.AsyncClient) -> None:
    cached = [route.pattern for route in CACHED_ROUTES]
    document = build_document(handlers_of(()), cached=cached, cookie_prefix="__Host-")
    policies = {handler.operation_id: handler.opt["policy"] for handler in handlers_of(())}
    leaving = {"sign_out", "end_session", "end_all_sessions"}
    operations: list[Operation] = [one for one in operations_of(document, policies) if one.name not in leaving]
    assert len(operations) > 100
    statuses: set[int] = set()
    for operation in operations:
        for body in (..., {"no_such_member": 1}) if operation.has_body else (...,):
            answer = await operation.send(admin, body=body)
            statuses.add(answer.status_code)
            require(answer, httpx.URL(str(answer.request.url)).path)
    assert {200, 404, 422} <= statuses


@pytest.mark.parametrize(
    ("method", "path", "status", "headers"),
    [
        ("GET", "/", 307, {}),
        ("GET", "/docs", 200, {}),
        ("GET", "/docs/problems", 200, {}),
        ("GET", "/docs/assets/docs.js", 200, {}),
        ("GET", "/docs/assets/none.js", 404, {}),
        ("GET", "/openapi.json", 200, {}),
        ("GET", "/healthz", 200, {}),
        ("GET", "/readyz", 200, {}),
        ("GET", "/metrics", 200, {}),
        ("GET", "/nothing/here", 404, {}),
        ("GET", "/%00", 404, {}),
        ("GET", "/v1/ws", 426, {}),
        ("GET", "/v1/events?topics=order:0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10", 403, {}),
        ("GET", "/v1/events", 422, {}),
        ("GET", "/media/none-0000000000.svg", 404, {}),
        ("HEAD", "/v1/products", 200, {}),
        ("GET", "/v1/products", 304, {"if-none-match": "*"}),
        ("GET", "/v1/products?colour=red", 422, {}),
        ("PATCH", "/v1/products", 405, {}),
        ("OPTIONS", "/v1/cart", 204, {"access-control-request-method": "PUT", "origin": "https://evil.example"}),
        ("POST", "/v1/cart/lines", 403, {"origin": "https://evil.example"}),
        ("POST", "/v1/cart/lines", 415, {"content-type": "text/plain"}),
        ("POST", "/v1/cart/lines", 413, {"content-length": "99999999"}),
        ("GET", "/v1/me", 401, {"authorization": "Bearer shk_nonsense"}),
        ("GET", "/v1/cart", 404, {}),
    ],
)
async def test_every_path_beside_them(
    admin: httpx.AsyncClient, method: str, path: str, status: int, headers: dict[str, str]
) -> None:
    if "if-none-match" in headers:
        await admin.get(path)
    answer = await admin.request(method, path, headers=headers)
    assert answer.status_code == status, answer.text
    require(answer, httpx.URL(path).path)


async def test_a_stream_carries_them_before_its_first_event(make_site: MakeSite) -> None:
    async def stream(_: Scope, __: Receive, send: Send) -> None:
        kind = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": b": hello\n\n"})

    require(await make_site(streams={"/v1/events": stream}).get("/v1/events"), "/v1/events")


@pytest.mark.parametrize("settings", [{"secure": False}, {"hsts_max_age_s": 0}])
async def test_only_a_shop_on_https_with_a_name_of_its_own_asks_for_https_for_ever(
    make_site: MakeSite, settings: dict[str, Any]
) -> None:
    assert "strict-transport-security" not in (await make_site(**settings).get("/v1/me")).headers


async def test_a_kept_page_carries_them_the_second_time_as_well(admin: httpx.AsyncClient) -> None:
    first, second = await admin.get("/v1/products"), await admin.get("/v1/products")
    require(second, "/v1/products")
    varying = {"x-request-id", "date"}
    assert {n: v for n, v in first.headers.items() if n not in varying} == {
        n: v for n, v in second.headers.items() if n not in varying
    }
