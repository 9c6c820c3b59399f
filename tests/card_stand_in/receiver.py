"""A shop's webhook for tests: keeps what it is sent, and answers as it is told."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import stripe

from tests.card_stand_in.process import WEBHOOK_SECRET

PATIENCE_S = 20.0


class Receiver:
    """What arrived: bodies and signatures, in order. `statuses`: what to answer next; 200 when there is none."""

    def __init__(self) -> None:
        self.url = ""
        self.statuses: list[int] = []
        self.raw: list[tuple[bytes, str | None]] = []
        self._arrived = threading.Condition()

    def take(self, body: bytes, signature: str | None) -> int:
        with self._arrived:
            self.raw.append((body, signature))
            self._arrived.notify_all()
            return self.statuses.pop(0) if self.statuses else 200

    def forget(self) -> None:
        with self._arrived:
            self.raw.clear()
            self.statuses.clear()

    def events(self) -> list[dict[str, Any]]:
        """What arrived, verified by the SDK."""
        for body, signature in self.raw:
            stripe.Webhook.construct_event(body, signature, WEBHOOK_SECRET)
        return [json.loads(body) for body, _ in self.raw]

    def types(self, id_: str) -> list[str]:
        """Types of what arrived about an object."""
        return [event["type"] for event in self.events() if event["data"]["object"]["id"] == id_]

    def wait(self, count: int) -> None:
        """Until so many arrived."""
        deadline = time.monotonic() + PATIENCE_S
        with self._arrived:
            while len(self.raw) < count:
                assert self._arrived.wait(deadline - time.monotonic()), f"{len(self.raw)} of {count} arrived"


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """One that listens within the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(body, self.headers.get("Stripe-Signature")))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/v1/webhooks/stripe"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
