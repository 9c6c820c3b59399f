"""The validator behind HTTP, against a real socket: what it sends, what it takes, and that it is never waited for in vain."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from surehold.adapters.addresses.breaker import Breaker
from surehold.adapters.addresses.http import HttpAddressValidator
from surehold.adapters.addresses.settings import AddressSettings
from surehold.app.settings import SettingsError, read_settings
from surehold.app.up.certificates import local_certificate, names_of
from surehold.kernel.errors import InvalidInputError
from surehold.modules.checkout import AddressCheckError, AddressLines
from surehold.platform.embedded import PostgresUrls
from tests.support.api import client_of, problem, running_api, settings_of
from tests.support.goods import put_on_sale

ADDRESS = AddressLines(line1="12 Harbour Street", city="Portland", region="OR", postcode="97201", country="US")
BETTER = msgspec.structs.replace(ADDRESS, line1="12 Harbor Street")
MEMBERS = {"line1": "12 Harbor Street", "city": "Portland", "region": "OR", "postcode": "97201", "country": "US"}
SUGGESTION = msgspec.json.encode({"suggestion": MEMBERS, "score": 0.9})
Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Service:
    """An address service that answers as it is told to."""

    port: int = 0
    answering: Answering | None = None
    heads: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        self.heads.append(head)
        self.bodies.append(msgspec.json.decode(await reader.readexactly(length)))
        assert self.answering is not None
        try:
            await self.answering(writer)
        except ConnectionError:
            return
        finally:
            writer.close()

    def says(self, body: bytes, status: str = "200 OK", headers: str = "", length: str | None = None) -> None:
        stated = f"Content-Length: {len(body)}\r\n" if length is None else length

        async def answering(writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 {status}\r\n{stated}{headers}\r\n".encode() + body)
            await writer.drain()

        self.answering = answering


@asynccontextmanager
async def serving(context: ssl.SSLContext | None = None) -> AsyncIterator[Service]:
    service = Service()
    server = await asyncio.start_server(service.handle, "127.0.0.1", 0, ssl=context)
    service.port = server.sockets[0].getsockname()[1]
    async with server:
        yield service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with serving() as running:
        yield running


def validator(service: Service, **settings: Any) -> HttpAddressValidator:
    return HttpAddressValidator(AddressSettings(url=f"http://127.0.0.1:{service.port}/check?v=1", **settings))


async def test_it_sends_the_address_and_nothing_more(service: Service) -> None:
    service.says(SUGGESTION)
    assert await validator(service, token="t0ken").suggest(ADDRESS) == BETTER
    assert service.bodies == [{"address": {**MEMBERS, "line1": "12 Harbour Street"}}]
    lines = service.heads[0].split("\r\n")
    assert lines[0] == "POST /check?v=1 HTTP/1.1"
    assert {line.partition(":")[0] for line in lines[1:] if line} == {
        "Host", "Content-Type", "Accept", "Accept-Encoding", "Connection", "Authorization", "Content-Length",
    }  # fmt: skip
    assert "Authorization: Bearer t0ken" in lines


@pytest.mark.parametrize(
    ("body", "length"),
    [
        (SUGGESTION, None),
        (SUGGESTION, ""),  # until the connection ends
        (b"%x\r\n%b\r\n5;x=y\r\n     \r\n0\r\n\r\n" % (len(SUGGESTION), SUGGESTION), "Transfer-Encoding: chunked\r\n"),
    ],
)
async def test_every_framing_of_http_is_read(service: Service, body: bytes, length: str | None) -> None:
    service.says(body, length=length)
    assert await validator(service).suggest(ADDRESS) == BETTER


async def test_nothing_speaks_against_it(service: Service) -> None:
    service.says(b'{"suggestion": null}')
    assert await validator(service).suggest(ADDRESS) is None


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"body": b"", "status": "500 Oops"}, "status is 500"),
        ({"body": b"", "status": "302 Found", "headers": "Location: http://127.0.0.1/\r\n"}, "status is 302"),
        ({"body": b"nonsense"}, "malformed"),
        ({"body": b"{}"}, "suggestion"),
        ({"body": b'{"suggestion": {"line1": 7, "country": "US"}}'}, "line1"),
        ({"body": b"\xff\xfe"}, "malformed"),
        ({"body": b"x" * 2_000}, "more than 1000 bytes"),
        ({"body": b"x" * 2_000, "length": ""}, "more than 1000 bytes"),
        ({"body": b"7d0\r\n" + b"x" * 2_000, "length": "Transfer-Encoding: chunked\r\n"}, "more than 1000 bytes"),
        ({"body": b"zz\r\n", "length": "Transfer-Encoding: chunked\r\n"}, "no size"),
        ({"body": b"", "length": "Transfer-Encoding: gzip\r\n"}, "encoded"),
        ({"body": b"", "headers": "Content-Encoding: gzip\r\n"}, "encoded"),
        ({"body": b"{", "length": "Content-Length: 100\r\n"}, "cut off"),
        ({"body": b"", "length": "Content-Length: -1\r\n"}, "bytes"),
        ({"body": b"", "headers": "X: " + "x" * 40_000 + "\r\n"}, "no end"),
        ({"body": b"", "status": "OK"}, "no HTTP"),
    ],
)
async def test_what_cannot_be_used_is_no_answer(service: Service, told: dict[str, Any], reason: str) -> None:
    service.says(**told)
    with pytest.raises(AddressCheckError, match=reason) as refused:
        await validator(service, max_answer_bytes=1_000).suggest(ADDRESS)
    assert "Harbour" not in str(refused.value)


async def test_who_drips_is_not_waited_for(service: Service) -> None:
    """A byte now and then keeps every read alive; the time is for all of it."""
    stopped = asyncio.Event()

    async def dripping(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while not stopped.is_set():
            writer.write(b"X: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.005)

    service.answering = dripping
    with pytest.raises(AddressCheckError, match="too long"):
        await validator(service, timeout_s=0.05).suggest(ADDRESS)
    stopped.set()


async def test_who_is_not_there_is_left_alone_for_a_while() -> None:
    now, settings = [0.0], AddressSettings(url="http://127.0.0.1:1/check")
    breaker = Breaker(2, 30.0, clock=lambda: now[0])
    asking = HttpAddressValidator(settings, breaker=breaker)
    for _ in range(2):
        with pytest.raises(AddressCheckError, match="did not answer well"):
            await asking.suggest(ADDRESS)
    with pytest.raises(AddressCheckError, match="left alone"):
        await asking.suggest(ADDRESS)
    now[0] = 31.0
    with pytest.raises(AddressCheckError, match="did not answer well"):
        await asking.suggest(ADDRESS)
    with pytest.raises(AddressCheckError, match="left alone"):
        await asking.suggest(ADDRESS)


def test_one_question_tells_whether_it_answers_again() -> None:
    now = [0.0]
    breaker = Breaker(1, 30.0, clock=lambda: now[0])
    breaker.failed()
    assert not breaker.may_pass()
    now[0] = 30.0
    assert [breaker.may_pass() for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert all(breaker.may_pass() for _ in range(3))


async def test_over_tls_only_who_is_vouched_for_is_told(tmp_path: Path) -> None:
    files = local_certificate(tmp_path, names_of({"localhost"}, {"127.0.0.1"}))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    async with serving(server) as service:
        service.says(SUGGESTION)
        settings = AddressSettings(url=f"https://localhost:{service.port}/check")
        with pytest.raises(AddressCheckError, match="certificate verify failed"):
            await HttpAddressValidator(settings).suggest(ADDRESS)
        assert service.bodies == []
        trusted = ssl.create_default_context(cafile=str(files.authority))
        assert await HttpAddressValidator(settings, context=trusted).suggest(ADDRESS) == BETTER


@pytest.mark.parametrize(
    "url",
    [
        "http://addresses.example/check",
        "http://10.0.0.5/check",
        "http://localhost.evil.example/",
        "ftp://localhost/",
        "addresses.example",
        "https://user:secret@addresses.example/",
        "https://addresses.example/#x",
        "https://addresses.example/a b",
        "https://addresses.example:99999/",
        "https://[::1/",
    ],
)
def test_a_service_that_must_not_be_asked_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(InvalidInputError):
        AddressSettings(url=url)
    given = {"SUREHOLD_DATABASE_URL": "x", "SUREHOLD_VALKEY_URL": "valkey://", "SUREHOLD_DATA_DIR": "x"}
    with pytest.raises(SettingsError, match="SUREHOLD_ADDRESS_"):
        read_settings({**given, "SUREHOLD_SECRET_KEY": "0" * 64, "SUREHOLD_ADDRESS_URL": url})


@pytest.mark.parametrize("url", ["https://a.example", "http://localhost:1/", "http://127.0.0.9/", "http://[::1]:80/x"])
def test_the_rest_may_be(url: str) -> None:
    assert AddressSettings(url=url).url == url


async def test_over_http_from_the_suggestion_to_the_order(
    service: Service, database_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> None:
    """As a buyer's browser sees it: 409 with both, a choice, the same choice again, and the order."""
    service.says(SUGGESTION)
    (variant,) = put_on_sale(database_urls.owner, [5])
    address = AddressSettings(url=f"http://127.0.0.1:{service.port}/")
    settings = msgspec.structs.replace(settings_of(database_urls.app, valkey_url, tmp_path), address=address)
    typed = {**MEMBERS, "line1": "12 Harbour Street"}
    shipping = {"email": "ada@example.com", "address": {"name": "Ada Byron", **typed}, "method": "standard"}
    async with running_api(settings) as app, client_of(app) as client:
        await client.post("/v1/cart/lines", json={"variant_id": str(variant)})
        sent = {"shipping": shipping, "payment": {"method": "pay_on_delivery"}}
        opened = await client.post("/v1/checkouts", json=sent)
        assert opened.json()["address_check"] == {"state": "unconfirmed", "typed": typed, "suggested": MEMBERS}
        url = f"/v1/checkouts/{opened.json()['id']}"
        refused = await client.post(f"{url}/place", headers={"idempotency-key": "a" * 20})
        assert (refused.status_code, problem(refused)["code"]) == (409, "ADDRESS_UNCONFIRMED")
        assert (problem(refused)["typed"], problem(refused)["suggested"]) == (typed, MEMBERS)
        read = await client.get(url)
        assert read.json()["address_check"] == opened.json()["address_check"]
        keep = {"keep": "suggested"}
        assert (await client.put(f"{url}/address", json=keep)).status_code == 428
        chosen = await client.put(f"{url}/address", json=keep, headers={"if-match": read.headers["etag"]})
        again = await client.put(f"{url}/address", json=keep, headers={"if-match": read.headers["etag"]})
        assert chosen.status_code == again.status_code == 200
        assert chosen.json()["shipping"]["address"]["line1"] == "12 Harbor Street"
        assert chosen.json() == again.json()
        placed = await client.post(f"{url}/place", headers={"idempotency-key": "b" * 20})
        assert placed.status_code == 201, placed.text
        figures: httpx.Response = await client.get("/metrics")
        assert 'surehold_address_checks_total{outcome="suggested"} 1.0' in figures.text
    assert len(service.bodies) == 1
