"""Waking consumers through Valkey. Only ever a hint: when Valkey is away, consumers find their work by polling."""

import asyncio
from collections.abc import Callable

import structlog
from valkey.asyncio import Valkey
from valkey.exceptions import ValkeyError

CHANNEL = "surehold:wake"
COALESCE_S = 0.02
PUBLISH_TIMEOUT_S = 0.25
LISTEN_TIMEOUT_S = 0.5  # how soon it notices that it shall stop
RECONNECT_MAX_S = 5.0

_log = structlog.get_logger(__name__)


class SilentWaker:
    """Wakes nobody: for commands and tests without Valkey, where polling is soon enough."""

    def wake(self) -> None:
        """Do nothing."""


class ValkeyWaker:
    """Publishes on one channel; calls within a few milliseconds become one message. Needs a running event loop."""

    def __init__(self, valkey: Valkey, channel: str = CHANNEL) -> None:
        self._valkey, self._channel = valkey, channel
        self._pending: asyncio.Task[None] | None = None
        self._away = False

    def wake(self) -> None:
        """Say that something was written; returns at once and never fails."""
        if self._pending is None:
            self._pending = asyncio.get_running_loop().create_task(self._publish())

    async def close(self) -> None:
        """Send what is still to be sent."""
        if self._pending is not None:
            await self._pending

    async def _publish(self) -> None:
        await asyncio.sleep(COALESCE_S)
        self._pending = None  # what is written from here on needs a message of its own
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_S):
                await self._valkey.publish(self._channel, b"1")
        except (ValkeyError, OSError, TimeoutError) as error:
            if not self._away:
                _log.warning("wake_not_sent", error=type(error).__name__)
            self._away = True
        else:
            self._away = False


class WakeListener:
    """Calls back for each wake-up; reconnects by itself, since polling covers the time between."""

    def __init__(self, valkey: Valkey, channel: str = CHANNEL) -> None:
        self._valkey, self._channel = valkey, channel

    async def run(self, on_wake: Callable[[], None], stop: asyncio.Event) -> None:
        """Listen until `stop` is set."""
        delay_s = 0.1
        while not stop.is_set():
            try:
                await self._listen(on_wake, stop)
                delay_s = 0.1
            except (ValkeyError, OSError, TimeoutError) as error:
                _log.warning("wake_listener_away", error=type(error).__name__, retry_s=delay_s)
                await _wait(stop, delay_s)
                delay_s = min(delay_s * 2, RECONNECT_MAX_S)

    async def _listen(self, on_wake: Callable[[], None], stop: asyncio.Event) -> None:
        async with self._valkey.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(self._channel)
            while not stop.is_set():
                if await pubsub.get_message(timeout=LISTEN_TIMEOUT_S) is not None:
                    on_wake()


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
