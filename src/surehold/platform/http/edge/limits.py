"""Rate limits in process: GCRA, one float per client network and class of request, in a bounded table."""

import math
import time
from collections.abc import Callable, Sequence

import msgspec

from surehold.platform.http.edge.settings import LimitRule


class Refusal(msgspec.Struct, frozen=True):
    """A request that came too early: which rule, and when it may come again."""

    rule: LimitRule
    retry_after_s: int


class RateLimiter:
    """Counts per process: with N processes a client may get up to N times as much, which protects just as well (ADR 16).

    GCRA: each request moves a "theoretical arrival time" by one interval; one that would lie more than `burst` intervals ahead of
    now is refused.
    """

    def __init__(
        self, rules: Sequence[LimitRule], *, max_entries: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rules, self._max_entries, self._clock = tuple(rules), max_entries, clock
        self._arrivals: dict[tuple[str, str], float] = {}
        self.refused = dict.fromkeys((rule.name for rule in rules), 0)

    def __len__(self) -> int:
        return len(self._arrivals)

    def rule_for(self, method: str, path: str) -> LimitRule | None:
        """The rule that a request falls under."""
        for rule in self._rules:
            if (not rule.methods or method in rule.methods) and path.startswith(rule.prefix):
                return rule
        return None

    def take(self, rule: LimitRule, network: str) -> Refusal | None:
        """Count one request; a refusal when it comes too early."""
        now = self._clock()
        key = (rule.name, network)
        arrival = self._arrivals.get(key, 0.0)
        arrival = max(arrival, now) + 1.0 / rule.rate_per_s
        too_early_s = arrival - now - rule.burst / rule.rate_per_s
        if too_early_s > 0:
            self.refused[rule.name] += 1
            return Refusal(rule, max(1, math.ceil(too_early_s)))
        self._arrivals[key] = arrival
        if len(self._arrivals) > self._max_entries:
            self._make_room(now)
        return None

    def _make_room(self, now: float) -> None:
        """Forget who has nothing left to wait for; if all have, the older half: a limit may lapse, the table may not grow."""
        self._arrivals = {key: arrival for key, arrival in self._arrivals.items() if arrival > now}
        if len(self._arrivals) > self._max_entries // 2:
            keep = sorted(self._arrivals.items(), key=lambda item: item[1])[len(self._arrivals) // 2 :]
            self._arrivals = dict(keep)
