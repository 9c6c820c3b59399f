"""Fakes of the ports that services tell things to: they remember what they were told."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from surehold.modules.cart import CartCopy
from surehold.platform.realtime import Hint


class RecordingHinter:
    """Keeps the hints it was given."""

    def __init__(self) -> None:
        self.hints: list[Hint] = []

    def hint(self, *hints: Hint) -> None:
        self.hints.extend(hints)


class RecordingInvalidator:
    """Keeps the tags it was given."""

    def __init__(self) -> None:
        self.tags: list[str] = []

    def invalidate(self, tags: Iterable[str]) -> None:
        self.tags.extend(tags)


class MemoryCopies:
    """Copies of carts in a dict; an older version never replaces a newer one."""

    def __init__(self) -> None:
        self.copies: dict[str, CartCopy] = {}

    def remember(self, owner: str, version: int, body: bytes | None) -> None:
        known = self.copies.get(owner)
        if body is not None and (known is None or version >= known.version):
            latest = max(version, known.latest_version if known else 0)
            self.copies[owner] = CartCopy(body=body, version=version, latest_version=latest)

    async def recall(self, owner: str) -> CartCopy | None:
        return self.copies.get(owner)


async def no_alternatives(_variant: UUID, _currency: str) -> list[dict[str, Any]]:
    """There is nothing else."""
    return []
