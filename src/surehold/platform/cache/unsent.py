"""Invalidations on their way: until they arrive, this process must not believe what the second level says about them."""

from collections.abc import Iterable


class Unsent:
    """What this process knows to have changed and the second level may not know yet."""

    def __init__(self) -> None:
        self._waiting: set[str] = set()
        self._on_its_way: frozenset[str] = frozenset()
        self._everything = False
        self._everything_on_its_way = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, tags: Iterable[str]) -> None:
        """These changed."""
        self._waiting.update(tags)

    def add_all(self) -> None:
        """Anything may have changed."""
        self._everything = True

    def take(self) -> list[str] | None:
        """What to send now; None means everything. It counts as unsent until `sent`."""
        if self._everything:
            self._waiting.clear()
            self._everything = False
            self._everything_on_its_way = True
            return None
        self._on_its_way = frozenset(self._waiting)
        self._waiting.clear()
        return list(self._on_its_way)

    def sent(self) -> None:
        """What was taken has arrived."""
        self._on_its_way = frozenset()
        self._everything_on_its_way = False

    def snapshot(self) -> frozenset[str] | None:
        """The tags whose second-level answers may be old now; None for all."""
        if self._everything or self._everything_on_its_way:
            return None
        return self._on_its_way | self._waiting if self._waiting else self._on_its_way
