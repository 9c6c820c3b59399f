"""One subscription per process. Whoever listens is told when it is up, and when it was down: messages sent meanwhile are lost."""

import asyncio
import random
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit, urlunsplit

import structlog
import valkey.asyncio
from valkey.asyncio.retry import Retry
from valkey.backoff import NoBackoff
from valkey.exceptions import ValkeyError

from surehold.platform.supervise import Background

VALKEY_ERRORS = (ValkeyError, OSError, TimeoutError)
RETRY_MIN_S = 0.1
RETRY_MAX_S = 1.0
CONNECT_TIMEOUT_S = 1.0
COMMAND_TIMEOUT_S = 1.0
POOL_CONNECTIONS = 16

_log = structlog.get_logger(__name__)


def with_checked_name(url: str) -> str:
    """A URL whose TLS also asks whose certificate it is: the client by itself takes any that some authority signed."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    is_told = "ssl_check_hostname" in options or options.get("ssl_cert_reqs") == ["none"]
    if parts.scheme not in {"valkeys", "rediss"} or is_told:
        return url
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, "ssl_check_hostname=true")))))


def connect(
    url: str, *, timeout_s: float = COMMAND_TIMEOUT_S, connections: int = POOL_CONNECTIONS
) -> valkey.asyncio.Valkey:
    """A client whose calls fail within `timeout_s` and are not repeated behind our back; callers wait for a connection."""
    pool = valkey.asyncio.BlockingConnectionPool.from_url(
        with_checked_name(url),
        max_connections=connections,
        timeout=timeout_s,
        socket_timeout=timeout_s,
        socket_connect_timeout=CONNECT_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    return valkey.asyncio.Valkey(connection_pool=pool)


class Listener(Protocol):
    """Hears one channel."""

    channel: str

    def on_up(self) -> None:
        """The subscription stands; whatever was sent before is lost."""
        ...

    def on_message(self, payload: bytes) -> None:
        """One message."""
        ...

    def on_down(self) -> None:
        """The subscription is gone."""
        ...


class ValkeyLink:
    """The client and the subscription of one process.

    A link that hears nothing for `silence_s` counts as broken (a listener that sends heartbeats to itself keeps it alive).
    """

    def __init__(self, url: str, *, silence_s: float = 1.8) -> None:
        self.client = connect(url)
        self.is_up = False
        self._url = url
        self._silence_s = silence_s
        self._listeners: dict[bytes, Listener] = {}
        self._background = Background()

    def listen(self, listener: Listener) -> None:
        """Add a listener; before `start`."""
        self._listeners[listener.channel.encode()] = listener

    async def start(self) -> None:
        """Begin to listen; returns at once, also while Valkey is away."""
        if self._listeners:
            self._background.start("valkey-link", self._run())

    async def stop(self) -> None:
        """End the subscription and close the connections."""
        await self._background.end()
        await self.client.aclose()
        await self.client.connection_pool.disconnect()

    async def answers(self) -> bool:
        """Whether Valkey answers now."""
        try:
            return bool(await self.client.ping())
        except VALKEY_ERRORS:
            return False

    async def _run(self) -> None:
        wait_s = RETRY_MIN_S
        while not self._background.ending:
            try:
                await self._subscribe_and_read()
            except VALKEY_ERRORS as error:
                wait_s = RETRY_MIN_S if self.is_up else min(wait_s * 2, RETRY_MAX_S)
                if self.is_up:
                    _log.warning("valkey_link_lost", reason=type(error).__name__)
                self._tell_down()
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311  jitter, not a secret

    async def _subscribe_and_read(self) -> None:
        # A client of its own: the reading connection blocks and must not take one from the pool of commands.
        client = connect(self._url, connections=1, timeout_s=self._silence_s)
        try:
            pubsub = client.pubsub()
            await pubsub.subscribe(*self._listeners)
            await self._confirm(pubsub)
            self._tell_up()
            while not self._background.ending:
                message = await self._next(pubsub)
                if message["type"] == "message":
                    self._listeners[message["channel"]].on_message(message["data"])
        finally:
            await client.aclose()
            await client.connection_pool.disconnect()

    async def _confirm(self, pubsub: Any) -> None:
        for _ in self._listeners:
            await self._next(pubsub)

    async def _next(self, pubsub: Any) -> dict[str, Any]:
        message = await pubsub.get_message(timeout=self._silence_s)
        if message is None:
            raise TimeoutError("nothing was heard from Valkey")
        return message

    def _tell_up(self) -> None:
        self.is_up = True
        self._each(lambda listener: listener.on_up())

    def _tell_down(self) -> None:
        if self.is_up:
            self.is_up = False
            self._each(lambda listener: listener.on_down())

    def _each(self, tell: Callable[[Listener], None]) -> None:
        for listener in self._listeners.values():
            tell(listener)
