"""Whom the edge believes about where a request comes from, over real sockets: exactly the proxies that were named, from the right."""

from collections.abc import Sequence

import pytest

from surehold.platform.http.edge import LimitRule
from surehold.platform.http.edge.asgi import Message, Receive, Scope, Send
from tests.edge.conftest import MakeSite, Site
from tests.support.sockets import answer_of, served

PROXY = "127.0.0.1"
TEN_KB = 10_000
CLIENT = "198.51.100.7"


async def seen_by(site: Site, *headers: tuple[str, str]) -> dict[str, object]:
    """What the application learns of a request that this machine sends with these headers."""
    async with served(site.edge) as port:
        status, _ = await answer_of(port, "GET", "/v1/me", headers)
    assert status == 200
    scope = site.inner.seen[-1]
    host = next(value for name, value in scope["headers"] if name == b"host")
    return {"address": scope["state"]["client_ip"], "scheme": scope["scheme"], "host": host.decode()}


@pytest.fixture
def trusting(make_site: MakeSite) -> Site:
    return make_site(trusted_proxies=(PROXY, "10.0.0.0/8", "2001:db8:1::/48"))


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Forwarded-For", CLIENT)],
        [("X-Forwarded-For", f"1.1.1.1, {CLIENT}")],
        [("X-Forwarded-For", f"10.0.0.9, 1.1.1.1, {CLIENT}, 10.0.0.2, 10.0.0.3")],
        [("X-Forwarded-For", "1.1.1.1"), ("X-Forwarded-For", CLIENT)],
        [("X-Forwarded-For", f"{CLIENT}:49152")],
        [("X-Forwarded-For", f"::ffff:{CLIENT}")],
        [("X-Forwarded-For", f"[::ffff:{CLIENT}]:443")],
        [("X-Forwarded-For", f"nonsense, <script>, {CLIENT}")],
        [("X-Forwarded-For", "9" * TEN_KB + f", {CLIENT}")],
        [("X-Forwarded-For", "1.1.1.1, " * (TEN_KB // 9) + CLIENT)],
        [("X-Forwarded-For", f"{CLIENT}, 2001:db8:1::5")],
        [("Forwarded", f"for={CLIENT}")],
        [("Forwarded", f'for="{CLIENT}:49152";proto=https;by=10.0.0.1')],
        [("Forwarded", f"for=1.1.1.1, for={CLIENT};, for=10.0.0.2")],
        [("Forwarded", f'for="1.1.1.1, for={CLIENT}')],
        [("Forwarded", f'for="[2001:db8::1]", For={CLIENT}')],
        [("Forwarded", "x" * TEN_KB), ("Forwarded", f"for={CLIENT}")],
        [("X-Forwarded-For", CLIENT), ("Forwarded", f"for={CLIENT}")],
    ],
)
async def test_the_client_is_the_nearest_that_is_no_proxy(trusting: Site, headers: list[tuple[str, str]]) -> None:
    assert (await seen_by(trusting, *headers))["address"] == CLIENT
    assert sum(trusting.edge._proxies.ignored.values()) == 0


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("2001:db8:1::9, 2001:db8:1::5", "2001:db8:1::9"),  # nobody but ours: the farthest
    ],
)
async def test_ipv6_is_told_apart(trusting: Site, written: str, address: str) -> None:
    assert (await seen_by(trusting, ("X-Forwarded-For", written)))["address"] == address
    node = f'"[{address}]"'
    assert (await seen_by(trusting, ("Forwarded", f"for={node}")))["address"] == address


@pytest.mark.parametrize(
    "headers",
    [
        [("X-Forwarded-For", "")],
        [("X-Forwarded-For", "unknown")],
        [("X-Forwarded-For", "300.1.1.1")],
        [("X-Forwarded-For", "1.1.1.1;2.2.2.2")],
        [("X-Forwarded-For", "\xff\xfe")],
        [("X-Forwarded-For", "9" * TEN_KB)],
        [("Forwarded", "for")],
        [("Forwarded", "proto=https")],
        [("Forwarded", f"for={CLIENT};for=1.1.1.1")],
        [("Forwarded", f"for={CLIENT};proto=gopher")],
        [("Forwarded", f"for={CLIENT};host=a/b")],
        [("Forwarded", f'for="{CLIENT}')],
        [("Forwarded", f'for="{CLIENT}\\"')],
    ],
)
async def test_what_cannot_be_read_is_ignored_and_counted(trusting: Site, headers: list[tuple[str, str]]) -> None:
    assert await seen_by(trusting, *headers) == {"address": PROXY, "scheme": "http", "host": "shop.test"}
    assert trusting.edge._proxies.ignored == {"untrusted": 0, "malformed": 1, "conflicting": 0}
    assert 'surehold_proxy_headers_ignored_total{reason="malformed"} 1.0' in trusting.metrics.page().decode()


async def test_two_headers_that_disagree_are_both_ignored(trusting: Site) -> None:
    """A proxy writes one of them and passes the other on as the client sent it; nobody can tell which."""
    said = [("X-Forwarded-For", "1.1.1.1"), ("Forwarded", "for=2.2.2.2")]
    assert (await seen_by(trusting, *said))["address"] == PROXY
    assert trusting.edge._proxies.ignored["conflicting"] == 1
    both = [("X-Forwarded-For", CLIENT), ("Forwarded", f"for={CLIENT};host=evil.example;proto=https")]
    assert await seen_by(trusting, *both) == {"address": CLIENT, "scheme": "http", "host": "shop.test"}


SAYS = [
    ("X-Forwarded-For", CLIENT),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "evil.example"),
    ("Forwarded", f"for={CLIENT};proto=https;host=evil.example"),
]


@pytest.mark.parametrize("trusted", [(), ("10.0.0.1",), ("127.0.0.2", "::1"), ("128.0.0.0/1",)])
@pytest.mark.parametrize("header", SAYS)
async def test_nobody_else_is_believed(make_site: MakeSite, trusted: Sequence[str], header: tuple[str, str]) -> None:
    site = make_site(trusted_proxies=trusted)
    assert await seen_by(site, header) == {"address": PROXY, "scheme": "http", "host": "shop.test"}
    assert site.edge._proxies.ignored == {"untrusted": 1, "malformed": 0, "conflicting": 0}


@pytest.mark.parametrize(
    ("headers", "scheme", "host"),
    [
        ([("X-Forwarded-Proto", "https")], "https", "shop.test"),
        ([("X-Forwarded-Proto", "HTTPS"), ("X-Forwarded-Host", "Shop.Example:8443")], "https", "shop.example:8443"),
        ([("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "http, https")], "http", "shop.test"),
        ([("X-Forwarded-For", f"1.1.1.1, {CLIENT}"), ("X-Forwarded-Proto", "https, http")], "http", "shop.test"),
        ([("X-Forwarded-For", f"{CLIENT}, 10.0.0.2"), ("X-Forwarded-Proto", "https, http")], "https", "shop.test"),
        ([("X-Forwarded-Host", "[2001:db8::1]:443")], "http", "[2001:db8::1]:443"),
        ([("X-Forwarded-Host", "a.example/b")], "http", "shop.test"),
        ([("X-Forwarded-Host", "a" * TEN_KB)], "http", "shop.test"),
        ([("Forwarded", f"for=1.1.1.1;host=evil.example, for={CLIENT};host=a.example")], "http", "a.example"),
        ([("Forwarded", f'for={CLIENT};proto=https;host="a.example:8443"')], "https", "a.example:8443"),
    ],
)
async def test_scheme_and_host_are_those_of_the_same_hop(
    trusting: Site, headers: list[tuple[str, str]], scheme: str, host: str
) -> None:
    seen = await seen_by(trusting, *headers)
    assert (seen["scheme"], seen["host"]) == (scheme, host)


async def test_limits_count_the_client_and_not_the_proxy(make_site: MakeSite) -> None:
    rules = (LimitRule(name="reads", rate_per_s=0.001, burst=2),)
    site = make_site(limits=rules, trusted_proxies=(PROXY,))
    async with served(site.edge) as port:

        async def ask(*said: tuple[str, str]) -> int:
            return (await answer_of(port, "GET", "/v1/me", said))[0]

        spoofing = [await ask(("X-Forwarded-For", f"203.0.{number}.1, {CLIENT}")) for number in range(3)]
        assert spoofing == [200, 200, 429]
        assert await ask(("X-Forwarded-For", "198.51.101.1")) == 200
        hiding = [await ask(("X-Forwarded-For", "nonsense")) for _ in range(3)]
        assert hiding == [200, 200, 429]  # unread, it is not taken for the machine itself, which no limit holds


async def test_figures_are_not_for_whom_nobody_knows(make_site: MakeSite) -> None:
    site = make_site(trusted_proxies=(PROXY,))
    async with served(site.edge) as port:
        for said, status in (
            ([], 200),
            ([("X-Forwarded-For", "10.1.1.1")], 200),
            ([("X-Forwarded-For", CLIENT)], 404),
            ([("X-Forwarded-For", "nonsense")], 404),
            ([("Forwarded", "for=unknown")], 404),
            ([("X-Forwarded-For", "10.1.1.1"), ("Forwarded", "for=10.1.1.2")], 404),
        ):
            assert (await answer_of(port, "GET", "/metrics", said))[0] == status, said


@pytest.mark.parametrize(
    ("said", "origin", "status"),
    [
        ([("X-Forwarded-Host", "shop.example")], "https://shop.example", 200),
        ([("X-Forwarded-Host", "shop.example")], "https://shop.test", 403),
        ([("X-Forwarded-Host", "shop.example"), ("X-Forwarded-Proto", "https")], "https://shop.example", 200),
        ([("X-Forwarded-Host", "shop.example"), ("X-Forwarded-Proto", "https")], "http://shop.example", 403),
        ([("Forwarded", f"for={CLIENT};host=shop.example;proto=https")], "http://shop.example", 403),
    ],
)
async def test_origins_are_checked_against_what_the_client_asked_for(
    make_site: MakeSite, said: list[tuple[str, str]], origin: str, status: int
) -> None:
    async with served(make_site(trusted_proxies=(PROXY,)).edge) as port:
        assert (await answer_of(port, "POST", "/v1/cart/lines", [*said, ("Origin", origin)]))[0] == status
    async with served(make_site().edge) as port:
        answered = await answer_of(port, "POST", "/v1/cart/lines", [*said, ("Origin", origin)])
        assert answered[0] == (200 if origin.endswith("shop.test") else 403)


@pytest.mark.parametrize(("peer", "seen"), [(PROXY, (CLIENT, "wss")), ("203.0.113.9", ("203.0.113.9", "ws"))])
async def test_streams_learn_the_same(make_site: MakeSite, peer: str, seen: tuple[str, str]) -> None:
    learned: list[tuple[str, str]] = []

    async def stream(scope: Scope, _: Receive, __: Send) -> None:
        learned.append((scope["state"]["client_ip"], scope["scheme"]))

    site = make_site(trusted_proxies=(PROXY,), streams={"/v1/ws": stream})
    said = [(b"host", b"shop.test"), (b"x-forwarded-for", CLIENT.encode()), (b"x-forwarded-proto", b"https")]
    scope: Scope = {"type": "websocket", "path": "/v1/ws", "query_string": b"", "scheme": "ws", "headers": said}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(_: Message) -> None:
        raise AssertionError("the stream says nothing")

    await site.edge({**scope, "client": (peer, 1), "state": {}}, receive, send)
    assert learned == [seen]
