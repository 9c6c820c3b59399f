"""The latest hints of every topic, so that a client that comes back gets what it missed, on whichever process it lands.

What is kept is complete since a known moment; whether a client missed something it can only be told if that is certain.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

import msgspec

from surehold.platform.realtime.hints import Hint
from surehold.platform.realtime.settings import RealtimeSettings

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Heard:
    """A hint, when it was heard here (Unix milliseconds), and its JSON, made when first asked for."""

    hint: Hint
    at_ms: int
    _body: bytes | None = None

    def body(self, name: str) -> bytes:
        """JSON for a client that knows the topic by this name."""
        if name != self.hint.topic:
            return _encode(msgspec.structs.replace(self.hint, topic=name))
        if self._body is None:
            self._body = _encode(self.hint)
        return self._body


@dataclass(slots=True)
class _Ring:
    """One topic's hints in the order of versions; nothing above `floor` is missing, nothing older than `dropped_ms` matters."""

    floor: int
    dropped_ms: int = 0
    hints: deque[Heard] = field(default_factory=deque[Heard])

    @property
    def newest(self) -> int:
        return self.hints[-1].hint.version


class History:
    """Hints kept in memory, oldest topics first to go."""

    def __init__(self, settings: RealtimeSettings) -> None:
        self._max_hints, self._max_per_topic = settings.max_hints_kept, settings.max_hints_kept_per_topic
        self._skew_ms = int(settings.clock_skew_s * 1_000)
        self._rings: OrderedDict[str, _Ring] = OrderedDict()
        self._count = 0
        self._complete_since_ms: int | None = None

    def __len__(self) -> int:
        return self._count

    def restart(self, complete_since_ms: int | None) -> None:
        """Forget everything: hints may have been lost. None: they are being lost now."""
        self._rings.clear()
        self._count = 0
        self._complete_since_ms = complete_since_ms

    def add(self, heard: Heard) -> bool:
        """Keep a hint; False if the topic is known to be as far already."""
        topic, version = heard.hint.topic, heard.hint.version
        ring = self._rings.get(topic)
        if ring is None:
            ring = self._rings[topic] = _Ring(floor=version - 1)
        elif version <= ring.newest:
            return False
        ring.hints.append(heard)
        self._rings.move_to_end(topic)
        self._count += 1
        if len(ring.hints) > self._max_per_topic:
            self._drop_oldest(ring)
        if self._count > self._max_hints:
            self._drop_topic()
        return True

    def missed(self, topic: str, version: int | None, at_ms: int | None) -> list[Heard] | None:
        """The hints after a version, or after a moment up to which the client was served; None if that cannot be known."""
        if self._complete_since_ms is None:
            return None
        ring = self._rings.get(topic)
        sure_from_ms = None if at_ms is None else at_ms - self._skew_ms
        by_time = sure_from_ms is not None and self._complete_since_ms <= sure_from_ms
        if ring is None:
            return [] if by_time else None
        if version is not None and version >= ring.floor:
            return [heard for heard in ring.hints if heard.hint.version > version]
        if sure_from_ms is None or not by_time or ring.dropped_ms > sure_from_ms:
            return None
        return [heard for heard in ring.hints if heard.at_ms > sure_from_ms and heard.hint.version > (version or 0)]

    def _drop_oldest(self, ring: _Ring) -> None:
        dropped = ring.hints.popleft()
        ring.floor, ring.dropped_ms = dropped.hint.version, dropped.at_ms
        self._count -= 1

    def _drop_topic(self) -> None:
        _, ring = self._rings.popitem(last=False)
        self._count -= len(ring.hints)
        if self._complete_since_ms is not None:
            self._complete_since_ms = max(self._complete_since_ms, ring.hints[-1].at_ms)
