"""Databases for tests: made from a migrated template, dropped afterwards."""

import time
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

DROP_TRIES = 50
DROP_PAUSE_S = 0.1


def with_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def make_database(owner_url: str, name: str, template: str | None = None) -> None:
    """Create a database, as a copy of the template if one is given."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        source = sql.SQL(" template {}").format(sql.Identifier(template)) if template else sql.SQL("")
        connection.execute(sql.SQL("create database {}{}").format(sql.Identifier(name), source))


def drop_database(owner_url: str, name: str) -> None:
    """Drop a database as soon as the last of its closed connections has ended on the server."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for attempt in range(DROP_TRIES):
            try:
                connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))
            except psycopg.errors.ObjectInUse:
                if attempt == DROP_TRIES - 1:
                    raise
                time.sleep(DROP_PAUSE_S)
            else:
                return
