"""Which columns are sealed: each module declares its own, and what changes keys walks them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """A column of sealed values. `key`: the primary key, name and type; `context` has a `{}` for each part of it.

    `of`: the column whose value the context names in place of the key, where a value is kept for another row's sake.
    """

    table: str
    column: str
    context: str
    key: tuple[tuple[str, str], ...] = (("id", "uuid"),)
    of: str | None = None

    @property
    def named_by(self) -> tuple[str, ...]:
        """The columns that the context names."""
        return (self.of,) if self.of else tuple(name for name, _ in self.key)

    def context_of(self, names: Sequence[Any]) -> str:
        """The context of the value in the row in which `named_by` are these."""
        return self.context.format(*names)

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"
