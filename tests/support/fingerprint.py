"""A fingerprint of everything that is stored, so that a test can say: nothing changed."""

import psycopg
from psycopg import sql

_TABLES = """select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where c.relkind = 'r' and n.nspname !~ '^(pg_|information_schema)' order by 1, 2"""


def fingerprint(url: str, but: frozenset[str] = frozenset()) -> dict[str, str]:
    """The digest of the rows of every table, by name; tables in `but` are left out."""
    with psycopg.connect(url) as connection:
        tables = [(schema, table) for schema, table in connection.execute(_TABLES) if f"{schema}.{table}" not in but]
        return {f"{schema}.{table}": _digest(connection, schema, table) for schema, table in tables}


def _digest(connection: psycopg.Connection, schema: str, table: str) -> str:
    query = sql.SQL(
        "select count(*) || ':' || coalesce(md5(string_agg(md5(t::text), '' order by md5(t::text))), '') from {} t"
    ).format(sql.Identifier(schema, table))
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
