"""Databases for tests: made from a migrated template, dropped afterwards."""

from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


def with_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def make_database(owner_url: str, name: str, template: str | None = None) -> None:
    """Create a database, as a copy of the template if one is given."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        source = sql.SQL(" template {}").format(sql.Identifier(template)) if template else sql.SQL("")
        connection.execute(sql.SQL("create database {}{}").format(sql.Identifier(name), source))


def drop_database(owner_url: str, name: str) -> None:
    """Drop a database, whoever is still connected."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
