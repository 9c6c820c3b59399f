import uuid
from collections.abc import Iterator
from typing import Annotated, Any

import psycopg
import pytest
from litestar import Litestar
from litestar import get as plain_get
from litestar.testing import TestClient
from msgspec import Meta

from surehold.kernel.errors import UnavailableError
from surehold.platform.db import RuleViolationError
from surehold.platform.http import (
    ACCOUNT,
    PUBLIC,
    SHOPPER,
    Actor,
    ActorFinder,
    ActorKind,
    ApiRequest,
    Cookies,
    Dep,
    In,
    PolicyGuard,
    Role,
    actor_dependency,
    exception_handlers,
    get,
    guest_token_hash,
    network_of,
    new_token,
    post,
    staff,
)

COOKIES = Cookies(secure=False)
ACCOUNT_ID = uuid.uuid4()


class FakeResolver:
    """Knows sessions and keys by heart, and counts how often it was asked."""

    def __init__(self) -> None:
        self.sessions: dict[str, Actor] = {}
        self.keys: dict[str, Actor] = {}
        self.asked = 0

    async def resolve(self, session_token: str) -> Actor | None:
        self.asked += 1
        return self.sessions.get(session_token)

    async def resolve_api_key(self, api_key: str) -> Actor | None:
        self.asked += 1
        return self.keys.get(api_key)


class LineIn(In):
    quantity: Annotated[int, Meta(ge=1, le=999)]
    note: Annotated[str, Meta(max_length=5)] = ""


class LinesIn(In):
    lines: Annotated[list[LineIn], Meta(max_length=3)]
    title: str


@get("/public", policy=PUBLIC, summary="s", tag="t")
async def read_public(limit: Annotated[int, Meta(ge=1, le=9)] = 3, brand: list[str] | None = None) -> list[Any]:
    return [limit, brand]


@get("/shopper", policy=SHOPPER, summary="s", tag="t")
async def read_shopper(actor: Dep[Actor]) -> list[Any]:
    return [actor.kind, actor.key, actor.network, actor.request_id, actor.guest_hash is not None]


@get("/account", policy=ACCOUNT, summary="s", tag="t")
async def read_account(actor: Dep[Actor]) -> str:
    return actor.key


@get("/staff", policy=staff(Role.SUPPORT), summary="s", tag="t")
async def read_staff(actor: Dep[Actor]) -> str:
    return actor.key


@post("/lines", policy=PUBLIC, summary="s", tag="t", status=200)
async def write_lines(data: LinesIn) -> list[int]:
    return [line.quantity for line in data.lines]


@post("/maybe", policy=PUBLIC, summary="s", tag="t", status=200)
async def write_maybe(data: LineIn | None = None) -> int:
    return data.quantity if data else 0


@get("/things/{thing_id:uuid}", policy=PUBLIC, summary="s", tag="t")
async def read_thing(thing_id: uuid.UUID) -> str:
    return str(thing_id)


@get("/fails/{how:str}", policy=PUBLIC, summary="s", tag="t")
async def fail(how: str) -> None:
    errors: dict[str, Exception] = {
        "rule": RuleViolationError("SECRET_RULE", {"secret": 1}),
        "bug": RuntimeError("a secret"),
        "lock": psycopg.errors.DeadlockDetected("a secret"),
        "sql": psycopg.errors.SyntaxError("a secret"),
        "away": UnavailableError(retry_after_s=2),
    }
    raise errors[how]


@plain_get("/unstated")
async def read_unstated() -> str:
    return "never"


@pytest.fixture
def resolver() -> FakeResolver:
    return FakeResolver()


@pytest.fixture
def client(resolver: FakeResolver) -> Iterator[TestClient[Any]]:
    handlers = [
        read_public,
        read_shopper,
        read_account,
        read_staff,
        write_lines,
        write_maybe,
        read_thing,
        fail,
        read_unstated,
    ]
    app = Litestar(
        handlers,
        guards=[PolicyGuard(ActorFinder(resolver, COOKIES))],
        dependencies={"actor": actor_dependency()},
        exception_handlers=exception_handlers(),
        request_class=ApiRequest,
        openapi_config=None,
    )
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def sign_in(client: TestClient[Any], resolver: FakeResolver, *roles: Role) -> None:
    token = new_token()
    resolver.sessions[token] = Actor(kind=ActorKind.ACCOUNT, account_id=ACCOUNT_ID, roles=frozenset(roles))
    client.cookies.set(COOKIES.session_name, token)


def test_who_may_call_what(client: TestClient[Any], resolver: FakeResolver) -> None:
    paths = ("/public", "/shopper", "/account", "/staff")
    assert [client.get(path).status_code for path in paths] == [200, 200, 401, 401]
    client.cookies.set(COOKIES.guest_name, new_token())
    assert [client.get(path).status_code for path in paths] == [200, 200, 401, 401]
    sign_in(client, resolver, Role.CUSTOMER)
    assert [client.get(path).status_code for path in paths] == [200, 200, 200, 403]
    sign_in(client, resolver, Role.CATALOGUE)
    assert client.get("/staff").json()["code"] == "FORBIDDEN"
    for role in (Role.SUPPORT, Role.ADMIN):
        sign_in(client, resolver, role)
        assert client.get("/staff").status_code == 200


def test_machines_come_with_keys(client: TestClient[Any], resolver: FakeResolver) -> None:
    resolver.keys["shk_good"] = Actor(kind=ActorKind.MACHINE, api_key_id=uuid.uuid4(), roles=frozenset({Role.SUPPORT}))
    good = {"authorization": "Bearer shk_good"}
    assert client.get("/staff", headers=good).text.startswith('"machine:') or client.get(
        "/staff", headers=good
    ).text.startswith("machine:")
    assert client.get("/account", headers=good).status_code == 403
    for bad in ("Bearer shk_bad", "Bearer ", "bearer shk_good, x", "Bearer " + "x" * 200):
        response = client.get("/shopper", headers={"authorization": bad})
        assert (response.status_code, response.json()["code"]) == (401, "UNAUTHENTICATED")
    for other in ("Basic c2hrX2dvb2Q=", "shk_good"):
        assert client.get("/shopper", headers={"authorization": other}).json()[0] == "anonymous"


def test_the_actor_is_found_once_and_only_where_needed(client: TestClient[Any], resolver: FakeResolver) -> None:
    sign_in(client, resolver, Role.CUSTOMER)
    client.get("/public")
    assert resolver.asked == 0
    client.get("/account")
    assert resolver.asked == 1
    client.cookies.set(COOKIES.session_name, "nonsense")
    client.get("/shopper")
    assert resolver.asked == 1


def test_a_guest_is_known_by_the_hash_of_the_token(client: TestClient[Any], resolver: FakeResolver) -> None:
    token = new_token()
    client.cookies.set(COOKIES.guest_name, token)
    kind, key, _, request_id, has_guest = client.get("/shopper").json()
    assert (kind, key, has_guest) == ("guest", f"guest:{guest_token_hash(token).hex()[:32]}", True)
    assert len(request_id) == 32
    sign_in(client, resolver, Role.CUSTOMER)
    assert client.get("/shopper").json()[0::4] == ["account", True]
    client.cookies.set(COOKIES.session_name, new_token())  # ended: what is left is the guest
    assert client.get("/shopper").json()[0] == "guest"


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2233::1", "2001:db8:1:2200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_networks(address: str, block: str) -> None:
    assert network_of(address) == block


@pytest.mark.parametrize(
    ("query", "status", "fields"),
    [
        ("limit=4&brand=a&brand=b", 200, None),
        ("limit=4&limit=5", 422, ["limit"]),
        ("colour=red", 422, ["colour"]),
        ("limit=10", 422, ["limit"]),
        ("limit=x", 422, ["limit"]),
        ("%00=1", 422, ["\x00"]),
        ("brand=a%00b", 422, None),
        ("&".join(f"a{n}=1" for n in range(60)), 422, None),
    ],
)
def test_only_declared_query_parameters(
    client: TestClient[Any], query: str, status: int, fields: list[str] | None
) -> None:
    response = client.get(f"/public?{query}")
    assert response.status_code == status, response.text
    if fields is not None:
        assert [item["field"] for item in response.json()["errors"]] == fields


@pytest.mark.parametrize(
    ("body", "status", "code", "fields"),
    [
        (b'{"lines":[{"quantity":2}],"title":"x"}', 200, None, []),
        (b'{"lines":[{"quantity":"2"}],"title":"x"}', 422, "INVALID_INPUT", ["lines[0].quantity"]),
        (b'{"lines":[{"quantity":1.5}],"title":"x"}', 422, "INVALID_INPUT", ["lines[0].quantity"]),
        (b'{"lines":[{"quantity":0}],"title":1}', 422, "INVALID_INPUT", ["lines[0].quantity", "title"]),
        (b'{"lines":[],"more":1}', 422, "INVALID_INPUT", ["more", "title"]),
        (b"[]", 422, "INVALID_INPUT", [""]),
        (b"null", 422, "INVALID_INPUT", [""]),
        (b'{"lines":[],"title":"a\\u0000b"}', 422, "INVALID_INPUT", []),
        (b'{"lines":[],"title":"a\x00b"}', 400, "MALFORMED_JSON", []),
        (b'{"lines":[],"title":"\\ud800"}', 400, "MALFORMED_JSON", []),
        (b'{"lines":', 400, "MALFORMED_JSON", []),
        (b'{"title":"\xff"}', 400, "MALFORMED_JSON", []),
        (b'{"x":' + b"[" * 100_000, 400, "MALFORMED_JSON", []),
        (b"[" * 100_000, 400, "MALFORMED_JSON", []),
        (b"[" * 400 + b"]" * 400, 422, "INVALID_INPUT", [""]),
        (b"", 422, "INVALID_INPUT", ["data"]),
    ],
)
def test_bodies_are_read_strictly(
    client: TestClient[Any], body: bytes, status: int, code: str | None, fields: list[str]
) -> None:
    response = client.post("/lines", content=body, headers={"content-type": "application/json"})
    assert response.status_code == status, response.text
    if code is not None:
        problem = response.json()
        assert (problem["code"], [item["field"] for item in problem.get("errors", [])]) == (code, fields)
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_only_json_is_taken(client: TestClient[Any], headers: dict[str, str]) -> None:
    response = client.post("/lines", content=b'{"lines":[],"title":"x"}', headers=headers)
    assert (response.status_code, response.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_may_be_optional(client: TestClient[Any]) -> None:
    assert client.post("/maybe").text == "0"
    assert client.post("/maybe", json={"quantity": 4}).text == "4"
    assert client.post("/maybe", json={"quantity": "4"}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("GET", "/things/not-an-id", 404, "NOT_FOUND"),
        ("GET", "/fails/b%00ug", 404, "NOT_FOUND"),
        ("DELETE", "/public", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/unstated", 403, "FORBIDDEN"),
        ("GET", "/fails/rule", 500, "INTERNAL"),
        ("GET", "/fails/bug", 500, "INTERNAL"),
        ("GET", "/fails/sql", 500, "INTERNAL"),
        ("GET", "/fails/lock", 503, "TEMPORARILY_UNAVAILABLE"),
        ("GET", "/fails/away", 503, "TEMPORARILY_UNAVAILABLE"),
    ],
)
def test_every_failure_is_a_problem_document(
    client: TestClient[Any], method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text.lower()
    assert problem["request_id"]
    assert ("retry-after" in response.headers) == (status == 503)
    assert ("allow" in response.headers) == (status == 405)
