"""Advisory locks of one process, all on one connection of its own, so that each looping job runs in one process only.

A lock is kept until the connection ends; whoever asks next gets it then. A transaction pooler between us and PostgreSQL
would break this: the worker's URL must lead to PostgreSQL itself.
"""

import asyncio

import psycopg

from surehold.platform.jobs import store

CONNECT_TIMEOUT_S = 3
ASK_TIMEOUT_S = 5.0


class JobLocks:
    """Asks for locks by name. Losing the connection loses them all; asking again finds that out."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[tuple[bool]] | None = None
        self._mutex = asyncio.Lock()

    async def hold(self, name: str) -> bool:
        """Whether this process has the lock now; asked before every run, so a lost connection is noticed."""
        async with self._mutex, asyncio.timeout(ASK_TIMEOUT_S):
            connection = await self._connected()
            cursor = await connection.execute(store.TRY_LOCK, {"lock_class": store.LOCK_CLASS, "name": name})
            row = await cursor.fetchone()
            return row is not None and row[0]

    async def close(self) -> None:
        """Give all locks back."""
        if self._connection is not None:
            await self._connection.close()

    async def _connected(self) -> psycopg.AsyncConnection[tuple[bool]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url,
                autocommit=True,
                connect_timeout=CONNECT_TIMEOUT_S,
                application_name="surehold-job-locks",
                keepalives_idle=30,
                keepalives_interval=10,
                keepalives_count=3,
            )
        return self._connection
