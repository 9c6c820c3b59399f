"""Servers of your own: asked before anything starts, so that a wrong URL is one line and not a log full of retries."""

import re

import psycopg
import valkey

from surehold.app.up.errors import StartError
from surehold.platform.valkey import with_checked_name

CONNECT_TIMEOUT_S = 10
POSTGRES_OLDEST = 17
VERSION_UNIT = 10_000  # server_version is 170004 for 17.4
_IN_AUTHORITY = re.compile(r"(://[^:/?#@]*:).*@")
_IN_QUERY = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^&\s]+)", re.IGNORECASE)


def require_postgres(url: str) -> None:
    """Refuses a database that does not answer, or whose PostgreSQL is too old."""
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
            major = connection.info.server_version // VERSION_UNIT
    except psycopg.Error as error:
        raise StartError(
            f"The database at {without_password(url)} does not answer: {_first(error)} Check --database-url."
        ) from error
    if major < POSTGRES_OLDEST:
        raise StartError(
            f"The database at {without_password(url)} is PostgreSQL {major}; {POSTGRES_OLDEST} or newer is needed."
        )


def require_valkey(url: str) -> None:
    """Refuses a Valkey that does not answer."""
    try:
        with valkey.Valkey.from_url(
            with_checked_name(url), socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=CONNECT_TIMEOUT_S
        ) as connection:
            connection.ping()
    except (valkey.ValkeyError, ValueError) as error:
        raise StartError(
            f"The Valkey at {without_password(url)} does not answer: {_first(error)} Check --valkey-url."
        ) from error


def without_password(url: str) -> str:
    """A URL that may be shown. By pattern, for what cannot be parsed may hold a password all the same."""
    return _IN_QUERY.sub(r"\1…", _IN_AUTHORITY.sub(r"\1…@", url))


def _first(error: Exception) -> str:
    """The first line of a driver's explanation, as a sentence."""
    line = (str(error).splitlines() or [type(error).__name__])[0].strip()
    return line if line.endswith(".") else f"{line}."
