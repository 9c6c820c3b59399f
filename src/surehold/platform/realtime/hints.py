"""Hints to whoever is looking: a topic, a version, sent after commit, best effort; after a gap the client refetches."""

from typing import Any, Protocol

import msgspec


class Hint(msgspec.Struct, frozen=True, kw_only=True):
    """What changed. `topic` is `variant:ID`, `cart:ID` or `order:ID`; `version` grows with every change of that thing.

    There is one count of versions per topic: who has seen a version needs no hint with that or a smaller one.
    """

    topic: str
    version: int
    kind: str
    data: dict[str, Any] = {}


class Hinter(Protocol):
    """Sends hints to every process that has somebody listening."""

    def hint(self, *hints: Hint) -> None:
        """Send after commit; returns at once, never fails the caller."""
        ...
