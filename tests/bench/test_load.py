import json
import random
import socket
import threading
from collections import Counter

import pytest
from bench.load import scripts
from bench.load.requests import cookies_of, request
from bench.load.sample import zipf
from bench.load.wire import Load, LoadError, Log, answer_end, body_of, status_of


def answer(status: int, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", "content-type: application/json", *headers, f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Server:
    """Answers each request on every connection with what `reply` makes of it, in two pieces."""

    def __init__(self, reply) -> None:
        self._reply = reply
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.seen: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            while data := connection.recv(65_536):
                self.seen.append(data)
                whole = self._reply(data)
                connection.sendall(whole[:20])
                connection.sendall(whole[20:])

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def serve():
    servers: list[Server] = []

    def start(reply) -> Server:
        servers.append(Server(reply))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_an_answer_ends_where_its_length_says() -> None:
    whole = answer(200, b'{"a":1}')
    assert answer_end(whole) == len(whole)
    assert answer_end(whole[:30]) is None
    assert answer_end(b"HTTP/1.1 204 No Content\r\nx: y\r\n\r\n") == 33
    assert (status_of(whole), body_of(whole)) == (200, b'{"a":1}')
    with pytest.raises(LoadError):
        answer_end(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")


def test_requests_carry_body_cookie_and_key() -> None:
    made = request("POST", "/v1/x", {"a": 1}, cookie="t=1", key="k")
    head, _, body = made.partition(b"\r\n\r\n")
    assert body == b'{"a":1}'
    assert head.startswith(b"POST /v1/x HTTP/1.1\r\n")
    for line in (b"cookie: t=1", b"idempotency-key: k", b"content-length: 7"):
        assert line in head.split(b"\r\n")
    assert cookies_of(
        answer(200, b"", "set-cookie: a=1; Path=/", 'set-cookie: b="2"; Path=/', "set-cookie: c=; Max-Age=0")
    ) == ("a=1; b=2")


def test_a_closed_loop_counts_what_was_answered_and_reports_what_was_not_expected(serve) -> None:
    server = serve(lambda data: answer(404 if b"/gone" in data else 200, b"{}"))
    log = Log()
    load = Load(server.port, [scripts.reads(log, ["/there", "/gone"]) for _ in range(4)], log, spread=False)
    counted = load.run(0.2)
    load.close()
    assert 0 < counted <= load.answered == len(log.seconds["read"])
    assert log.unexpected["read 404"] == pytest.approx(load.answered / 2, abs=4)


def test_an_open_loop_sends_on_its_beat_however_many_connections_wait(serve) -> None:
    server = serve(lambda _: answer(200, b"{}"))
    log = Log()
    load = Load(server.port, [scripts.reads(log, ["/"]) for _ in range(2)], log, spread=False)
    assert load.run_paced(0.2, 100.0) == 20
    load.close()
    assert len(server.seen) == 20


def test_a_rush_ends_with_an_order_or_a_clear_refusal(serve) -> None:
    left = [3]

    def reply(data: bytes) -> bytes:
        if b"/place" in data:
            return answer(201, json.dumps({"order": {"id": "o", "status": "CONFIRMED"}}).encode())
        if b"/v1/checkouts" in data:
            return answer(200, b'{"id":"c"}')
        left[0] -= 1
        if left[0] < 0:
            return answer(409, b'{"code":"INSUFFICIENT_INVENTORY"}')
        return answer(200, b"{}", "set-cookie: surehold_guest=t; Path=/")

    server = serve(reply)
    log = Log()
    load = Load(server.port, [scripts.rush(log, "v") for _ in range(10)], log, spread=True)
    load.run(10.0)
    load.close()
    assert (log.notes, log.unexpected) == (Counter(sold=3, refused=7), Counter())


def test_zipf_draws_the_first_far_more_often_than_the_last_and_reaches_far() -> None:
    seen = Counter(zipf(range(1_000), 20_000, random.Random(1)))
    counts = sorted(seen.values(), reverse=True)
    assert counts[0] / sum(counts) == pytest.approx(1 / 7.485, rel=0.15)  # 1 / H(1000)
    assert len(seen) > 800
