"""How many streams there are: per actor, per network and in all, each with its limit."""

from collections import Counter

from surehold.platform.http import Actor, ActorKind
from surehold.platform.realtime.errors import StreamLimitError
from surehold.platform.realtime.settings import RealtimeSettings

_RETRY_AFTER_S = 30


class Places:
    """The places for streams in this process."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self._settings = settings
        self._taken: Counter[str] = Counter()
        self.total = 0

    def take(self, actor: Actor) -> tuple[str, ...]:
        """Take a place; out goes what to give back. StreamLimitError if there is none for this actor."""
        limits = {f"network:{actor.network}": self._settings.max_streams_per_network}
        if actor.kind is not ActorKind.ANONYMOUS:
            limits[actor.key] = self._settings.max_streams_per_actor
        full = self.total >= self._settings.max_streams
        if full or any(self._taken[key] >= limit for key, limit in limits.items()):
            raise StreamLimitError("Close a stream, or share one between tabs.", retry_after_s=_RETRY_AFTER_S)
        self._taken.update(limits.keys())
        self.total += 1
        return tuple(limits)

    def give_back(self, keys: tuple[str, ...]) -> None:
        """A stream ended."""
        self.total -= 1
        for key in keys:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]
