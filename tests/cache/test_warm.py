"""`warm` against a small HTTP server: every listed product is read once, and trouble is one clear line."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.retail.wire import Target
from surehold.app.warming import PAGE_SIZE, warm

PRODUCTS = 250
GONE = "item-7"


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    asked: list[str] = []

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        type(self).asked.append(parts.path)
        if parts.path == "/v1/products":
            first = int(parse_qs(parts.query).get("cursor", ["0"])[0])
            last = min(first + PAGE_SIZE, PRODUCTS)
            page = {"items": [{"slug": f"item-{n}"} for n in range(first, last)], "next_cursor": None}
            page["next_cursor"] = str(last) if last < PRODUCTS else None
            self.answer(200, page)
        else:
            self.answer(404 if parts.path.endswith("/" + GONE) else 200, {})

    def answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def url() -> Iterator[str]:
    Shop.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_first_products_are_read_once_each(url: str) -> None:
    told: list[int] = []
    warmth = await warm(Target.of(url), 120, 4, lambda so_far: told.append(so_far.products))
    read = [path for path in Shop.asked if path != "/v1/products"]
    assert sorted(read) == sorted(f"/v1/products/item-{n}" for n in range(120))
    assert (warmth.pages, warmth.products, warmth.missing) == (2, 119, 1)
    assert len(told) == 120


async def test_a_small_shop_is_read_whole(url: str) -> None:
    warmth = await warm(Target.of(url), 10_000, 3, lambda _: None)
    assert (warmth.pages, warmth.products + warmth.missing) == (3, PRODUCTS)


async def test_the_command_tells_what_it_did_and_what_is_wrong(url: str) -> None:
    def run(*words: str) -> tuple[int, str]:
        said = CliRunner().invoke(build(["warm"]), ["warm", *words])
        return said.exit_code, said.output

    code, said = await asyncio.to_thread(run, "--url", url, "--top", "50")
    assert code == 0
    assert "49 products and 1 pages of the listing are cached, 1 had gone." in said
    code, said = await asyncio.to_thread(run, "--url", "nonsense")
    assert (code, "is no address of a shop" in said) == (1, True)
