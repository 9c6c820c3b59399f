"""Writing entries and looking at what became of them."""

import uuid
from collections.abc import Sequence

import psycopg

RECORD = "select audit.record('account:1', 'orders.order_cancelled', 'order', %s, '{\"seq\": 2}', 'req-1')"


def write(connection: psycopg.Connection, count: int = 1) -> None:
    """Entries in the connection's own transaction, if it has one."""
    for _ in range(count):
        connection.execute(RECORD, (uuid.uuid4(),))


def seal(connection: psycopg.Connection, batch: int = 1_000) -> int:
    """One run of the sealer; how many entries it sealed."""
    row = connection.execute("select audit.seal_entries(%s)", (batch,)).fetchone()
    assert row is not None
    return row[0]


def sealed(connection: psycopg.Connection) -> Sequence[int]:
    """The numbers of the entries, in the order in which they were sealed."""
    return [row[0] for row in connection.execute("select entry_seq from audit.seals order by seq").fetchall()]


def gaps(connection: psycopg.Connection) -> list[tuple[int, int]]:
    """What is waited for."""
    return [
        (a, b) for a, b in connection.execute("select from_seq, to_seq from audit.gaps order by from_seq").fetchall()
    ]
