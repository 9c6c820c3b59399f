"""Connections of one process, kept open between statements.

A server that was restarted leaves dead connections behind. One is told from a living one by looking at its socket before it is
given out (a microsecond, no round trip), so that no statement is ever sent into the void and none has to be sent twice.
"""

import select
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import msgspec
import psycopg
from psycopg.pq import ConnStatus
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
Pool = AsyncConnectionPool[Connection]

OPEN_TIMEOUT_S = 30.0
CLOSE_TIMEOUT_S = 5.0
CONNECT_TIMEOUT_S = 3
RECONNECT_EVERY_S = 0.2  # while somebody waits; the pool's own backoff would sleep through the server's return
LOOKS_MAX = 3  # at a socket that has something to read: a last message, then the end


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one process's connections.

    A request waits `acquire_timeout_s` for a connection before it is answered 503: 200 buyers of one variant queue for about a
    second, and must hear yes or no, not "busy". It waits only `away_timeout_s` for a server that does not answer at all.

    Few connections serve more: with twelve a process, two cores went from one cold backend to the next, and an add cost PostgreSQL
    a third more. A worker needs more of them, for a reaction reads on another connection than its unit's.
    """

    min_size: int = 2
    max_size: int = 3
    worker_max_size: int = 12
    acquire_timeout_s: float = 3.0
    away_timeout_s: float = 1.0
    statement_timeout_ms: int = 15_000
    lock_timeout_ms: int = 5_000
    application_name: str = "surehold"

    def for_api(self) -> "PoolSettings":
        """Those of an API process; pg_stat_activity shows whose connection is whose."""
        return msgspec.structs.replace(self, application_name=f"{self.application_name}-api")

    def for_worker(self) -> "PoolSettings":
        """Those of a worker."""
        return msgspec.structs.replace(
            self, application_name=f"{self.application_name}-worker", max_size=self.worker_max_size
        )


class Connections:
    """A pool that gives out only connections whose server is there."""

    def __init__(self, url: str, settings: PoolSettings) -> None:
        self._settings = settings
        self._away = False
        self._pool: Pool = AsyncConnectionPool(
            url,
            open=False,
            min_size=settings.min_size,
            max_size=settings.max_size,
            timeout=settings.acquire_timeout_s,
            reconnect_timeout=RECONNECT_EVERY_S,
            reconnect_failed=self._note_away,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 0,
                "row_factory": tuple_row,
                "application_name": settings.application_name,
                "connect_timeout": CONNECT_TIMEOUT_S,
                "options": f"-c statement_timeout={settings.statement_timeout_ms} -c timezone=UTC"
                f" -c lock_timeout={settings.lock_timeout_ms} -c idle_in_transaction_session_timeout=30000"
                # Every statement is a look-up by key with arrays: planning each call anew costs more than it can win, and a
                # plan that was made while its tables were empty must not read them whole when they are full.
                " -c plan_cache_mode=force_generic_plan -c jit=off -c enable_seqscan=off",
            },
        )

    async def open(self) -> None:
        """Connect; PoolTimeout when the server does not answer within OPEN_TIMEOUT_S."""
        await self._pool.open(wait=False)
        await self._pool.putconn(await self._living(OPEN_TIMEOUT_S, OPEN_TIMEOUT_S))

    async def close(self) -> None:
        """Close them; those in use are closed when they come back."""
        await self._pool.close(CLOSE_TIMEOUT_S)

    def stats(self) -> dict[str, int]:
        """Counters of the pool."""
        return self._pool.get_stats()

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[Connection]:
        """A living connection for the length of a block; PoolTimeout when there is none in time."""
        connection = await self._living(self._settings.acquire_timeout_s, self._settings.away_timeout_s)
        try:
            yield connection
        finally:
            await self._pool.putconn(connection)

    async def _living(self, timeout_s: float, away_timeout_s: float) -> Connection:
        began = monotonic()
        while True:
            connection = await self._next(began + (min(timeout_s, away_timeout_s) if self._away else timeout_s))
            if connection is None:
                continue
            if is_alive(connection):
                self._away = False
                return connection
            await connection.close()
            await self._pool.putconn(connection)

    async def _next(self, deadline: float) -> Connection | None:
        """One from the pool; None when it is worth asking again, for each asking makes the pool try to connect."""
        left_s = max(deadline - monotonic(), 0.0)
        try:
            return await self._pool.getconn(min(left_s, RECONNECT_EVERY_S) if self._away else left_s)
        except PoolTimeout:
            if monotonic() >= deadline:
                raise
            return None

    async def _note_away(self, _: Pool) -> None:
        self._away = True


def is_alive(connection: Connection) -> bool:
    """Whether an idle connection's server is still at the other end, as far as can be told without asking it."""
    pgconn = connection.pgconn
    if pgconn.status != ConnStatus.OK:
        return False
    poll = select.poll()
    poll.register(pgconn.socket, select.POLLIN)
    for _ in range(LOOKS_MAX):
        if not poll.poll(0):
            return True  # nothing to read: neither an end nor a last word
        try:
            pgconn.consume_input()
        except psycopg.OperationalError:
            return False
    return False
