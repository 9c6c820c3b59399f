"""A shop on a socket, as far as a replay sees one; faults happen to its requests as a script says."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from surehold.app.retail.wire import Target

Fault = Callable[[str, str], str | None]
"""Given method and path: None, `drop` (before), `lose` (the answer), or a status to answer instead."""


@dataclass
class FakeShop:
    """What it knows: carts and checkouts by cookie, orders by checkout, answers by key."""

    fault: Fault = lambda _method, _path: None
    carts: dict[str, dict[str, int]] = field(default_factory=dict)
    checkouts: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[str, int, dict[str, Any]]] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    target: Target = field(init=False)

    def answer(self, method: str, path: str, headers: dict[str, str], body: Any) -> tuple[int, dict[str, Any], str]:
        """Status, document, and a cookie to set."""
        cookie = headers.get("cookie", "")
        if path.startswith("/v1/products/"):
            code = path.partition("?")[0].rpartition("/")[2].removeprefix("slug-")
            if code == "gone":
                return 404, {"code": "PRODUCT_NOT_FOUND"}, ""
            return 200, {"variants": [{"id": variant_of(code), "sku": code, "title": ""}]}, ""
        if path == "/v1/accounts":
            if self.accounts.setdefault(body["email"], body["password"]) != body["password"]:
                return 409, {"code": "EMAIL_TAKEN"}, ""
            return 201, {"account": {}}, f"session={body['email']}"
        if path == "/v1/cart":
            known = self.carts.pop(cookie, None)
            return (200, {}, "") if known is not None else (404, {"code": "CART_NOT_FOUND"}, "")
        if path == "/v1/cart/lines":
            return self._add(cookie, body)
        if path == "/v1/checkouts":
            checkout = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{cookie}{len(self.orders)}"))
            self.checkouts.setdefault(checkout, (cookie, body["shipping"]))
            return 200, {"id": checkout, "state": "review"}, ""
        return self._place(path.split("/")[3], cookie, headers.get("idempotency-key", ""))

    def _add(self, cookie: str, body: Any) -> tuple[int, dict[str, Any], str]:
        fresh = "" if cookie else f"guest={uuid.uuid4().hex}"
        cart = self.carts.setdefault(cookie or fresh, {})
        for line in body["lines"]:
            cart[line["variant_id"]] = cart.get(line["variant_id"], 0) + line["quantity"]
        return 200, {"lines": [{"unit_price": {"amount": 1, "currency": body["currency"]}}]}, fresh

    def _place(self, checkout: str, cookie: str, key: str) -> tuple[int, dict[str, Any], str]:
        if key in self.answers:
            of, status, document = self.answers[key]
            return (status, document, "") if of == checkout else (422, {"code": "IDEMPOTENCY_MISMATCH"}, "")
        cart = self.carts.pop(cookie, None)
        if self.checkouts[checkout][0] != cookie:
            return 404, {"code": "CHECKOUT_NOT_FOUND"}, ""
        if not cart:
            return 409, {"code": "CART_EMPTY"}, ""
        order = {"id": str(uuid.uuid4()), "lines": cart, "shipping": self.checkouts[checkout][1]}
        self.orders[checkout] = order
        self.answers[key] = (checkout, 201, {"order": order})
        return 201, {"order": order}, ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, path, _ = head[0].split(" ")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.seen.append((method, path))
                fault = self.fault(method, path)
                if fault == "drop":
                    return
                if fault is not None and fault != "lose":
                    status, document, cookie = int(fault), {"code": "TROUBLE"}, ""
                else:
                    status, document, cookie = self.answer(method, path, headers, json.loads(body) if body else None)
                if fault == "lose":
                    return
                text = json.dumps(document, separators=(",", ":")).encode()
                more = f"set-cookie: {cookie}; Path=/; HttpOnly\r\n" if cookie else ""
                writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(text)}\r\n{more}\r\n".encode() + text)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["FakeShop"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.target = Target("127.0.0.1", server.sockets[0].getsockname()[1], is_tls=False)
        try:
            yield self
        finally:
            server.close()


def variant_of(code: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, code))
