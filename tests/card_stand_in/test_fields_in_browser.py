"""The card fields in a real browser: what they tell the page around them, and that no other page gets them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.card_stand_in.browser import CHROMIUM, Tab, open_tab
from tests.card_stand_in.process import PUBLISHABLE_KEY, StandIn

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium (on Debian: apt install chromium)")

PAGE = """<!doctype html><html lang="en"><title>Shop</title>
<script>window.told = []; addEventListener("message", (event) => told.push({origin: event.origin, ...event.data}));</script>
<iframe title="Card" src="%s"></iframe>"""
TYPE = """(() => {
  for (const [id, value] of Object.entries(%s)) {
    const input = document.getElementById(id);
    input.value = value;
    input.dispatchEvent(new Event("input"));
  }
  document.getElementById("card").requestSubmit();
})()"""


class Shop:
    """A page with a frame, at an origin of its own."""

    def __init__(self) -> None:
        self.page = ""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = shop.page.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://localhost:{self.server.server_port}"

    def show(self, tab: Tab, stand_in: StandIn, origin: str) -> None:
        """Open the page, with fields that were asked for an origin."""
        self.page = PAGE % f"{stand_in.fields_url}/fields?pk={PUBLISHABLE_KEY}&amp;origin={origin}"
        tab.call("Page.navigate", url=self.origin)


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.server.serve_forever, daemon=True)
    thread.start()
    yield shop
    shop.server.shutdown()
    shop.server.server_close()
    thread.join()


def told(tab: Tab, type_: str) -> list[dict[str, Any]]:
    return [one for one in tab.run("window.told || []") if one["type"] == type_]


def test_the_page_around_learns_no_card(stand_in: StandIn, shop: Shop, tmp_path: Path) -> None:
    with open_tab(tmp_path) as tab:
        shop.show(tab, stand_in, shop.origin)
        tab.await_(lambda: told(tab, "ready"), "the fields do not come up")
        frame = tab.frames[-1]
        tab.run(TYPE % '{number: "4242424242424241", expiry: "12/34", cvc: "123"}', frame)
        tab.await_(lambda: told(tab, "error"), "no complaint about a mistyped number")
        assert tab.run("document.activeElement.id + document.activeElement.ariaInvalid", frame) == "numbertrue"
        assert tab.run("document.getElementById('error').textContent", frame) == "Your card number is incorrect."
        tab.run(TYPE % '{number: "4000 0566 5566 5556", expiry: "12/34", cvc: "123"}', frame)
        (made,) = tab.await_(lambda: told(tab, "payment_method"), "no payment method")
        assert made["origin"] == stand_in.fields_url
        method = made["payment_method"]
        assert method == {"id": method["id"], "brand": "visa", "last4": "5556", "exp_month": 12, "exp_year": 2034}
        assert "40000566" not in str(tab.run("told")).replace(" ", "")
        assert tab.run(
            "document.documentElement.scrollWidth <= 320", frame
        )  # a frame is 300 wide where nobody says more


def test_another_page_gets_no_fields(stand_in: StandIn, shop: Shop, tmp_path: Path) -> None:
    with open_tab(tmp_path) as tab:
        shop.show(tab, stand_in, "http://localhost:1")
        tab.await_(lambda: [one for one in tab.complaints if "frame-ancestors" in one], "the frame was not refused")
        assert tab.run("told") == []


def test_the_approval_leads_back_to_the_shop(stand_in: StandIn, shop: Shop, tmp_path: Path) -> None:
    intent = stand_in.client().v1.payment_intents.create(
        {
            "amount": 900, "currency": "usd", "confirm": True, "capture_method": "manual", "return_url": f"{shop.origin}/back",
            "payment_method_types": ["klarna"], "payment_method_data": {"type": "klarna"},
        }
    )  # fmt: skip
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    with open_tab(tmp_path) as tab:
        tab.call("Page.navigate", url=intent.next_action.redirect_to_url.url)
        tab.await_(lambda: tab.run("document.querySelector('button[value=approve]') !== null"), "no page")
        tab.run("document.querySelector('button[value=approve]').click()")
        tab.await_(lambda: tab.run("location.pathname") == "/back", "the browser did not go back")
        assert "redirect_status=succeeded" in tab.run("location.search")
