"""Where webhooks may go: a corpus of addresses that look harmless, and a canary on loopback that must hear nothing."""

import asyncio
import gzip
import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest

from surehold.adapters.webhooks import HttpsWebhooks
from surehold.adapters.webhooks.https import ANSWER_MAX_BYTES, REFUSED
from surehold.adapters.webhooks.names import Resolve, resolve_host
from surehold.modules.webhooks import Answer, CallFailedError, TargetRules, UrlRefusedError, read_networks, read_target
from tests.support.tls_proxy import make_authority
from tests.webhooks.receiver import Receiver, Reply, receiving

PRODUCTION = TargetRules()
HEADERS: Mapping[str, str] = {"webhook-id": "msg_1"}

REFUSED_AS_WRITTEN = [
    "http://hooks.example.org/",
    "ftp://hooks.example.org/",
    "gopher://127.0.0.1:6379/_x",
    "file:///etc/passwd",
    "//hooks.example.org/",
    "hooks.example.org",
    "https://",
    "https:///x",
    "https://user@hooks.example.org/",
    "https://user:secret@hooks.example.org/",
    "https://hooks.example.org@127.0.0.1/",
    "https://hooks.example.org\\@127.0.0.1/",
    "https://hooks.example.org/#fragment",
    "https://hooks.example.org/ x",
    "https://hooks.example.org/\r\nhost: 127.0.0.1",
    "https://hooks.example.org:22/",
    "https://hooks.example.org:6379/",
    "https://hooks.example.org:0/",
    "https://hooks.example.org:99999/",
    "https://hooks.example.org:x/",
    "https://127.1/",
    "https://127.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://127.0.0.1./",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://192.88.99.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::127.0.0.1]/",
    "https://[fd00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[2001:db8::1]/",
    "https://%6c%6f%63%61%6c%68%6f%73%74/",
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://-x.example.org/",
    "https://x..example.org/",
    "https://" + "a" * 64 + ".example.org/",
    "https://example.org/" + "a" * 2_000,
]
LEADS_INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "100.100.100.200",
    "169.254.169.254",
    "192.168.0.1",
    "0.0.0.0",
    "224.0.0.251",
    "::1",
    "::ffff:127.0.0.1",
    "fd00::1",
    "64:ff9b::7f00:1",
    "fe80::1",
]


def answering(*answers: list[str]) -> tuple[Resolve, list[str]]:
    """A resolver that gives one answer after the other, and the names it was asked for."""
    left, asked = list(answers), list[str]()

    async def resolve(host: str, port: int) -> list[str]:
        del port
        asked.append(host)
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve, asked


def way(rules: TargetRules, resolve: Resolve = resolve_host, **more: object) -> HttpsWebhooks:
    return HttpsWebhooks(rules, timeout_s=5.0, connect_timeout_s=2.0, resolve=resolve, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("url", REFUSED_AS_WRITTEN)
def test_refused_as_it_is_written_in_the_same_words(url: str) -> None:
    with pytest.raises(UrlRefusedError) as refusal:
        read_target(url, PRODUCTION)
    with pytest.raises(UrlRefusedError) as usual:
        read_target("https://10.0.0.1/", PRODUCTION)
    assert refusal.value.detail == usual.value.detail


@pytest.mark.parametrize("url", [url for url in REFUSED_AS_WRITTEN if "\u2460" not in url])
async def test_not_called_either_when_it_got_in_somehow(url: str) -> None:
    resolve, asked = answering(["127.0.0.1"])
    with pytest.raises(CallFailedError, match=REFUSED):
        await way(PRODUCTION, resolve).post(url, HEADERS, b"{}")
    assert asked == []


@pytest.mark.parametrize(
    ("url", "host_header"),
    [
        ("https://hooks.example.org", "hooks.example.org"),
        ("https://hooks.example.org:443/a?b=c", "hooks.example.org"),
        ("https://HOOKS.example.org./a", "hooks.example.org"),
        ("https://xn--mnchen-3ya.example/", "xn--mnchen-3ya.example"),
        ("https://93.184.215.14/", "93.184.215.14"),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]"),
    ],
)
def test_allowed(url: str, host_header: str) -> None:
    assert read_target(url, PRODUCTION).host_header == host_header


def test_a_setting_allows_networks_and_ports() -> None:
    rules = TargetRules(networks=read_networks(["10.20.0.0/16"]), ports=(443, 8443))
    assert read_target("https://10.20.0.7:8443/x", rules).host_header == "10.20.0.7:8443"
    for url in ("https://10.21.0.7/", "http://10.20.0.7/", "https://10.20.0.7:22/"):
        with pytest.raises(UrlRefusedError):
            read_target(url, rules)


@pytest.mark.parametrize("url", ["http://localhost:9000/", "http://127.0.0.1:9000/", "http://[::1]:9000/"])
def test_loopback_is_for_development(url: str) -> None:
    assert read_target(url, TargetRules(development=True)).is_loopback
    with pytest.raises(UrlRefusedError):
        read_target(url, PRODUCTION)


@pytest.mark.parametrize("address", LEADS_INSIDE)
@pytest.mark.parametrize("others", [[], ["93.184.215.14"]])
async def test_a_name_that_leads_inside_is_refused_before_any_connection(address: str, others: list[str]) -> None:
    async with receiving() as canary:
        rules = TargetRules(ports=(443, canary.port))
        resolve, _ = answering([*others, address])
        with pytest.raises(CallFailedError) as refusal:
            await way(rules, resolve).post(f"https://rebind.example:{canary.port}/", HEADERS, b"{}")
        assert refusal.value.reason == REFUSED
        assert (canary.connections, canary.bytes_seen) == (0, 0)


async def test_a_public_name_that_leads_to_loopback_is_refused_in_development_too() -> None:
    async with receiving() as canary:
        resolve, _ = answering(["127.0.0.1"])
        rules = TargetRules(development=True, ports=(canary.port,))
        with pytest.raises(CallFailedError, match=REFUSED):
            await way(rules, resolve).post(f"https://rebind.example:{canary.port}/", HEADERS, b"{}")
        assert canary.connections == 0


async def test_the_connection_goes_to_the_address_that_was_checked(tmp_path: Path) -> None:
    """The second look-up would lead to the canary: there is none. The certificate is asked for the name, not the address."""
    authority, server_context = make_authority(tmp_path, "hooks")
    client_context = trusting(authority)
    async with receiving(server_context) as endpoint, receiving() as canary:
        resolve, asked = answering(["127.0.0.1"], ["127.0.0.2"])
        rules = TargetRules(networks=read_networks(["127.0.0.0/8"]), ports=(endpoint.port, canary.port))
        answer = await way(rules, resolve, tls=client_context).post(
            f"https://localhost:{endpoint.port}/hook", HEADERS, b"{}"
        )
        assert (answer.status, asked) == (200, ["localhost"])
        assert endpoint.received[0].headers["host"] == f"localhost:{endpoint.port}"
        assert canary.connections == 0


async def test_a_certificate_of_another_name_is_refused_before_anything_is_said(tmp_path: Path) -> None:
    authority, server_context = make_authority(tmp_path, "hooks")
    async with receiving(server_context) as endpoint:
        resolve, _ = answering(["127.0.0.1"])
        rules = TargetRules(networks=read_networks(["127.0.0.0/8"]), ports=(endpoint.port,))
        transport = way(rules, resolve, tls=trusting(authority))
        with pytest.raises(CallFailedError, match="no valid certificate"):
            await transport.post(f"https://hooks.example.org:{endpoint.port}/", HEADERS, b"{}")
        with pytest.raises(CallFailedError, match="no valid certificate"):
            await way(rules, resolve).post(f"https://localhost:{endpoint.port}/", HEADERS, b"{}")
        assert endpoint.received == []


def trusting(authority: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority))


async def to_receiver(receiver: Receiver, **more: object) -> Answer:
    rules = TargetRules(development=True)
    return await HttpsWebhooks(rules, timeout_s=2.0, connect_timeout_s=1.0, **more).post(  # type: ignore[arg-type]
        receiver.url, HEADERS, b"{}"
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(receiver: Receiver, status: int) -> None:
    async with receiving() as canary:
        receiver.replies = [Reply(status, [("location", canary.url)])]
        assert (await to_receiver(receiver)).status == status
        assert canary.connections == 0


async def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    async with receiving() as canary:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
        assert (await to_receiver(receiver)).status == 200
        assert canary.connections == 0


async def test_an_endless_answer_is_read_to_its_limit(receiver: Receiver) -> None:
    receiver.replies = [Reply(200, endless=True, body=b"")]
    answer = await to_receiver(receiver)
    assert (answer.status, len(answer.start)) == (200, ANSWER_MAX_BYTES)


async def test_a_bomb_stays_packed(receiver: Receiver) -> None:
    packed = gzip.compress(b"0" * 50_000_000)
    receiver.replies = [Reply(200, [("content-encoding", "gzip")], body=packed)]
    answer = await to_receiver(receiver)
    assert answer.start == packed[:ANSWER_MAX_BYTES]
    assert receiver.received[0].headers["accept-encoding"] == "identity"


async def test_endless_headers_are_no_answer(receiver: Receiver) -> None:
    receiver.replies = [Reply(200, [("x", "y" * 2_000_000)])]
    with pytest.raises(CallFailedError, match="no valid answer"):
        await to_receiver(receiver)


async def test_cookies_are_not_kept(receiver: Receiver) -> None:
    receiver.replies = [Reply(200, [("set-cookie", "a=b")])]
    transport = HttpsWebhooks(TargetRules(development=True), timeout_s=2.0, connect_timeout_s=1.0)
    for _ in range(2):
        await transport.post(receiver.url, HEADERS, b"{}")
    assert "cookie" not in receiver.received[1].headers


async def test_the_next_address_is_tried_when_the_first_takes_no_connection(receiver: Receiver) -> None:
    resolve, _ = answering(["127.0.0.9", "127.0.0.1"])
    assert (await to_receiver(receiver, resolve=resolve)).status == 200
    assert len(receiver.received) == 1


async def test_a_resolver_that_stalls_is_not_waited_for(receiver: Receiver) -> None:
    async def stall(host: str, port: int) -> list[str]:
        del host, port
        await asyncio.Event().wait()
        raise AssertionError

    rules = TargetRules(development=True)
    with pytest.raises(CallFailedError, match="timeout"):
        await HttpsWebhooks(rules, timeout_s=0.05, connect_timeout_s=0.05, resolve=stall).post(receiver.url, {}, b"{}")


async def test_the_system_s_resolver() -> None:
    assert "127.0.0.1" in await resolve_host("localhost", 80)
    with pytest.raises(OSError):
        await resolve_host("no-such-host.invalid", 443)
