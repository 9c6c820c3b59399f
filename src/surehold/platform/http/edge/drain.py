"""Ending well: from the first SIGTERM on the process says it is not ready, and streams end themselves.

The server waits for open connections without a limit, so whatever streams must watch this. WebSockets it cuts at once, so it hears of
the signal only when those have said goodbye, HOLD_MAX_S later at most.
"""

import asyncio
import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import structlog

from surehold.platform.http.edge.ears import Ears

HOLD_MAX_S = 2.0
LOOK_EVERY_S = 0.02
FLUSH_S = 0.05  # last words leave in the server's own threads
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = structlog.get_logger(__name__)


class Drain:
    """Whether the process is on its way out."""

    def __init__(self) -> None:
        self.begun = False
        self._callbacks: list[Callable[[], None]] = []
        self._previous: dict[int, Any] = {}
        self._counts: list[Callable[[], int]] = []
        self._ears: Ears | None = None
        self._holding: asyncio.Task[None] | None = None

    def on_begin(self, callback: Callable[[], None]) -> None:
        """Call this when draining begins."""
        self._callbacks.append(callback)

    def wait_for(self, count_open: Callable[[], int]) -> None:
        """Keep the signal from the server while this counts any."""
        self._counts.append(count_open)

    def stream_opens(self) -> None:
        """From now on there is somebody to say goodbye to before the server hears of a signal."""
        if self._ears is not None:
            self._ears.take_place()

    def begin(self) -> None:
        """Begin; more than once changes nothing."""
        if self.begun:
            return
        self.begun = True
        for callback in self._callbacks:
            callback()

    def watch_signals(self) -> None:
        """Begin at SIGTERM or SIGINT, before the server does what it does about them.

        A server that asked the event loop for signals is told by our ears, after the streams have ended; the plain handler of another
        is called by ours, at once.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":  # a wake-up file is something else there
            self._ears = Ears(loop, self._hear)
        for number in _SIGNALS:
            self._previous[number] = signal.getsignal(number)

            def handle(signum: int, frame: FrameType | None) -> None:
                with contextlib.suppress(RuntimeError):  # the loop is closed: nothing is left to drain
                    loop.call_soon_threadsafe(self.begin)
                previous = self._previous[signum]
                if callable(previous):
                    previous(signum, frame)

            signal.signal(number, handle)

    def release_signals(self) -> None:
        """Give the handlers back."""
        for number, previous in self._previous.items():
            signal.signal(number, previous if previous is not None else signal.SIG_DFL)
        self._previous.clear()
        if self._ears is not None:
            self._ears.close()
            self._ears = None

    def _hear(self, numbers: bytes) -> None:
        if self._holding is None and any(number in numbers for number in _SIGNALS):
            self._holding = asyncio.ensure_future(self._hold(numbers))
            self._holding.add_done_callback(_tell_failure)
        else:
            self._tell_server(numbers)  # another signal, or the second of somebody who does not want to wait

    async def _hold(self, numbers: bytes) -> None:
        try:
            self.begin()
            deadline = time.monotonic() + HOLD_MAX_S
            while any(count() for count in self._counts) and time.monotonic() < deadline:  # noqa: ASYNC110  many end
                await asyncio.sleep(LOOK_EVERY_S)
            await asyncio.sleep(FLUSH_S if self._counts else 0)
        finally:
            self._tell_server(numbers)  # or the process would never end

    def _tell_server(self, numbers: bytes) -> None:
        if self._ears is not None:
            self._ears.pass_on(numbers)


def _tell_failure(holding: asyncio.Task[None]) -> None:
    if not holding.cancelled() and (error := holding.exception()) is not None:
        _log.error("drain_failed", exc_info=error)
