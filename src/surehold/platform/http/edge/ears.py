"""Hearing of signals before the event loop does, to decide when it is told.

Python writes the number of each signal into a wake-up file, through which a loop learns of those that it was asked to handle
(`signal.set_wakeup_fd`). Ours stands in its place; what is passed on goes into the loop's own.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable

_READ_BYTES = 4_096


class Ears:
    """Gives the numbers of signals to `hear`, on the loop, once in place. Beside a loop that wants no signals it hears nothing."""

    def __init__(self, loop: asyncio.AbstractEventLoop, hear: Callable[[bytes], None]) -> None:
        self._loop, self._hear = loop, hear
        self._read, self._written = socket.socketpair()
        for end in (self._read, self._written):
            end.settimeout(0)
        self._loops_own = -1
        loop.add_reader(self._read, self._on_signal)

    def take_place(self) -> None:
        """Hear from now on. A loop that is run anew, as servers do after startup, takes its place back: then this is called again."""
        found = signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)
        if found < 0:
            signal.set_wakeup_fd(-1)
        elif found != self._written.fileno():
            self._loops_own = found

    def pass_on(self, numbers: bytes) -> None:
        """Let the loop know of these now."""
        if self._loops_own >= 0:
            os.write(self._loops_own, numbers)

    def close(self) -> None:
        """Give the place back."""
        if self._loops_own >= 0:
            signal.set_wakeup_fd(self._loops_own, warn_on_full_buffer=False)
        self._loop.remove_reader(self._read)
        self._read.close()
        self._written.close()

    def _on_signal(self) -> None:
        self._hear(self._read.recv(_READ_BYTES))
