"""Ending well: from the first SIGTERM on the process says it is not ready, and streams end themselves.

The server waits for open connections without a limit, so whatever streams must watch this.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class Drain:
    """Whether the process is on its way out."""

    def __init__(self) -> None:
        self.begun = False
        self._callbacks: list[Callable[[], None]] = []
        self._previous: dict[int, Any] = {}

    def on_begin(self, callback: Callable[[], None]) -> None:
        """Call this when draining begins."""
        self._callbacks.append(callback)

    def begin(self) -> None:
        """Begin; more than once changes nothing."""
        if self.begun:
            return
        self.begun = True
        for callback in self._callbacks:
            callback()

    def watch_signals(self) -> None:
        """Begin at SIGTERM or SIGINT, besides what the server does about them.

        The server's own handler goes on: an event loop learns of signals through its wake-up file, which stays; a plain handler
        is called by ours.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
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
