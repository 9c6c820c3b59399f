"""Which columns are sealed: each module declares its own, and what changes keys walks them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """A column of sealed values.

    `key`: the columns, with their types, of the primary key or of a unique index without a condition, none of them null: rows
    are walked and found by it. `context` has a `{}` for each part of it, or a `{0}` for the parts that it names.
    """

    table: str
    column: str
    context: str
    key: tuple[tuple[str, str], ...] = (("id", "uuid"),)

    def context_of(self, key: Sequence[Any]) -> str:
        """The context of the value in the row with that key."""
        return self.context.format(*key)

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"
