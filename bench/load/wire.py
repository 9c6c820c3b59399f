"""Many keep-alive connections in one loop. Each follows a script: a generator that yields requests and is sent the answers."""

import select
import socket
import sys
import time
from array import array
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field

READ_BYTES = 32_768  # more, and every read would map and unmap fresh memory
CONNECT_TIMEOUT_S = 10.0
DRAIN_S = 20.0
REST_MAX_S = 5.0
HEAD_END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length: "
SETUP = "setup"  # requests under this label prepare a script and are not counted

Step = tuple[str, bytes]
Script = Generator[Step, bytes, None]


class LoadError(Exception):
    """The server does not do what a load needs; the text says what."""


def answer_end(data: bytes) -> int | None:
    """Where an answer with a known length ends; None while its head is not there. LoadError if it has no length."""
    head = data.find(HEAD_END)
    if head < 0:
        return None
    at = data.find(LENGTH, 0, head)
    if at < 0:
        if data[9:12] in {b"204", b"304"}:
            return head + 4
        raise LoadError(f"an answer without content-length: {data[:200]!r}")
    at += len(LENGTH)
    return head + 4 + int(data[at : data.find(b"\r", at)])


def body_of(answer: bytes) -> bytes:
    """What comes after the head."""
    return answer[answer.find(HEAD_END) + 4 :]


def status_of(answer: bytes) -> int:
    """The status code."""
    return int(answer[9:12])


@dataclass(slots=True)
class Log:
    """What was seen. Seconds by label, each in arrival order; `unexpected` counts statuses by label; `notes` are the scripts' own."""

    seconds: dict[str, "array[float]"] = field(default_factory=dict)
    unexpected: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    samples: dict[str, str] = field(default_factory=dict)
    slice_no: int = 0

    def took(self, label: str, seconds: float) -> None:
        """Keep a duration."""
        times = self.seconds.get(label)
        if times is None:
            times = self.seconds[label] = array("d")
        times.append(seconds)

    def refused(self, label: str, answer: bytes) -> None:
        """Keep an answer that a script did not expect."""
        key = f"{label} {status_of(answer)}"
        self.unexpected[key] += 1
        self.samples.setdefault(key, body_of(answer)[:300].decode("utf-8", "replace"))


class _Link:
    """One connection."""

    __slots__ = ("asked_at", "label", "part", "request", "script", "sock")

    sock: socket.socket

    def __init__(self, script: Script) -> None:
        self.script = script
        self.label, self.request = next(script)
        self.part = b""
        self.asked_at = 0.0


class Load:
    """Connections that follow their scripts, in slices: between slices they stay open and idle.

    `spread` gives each connection a network of its own (127.0.N.1), for limits are per network; only Linux has those addresses.
    """

    def __init__(self, port: int, scripts: list[Script], log: Log, *, spread: bool) -> None:
        self.log = log
        self.answered = 0
        self._port, self._spread = port, spread
        self._poll, self._poll_unit = _poller()
        self._links: dict[int, _Link] = {}
        self._connect([_Link(script) for script in scripts])

    def close(self) -> None:
        """End all connections."""
        for link in self._links.values():
            link.sock.close()

    def _connect(self, links: list[_Link]) -> None:
        self._poll, self._poll_unit = _poller()
        self._links = {}
        for number, link in enumerate(links):
            link.sock = _connect(self._port, number if self._spread else None)
            self._links[link.sock.fileno()] = link
            self._poll.register(link.sock.fileno(), select.EPOLLIN if _HAS_EPOLL else select.POLLIN)
        self._rested_at = time.perf_counter()

    def _begin(self) -> None:
        """A new slice. Servers close connections that rest for long; between slices nothing is under way, so we open new ones."""
        self.log.slice_no += 1
        if time.perf_counter() - self._rested_at > REST_MAX_S:
            self.close()
            self._connect(list(self._links.values()))

    def run(self, seconds: float) -> int:
        """A closed loop: the next request goes out when the answer is in. Out goes how many were answered in time.

        A slow answer keeps its connection from asking, so that times tell how it is under this many connections, not how it would
        be for visitors that come regardless; that is what `run_paced` tells.
        """
        self._begin()
        clock = time.perf_counter
        end = clock() + seconds
        waiting = 0
        for link in self._links.values():
            if link.request:
                self._send(link, clock())
                waiting += 1
        counted = 0
        while waiting:
            now = clock()
            ready = self._poll.poll(
                max(end - now, 0.0) * self._poll_unit + 1 if now < end else DRAIN_S * self._poll_unit
            )
            if not ready and now >= end:
                raise LoadError(f"{waiting} requests got no answer within {DRAIN_S:.0f} s")
            for fd, _ in ready:
                link = self._links[fd]
                answer = self._read(link)
                if answer is None:
                    continue
                now = clock()
                self.answered += 1
                if link.label != SETUP:
                    self.log.took(link.label, now - link.asked_at)
                    if now < end:
                        counted += 1
                if not self._next(link, answer) or now >= end:
                    waiting -= 1
                else:
                    link.asked_at = now
                    link.sock.send(link.request)
        self._rested_at = clock()
        return counted

    def run_paced(self, seconds: float, per_s: float) -> int:
        """An open loop: requests are due at even times, and their time counts from then on, wherever they waited."""
        self._begin()
        clock = time.perf_counter
        total = int(seconds * per_s)
        start = clock()
        free = [link for link in self._links.values() if link.request]
        sent = answered = 0
        while answered < sent or sent < total:
            now = clock()
            while free and sent < total and start + sent / per_s <= now:
                self._send(free.pop(), start + sent / per_s)
                sent += 1
            due_s = DRAIN_S if sent >= total or not free else max(start + sent / per_s - clock(), 0.0)
            ready = self._poll.poll(due_s * self._poll_unit)
            if not ready and due_s == DRAIN_S:
                raise LoadError(f"{sent - answered} requests got no answer within {DRAIN_S:.0f} s")
            for fd, _ in ready:
                link = self._links[fd]
                answer = self._read(link)
                if answer is None:
                    continue
                answered += 1
                if link.label != SETUP:
                    self.log.took(link.label, clock() - link.asked_at)
                if self._next(link, answer):
                    free.append(link)
                elif not self._links_left():
                    return answered
        self._rested_at = clock()
        return answered

    def _links_left(self) -> bool:
        return any(link.request for link in self._links.values())

    @staticmethod
    def _send(link: _Link, asked_at: float) -> None:
        link.asked_at = asked_at
        link.sock.send(link.request)

    @staticmethod
    def _read(link: _Link) -> bytes | None:
        """The whole answer, or None while some of it is under way."""
        data = link.sock.recv(READ_BYTES)
        if not data:
            raise LoadError(f"the server closed a connection after {link.label}")
        if link.part:
            data = link.part + data
        end = answer_end(data)
        if end is None or len(data) < end:
            link.part = data
            return None
        link.part = b""
        return data

    @staticmethod
    def _next(link: _Link, answer: bytes) -> bool:
        try:
            link.label, link.request = link.script.send(answer)
        except StopIteration:
            link.request = b""
            return False
        return True


_HAS_EPOLL = sys.platform.startswith("linux")


def _poller() -> tuple["select.epoll | select.poll", float]:
    """What waits for sockets, and how many of its time units a second has."""
    return (select.epoll(), 1.0) if _HAS_EPOLL else (select.poll(), 1000.0)


def _connect(port: int, number: int | None) -> socket.socket:
    source = None if number is None or not _HAS_EPOLL else (f"127.0.{number % 250 + 1}.1", 0)
    sock = socket.create_connection(("127.0.0.1", port), CONNECT_TIMEOUT_S, source_address=source)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.settimeout(DRAIN_S)
    return sock
