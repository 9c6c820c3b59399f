"""Changing keys: where each is used, and sealing everything anew, in the database and in the copies of carts in Valkey."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from valkey.exceptions import ValkeyError

from surehold.adapters.carts.valkey_copies import ValkeyCartCopies
from surehold.app.container import require_fitting_keys
from surehold.app.sealed_columns import SEALED_COLUMNS
from surehold.app.settings import Settings
from surehold.platform.db import Database
from surehold.platform.failpoints import failpoint
from surehold.platform.sealed import (
    KeyRing,
    KeyRingError,
    SealedCodec,
    count_by_key,
    count_rows,
    reseal_column,
)
from surehold.platform.valkey import connect

COPIES = "copies of carts in Valkey"
STATEMENT_TIMEOUT_MS = 600_000  # counting reads a whole table
ResultT = TypeVar("ResultT")
Advance = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDesk:
    """What a change of keys works with."""

    ring: KeyRing
    db: Database
    copies: ValkeyCartCopies


@dataclass(slots=True)
class Rotation:
    """What a rotation did: values sealed anew, rows that somebody held all the time, values that do not open (and some names)."""

    changed: int = 0
    busy: int = 0
    unopened: int = 0
    named: list[str] = field(default_factory=list[str])


@asynccontextmanager
async def open_key_desk(settings: Settings) -> AsyncGenerator[KeyDesk]:
    """The desk for the length of a block. UnavailableError; SettingsError when the keys are not those of this database."""
    pool = msgspec.structs.replace(
        settings.db, min_size=1, max_size=2, statement_timeout_ms=STATEMENT_TIMEOUT_MS, application_name="surehold-keys"
    )
    ring, valkey = settings.core.key_ring, connect(settings.core.valkey_url)
    db = Database(settings.core.database_url, pool)
    await db.open()
    try:
        await require_fitting_keys(db, settings)
        yield KeyDesk(ring=ring, db=db, copies=ValkeyCartCopies(valkey, SealedCodec(ring)))
    finally:
        await db.close()
        await valkey.aclose()


async def used_keys(desk: KeyDesk) -> dict[str, dict[str, int]]:
    """How many values each key (by its id, hex) seals, by place. KeyRingError when Valkey cannot be asked."""
    used = {str(column): await count_by_key(desk.db, column) for column in SEALED_COLUMNS}
    return {**used, COPIES: await _of_valkey(desk.copies.count_by_key)}


async def rows_to_rotate(desk: KeyDesk) -> int:
    """How many rows a rotation looks at, for a bar that tells how far it is."""
    return sum([await count_rows(desk.db, column) for column in SEALED_COLUMNS])


async def rotate(desk: KeyDesk, advance: Advance) -> Rotation:
    """Seal everything under the current key; `advance` hears the place and how many rows of it were looked at."""
    codec, total = SealedCodec(desk.ring), Rotation()
    for column in SEALED_COLUMNS:

        async def tell(rows: int, place: str = str(column)) -> None:
            advance(place, rows)
            await failpoint("keys.rotate.batch")

        done = await reseal_column(desk.db, codec, column, tell)
        total.changed += done.changed
        total.busy += done.busy
        total.unopened += done.unopened
        total.named += done.named
    changed, unopened = await _of_valkey(desk.copies.reseal)
    total.changed += changed
    total.unopened += unopened
    if unopened:
        total.named.append(f"{unopened} {COPIES} (they expire within a day)")
    return total


def uses_of(key: str, used: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Where a key is used and how often; empty when nowhere."""
    return {place: counts[key] for place, counts in used.items() if counts.get(key)}


async def _of_valkey(ask: Callable[[], Awaitable[ResultT]]) -> ResultT:
    try:
        return await ask()
    except (ValkeyError, OSError) as error:
        raise KeyRingError(
            f"Valkey holds copies that are sealed, and does not answer ({type(error).__name__})"
        ) from error
