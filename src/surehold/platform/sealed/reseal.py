"""Sealing what is stored anew under the current key, while the shop works.

Where it got to is written in the values themselves, each of which names its key: whoever is killed starts again and passes over
what is done. A value is replaced only if it still is what was read, and a row that somebody holds is left for the next pass: this
waits for nobody's lock, so it can be part of no deadlock.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString, cast

from surehold.platform.db import Database
from surehold.platform.sealed.codec import SealedCodec, SealedError
from surehold.platform.sealed.columns import SealedColumn

BATCH_ROWS = 200
PASSES_MAX = 5
NAMED_MAX = 100

Row = tuple[Any, ...]
Tell = Callable[[int], Awaitable[None]]
"""Hears how many rows were looked at and, where they were stale, are sealed anew."""


@dataclass(slots=True)
class Resealed:
    """What became of a column: values under the current key now, rows others held all the time, and what does not open."""

    changed: int = 0
    busy: int = 0
    unopened: int = 0
    named: list[str] = field(default_factory=list[str])
    """The first NAMED_MAX of the values that do not open. They were not touched."""

    def note_unopened(self, name: str) -> None:
        """Count a value that does not open."""
        self.unopened += 1
        if len(self.named) < NAMED_MAX:
            self.named.append(name)


async def count_by_key(db: Database, column: SealedColumn) -> dict[str, int]:
    """How many values of a column each key (by its id, hex) seals."""
    rows = await db.fetch_all(
        cast(
            "LiteralString",
            f"select substring({column.column} from 2 for 8), count(*) from {column.table}"  # noqa: S608  declared names
            f" where {column.column} is not null group by 1",
        )
    )
    return {bytes(key).hex(): int(count) for key, count in rows}


async def count_rows(db: Database, column: SealedColumn) -> int:
    """How many rows a pass looks at."""
    row = await db.fetch_one(cast("LiteralString", f"select count(*) from {column.table}"))  # noqa: S608  declared name
    return int(row[0]) if row else 0


async def reseal_column(db: Database, codec: SealedCodec, column: SealedColumn, tell: Tell) -> Resealed:
    """Seal every value of a column under the current key; `tell` hears of every batch.

    Rows are passed over again (PASSES_MAX times at most) while some were held by others.
    """
    done = Resealed()
    for _ in range(PASSES_MAX):
        this = await _pass(db, codec, column, tell)
        done = Resealed(done.changed + this.changed, this.busy, this.unopened, this.named)
        if done.busy == 0:
            break
    return done


async def _pass(db: Database, codec: SealedCodec, column: SealedColumn, tell: Tell) -> Resealed:
    done = Resealed()
    async for rows in _pages(db, codec, column):
        fresh = list(_resealed(codec, column, rows, done))
        if fresh:
            changed = await db.execute(_replace(column), [list(values) for values in zip(*fresh, strict=True)])
            done.changed += changed
            done.busy += len(fresh) - changed
        await tell(len(rows))
    return done


def _resealed(codec: SealedCodec, column: SealedColumn, rows: Sequence[Row], done: Resealed) -> list[tuple[Any, ...]]:
    """Key, old and new value of each row that is not under the current key and opens."""
    fresh: list[tuple[Any, ...]] = []
    for *key, sealed in rows:
        if sealed is None:
            continue
        try:
            fresh.append((*key, sealed, codec.reseal(sealed, context=column.context_of(key))))
        except SealedError as error:
            done.note_unopened(f"{column} of {', '.join(map(str, key))}: {error}")
    return fresh


async def _pages(db: Database, codec: SealedCodec, column: SealedColumn) -> AsyncIterator[list[Row]]:
    """All rows in the order of their keys: the key, and the value where it is not under the current key."""
    after: Sequence[Any] = ()
    while rows := await db.fetch_all(_page(column, is_first=not after), [codec.head, *after, BATCH_ROWS]):
        yield rows
        after = rows[-1][:-1]


def _page(column: SealedColumn, *, is_first: bool) -> LiteralString:
    names = ", ".join(name for name, _ in column.key)
    places = ", ".join(f"%s::{type_}" for _, type_ in column.key)
    where = "" if is_first else f" where ({names}) > ({places})"
    value = f"case when substring({column.column} from 1 for 9) <> %s then {column.column} end"
    sql = f"select {names}, {value} from {column.table}{where} order by {names} limit %s"  # noqa: S608  declared names
    return cast("LiteralString", sql)


def _replace(column: SealedColumn) -> LiteralString:
    names = [name for name, _ in column.key]
    arrays = ", ".join(f"%s::{type_}[]" for type_ in (*(type_ for _, type_ in column.key), "bytea", "bytea"))
    same = " and ".join(f"t.{name} = n.{name}" for name in names)
    sql = (
        f"with n as materialized (select {', '.join(f't.{name}' for name in names)}, n.fresh"  # noqa: S608  declared names
        f" from unnest({arrays}) as n({', '.join(names)}, old, fresh) join {column.table} t on {same}"
        f" where t.{column.column} = n.old for no key update of t skip locked)"
        f" update {column.table} t set {column.column} = n.fresh from n where {same}"
    )
    return cast("LiteralString", sql)
