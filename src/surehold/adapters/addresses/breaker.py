"""A circuit breaker: who failed several times in a row is left alone for a while, then tried with one question."""

import time
from collections.abc import Callable


class Breaker:
    """Counts failures in a row. `clock` gives monotonic seconds."""

    def __init__(self, failures_max: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures_max, self._pause_s, self._clock = failures_max, pause_s, clock
        self._failures = 0
        self._since = 0.0

    def may_pass(self) -> bool:
        """Whether to ask. Of those who come after the pause one goes first, and the others wait for another pause at most."""
        if self._failures < self._failures_max:
            return True
        now = self._clock()
        if now - self._since < self._pause_s:
            return False
        self._since = now
        return True

    def succeeded(self) -> None:
        """It answered."""
        self._failures = 0

    def failed(self) -> None:
        """It did not."""
        self._failures += 1
        self._since = self._clock()
