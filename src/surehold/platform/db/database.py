"""Connections and units of work. Transactions are opened and closed here and nowhere else."""

import random
from asyncio import sleep
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, LiteralString, Protocol, TypeVar, cast

import msgspec
import psycopg
from psycopg.abc import Params

from surehold.kernel.errors import UnavailableError
from surehold.platform.db.connections import Connections, PoolSettings
from surehold.platform.db.errors import is_retryable, translated

Row = tuple[Any, ...]
ResultT = TypeVar("ResultT")

CONFLICT_TRIES = 4
CONFLICT_BACKOFF_S = 0.02


class Executor(Protocol):
    """Runs statements: the database itself (each statement its own transaction) or a unit of work."""

    async def execute(self, sql: LiteralString, params: Params | None = None) -> int:
        """Run a statement; out goes the number of rows it changed."""
        ...

    async def fetch_one(self, sql: LiteralString, params: Params | None = None) -> Row | None:
        """The first row, or None."""
        ...

    async def fetch_all(self, sql: LiteralString, params: Params | None = None) -> list[Row]:
        """All rows; the statement carries its own LIMIT."""
        ...

    async def execute_many(self, sql: LiteralString, params: Sequence[Params]) -> None:
        """Run one statement for many parameter sets, batched on the wire."""
        ...


class _Runner:
    """Statements on one connection."""

    __slots__ = ("_connection",)

    def __init__(self, connection: psycopg.AsyncConnection[Row]) -> None:
        self._connection = connection

    async def execute(self, sql: LiteralString, params: Params | None = None) -> int:
        with translated():
            cursor = await self._connection.execute(sql, params)
        return cursor.rowcount

    async def fetch_one(self, sql: LiteralString, params: Params | None = None) -> Row | None:
        with translated():
            cursor = await self._connection.execute(sql, params, binary=True)
        return await cursor.fetchone()

    async def fetch_all(self, sql: LiteralString, params: Params | None = None) -> list[Row]:
        with translated():
            cursor = await self._connection.execute(sql, params, binary=True)
        return await cursor.fetchall()

    async def execute_many(self, sql: LiteralString, params: Sequence[Params]) -> None:
        async with self._connection.cursor() as cursor:
            await cursor.executemany(sql, params)


class Unit(_Runner):
    """One unit of work: all of it happens, or none of it. Callbacks given to `after_commit` run once it has."""

    __slots__ = ("_after_commit",)

    def __init__(self, connection: psycopg.AsyncConnection[Row]) -> None:
        super().__init__(connection)
        self._after_commit: list[Callable[[], Awaitable[None] | None]] = []

    @property
    def connection(self) -> psycopg.AsyncConnection[Row]:
        """The raw connection, for COPY and pipelines in stores."""
        return self._connection

    def after_commit(self, callback: Callable[[], Awaitable[None] | None]) -> None:
        """Run something once the unit is committed (hints, wake-ups: never anything that must not be lost)."""
        self._after_commit.append(callback)

    async def run_after_commit(self) -> None:
        """Run the callbacks; called by the database when the commit is through."""
        for callback in self._after_commit:
            result = callback()
            if result is not None:
                await result


class Database:
    """A pool of connections to one PostgreSQL.

    Called directly, each statement is a transaction of its own (one round trip). `unit()` opens a longer one.
    """

    def __init__(self, url: str, settings: PoolSettings | None = None) -> None:
        self.settings = settings or PoolSettings()
        self._connections = Connections(url, self.settings)

    async def open(self) -> None:
        """Connect; waits until the server answers, OPEN_TIMEOUT_S long at most."""
        with translated():
            await self._connections.open()

    async def close(self) -> None:
        """Give all connections back and close them."""
        await self._connections.close()

    async def answers(self) -> bool:
        """Whether the database answers now."""
        try:
            await self.fetch_one("select 1")
        except UnavailableError:
            return False
        return True

    def pool_stats(self) -> dict[str, int]:
        """Counters of the pool, for metrics."""
        return self._connections.stats()

    @asynccontextmanager
    async def unit(self) -> AsyncGenerator[Unit]:
        """Open a unit of work; it commits when the block ends and rolls back when it raises."""
        async with self._transaction() as unit:
            yield unit
        await unit.run_after_commit()

    async def in_unit(self, work: Callable[[Unit], Awaitable[ResultT]]) -> ResultT:
        """Do work as one unit that starts anew when a deadlock or another lock conflict undid it; out goes what it answers.

        The work may run CONFLICT_TRIES times, so it does nothing that a rollback does not undo; other work opens `unit()`.
        """

        async def once() -> tuple[Unit, ResultT]:
            async with self._transaction() as unit:
                return unit, await work(unit)

        unit, result = await _until_through(once)
        await unit.run_after_commit()
        return result

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[Unit]:
        with translated():
            async with self._connections.take() as connection, connection.transaction():
                yield Unit(connection)

    async def execute(self, sql: LiteralString, params: Params | None = None) -> int:
        """Run one statement as its own transaction; out goes the number of rows it changed."""
        return await self._single(lambda runner: runner.execute(sql, params))

    async def fetch_one(self, sql: LiteralString, params: Params | None = None) -> Row | None:
        """Run one statement as its own transaction; its first row, or None."""
        return await self._single(lambda runner: runner.fetch_one(sql, params))

    async def fetch_all(self, sql: LiteralString, params: Params | None = None) -> list[Row]:
        """Run one statement as its own transaction; all its rows."""
        return await self._single(lambda runner: runner.fetch_all(sql, params))

    async def execute_many(self, sql: LiteralString, params: Sequence[Params]) -> None:
        """Run one statement for many parameter sets; each is a transaction of its own."""
        await self._single(lambda runner: runner.execute_many(sql, params))

    async def _single(self, run: Callable[[_Runner], Awaitable[ResultT]]) -> ResultT:
        async def once() -> ResultT:
            with translated():
                async with self._connections.take() as connection:
                    return await run(_Runner(connection))

        return await _until_through(once)


async def _until_through(attempt: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Repeat what a lock conflict undid whole, CONFLICT_TRIES times at most, with full jitter in between."""
    for number in range(1, CONFLICT_TRIES + 1):
        try:
            return await attempt()
        except psycopg.Error as error:
            if number == CONFLICT_TRIES or not is_retryable(error):
                raise
            await sleep(random.uniform(0, CONFLICT_BACKOFF_S * 2**number))  # noqa: S311  jitter, no secret
    raise AssertionError("unreachable: the last try returns or raises")


async def fetch_json(executor: Executor, sql: LiteralString, params: Params, type_: type[ResultT]) -> ResultT | None:
    """The single JSON document (as text) that a statement answers, decoded; None if the statement answers NULL or no row."""
    row = await executor.fetch_one(sql, params)
    if row is None or row[0] is None:
        return None
    return msgspec.json.decode(cast("str | bytes", row[0]), type=type_)
