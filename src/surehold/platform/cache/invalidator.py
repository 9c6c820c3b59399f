"""What writers need of the cache: one call, after the commit."""

from collections.abc import Iterable
from typing import Protocol


class Invalidator(Protocol):
    """Drops cached answers in every process, after the change that made them old is committed."""

    def invalidate(self, tags: Iterable[str]) -> None:
        """Drop what was made from these things: `product:ID`, `variant:ID`, `category:ID`, `listing`. Returns at once."""
        ...


class NoInvalidator:
    """For processes and tests in which nothing is cached."""

    def invalidate(self, tags: Iterable[str]) -> None:
        """Nothing to drop."""
