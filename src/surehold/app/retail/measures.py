"""How long each step took, as the buyer waited: from the first try to the answer, retries included."""

import math
import time
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager


class Measures:
    """Collects durations in seconds by step."""

    def __init__(self) -> None:
        self._durations_s: defaultdict[str, list[float]] = defaultdict(list)

    @contextmanager
    def timed(self, step: str) -> Generator[None]:
        """Measures the block; one that fails is not counted."""
        began = time.perf_counter()
        yield
        self._durations_s[step].append(time.perf_counter() - began)

    def count(self, step: str) -> int:
        """How often a step was done."""
        return len(self._durations_s[step])

    def percentile_ms(self, step: str, percent: float) -> float:
        """The smallest duration that so many percent of all do not exceed, in milliseconds; 0 without any."""
        durations = sorted(self._durations_s[step])
        if not durations:
            return 0.0
        return durations[max(math.ceil(percent / 100 * len(durations)), 1) - 1] * 1_000
