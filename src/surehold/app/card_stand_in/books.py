"""The provider's books: one SQLite file that survives kill -9.

What a call books, the answer to its key and its events are one transaction.
"""

import os
import secrets
import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from surehold.app.card_stand_in.errors import Json

FILE = "books.sqlite3"
BUSY_S = 10.0
ANSWERS_KEPT_S = 24 * 3600
CALLS_KEPT = 20_000
CALLS_PRUNED_EACH = 500
FINGERPRINT_KEY_BYTES = 32
_SCHEMA = """
create table if not exists objects (
  seq integer primary key autoincrement, id text not null unique, kind text not null, created integer not null,
  parent text, due integer, body blob not null) strict;
create index if not exists objects_by_kind on objects (kind, seq);
create index if not exists objects_by_parent on objects (parent, kind, seq);
create index if not exists objects_by_due on objects (due) where due is not null;
create table if not exists tags (kind text not null, name text not null, value text not null, id text not null) strict;
create unique index if not exists tags_by_value on tags (kind, name, value, id);
create index if not exists tags_by_object on tags (id);
create table if not exists answers (
  key text primary key, created integer not null, asked blob not null, status integer not null, body blob not null) strict;
create index if not exists answers_by_age on answers (created);
create table if not exists deliveries (
  n integer primary key autoincrement, event text not null, type text not null, due real not null, tries integer not null default 0,
  state text not null, status integer, error text, sent_at text not null default '[]') strict;
create index if not exists deliveries_by_due on deliveries (state, due);
create table if not exists calls (
  n integer primary key autoincrement, at real not null, op text not null, method text not null, path text not null, key text,
  status integer, outcome text not null, request_id text not null, params blob not null) strict;
create index if not exists calls_by_key on calls (key);
create table if not exists settings (name text primary key, value blob not null) strict;
"""


class Books:
    """Everything that is known. One process, one thread; every change happens within `unit`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / FILE
        os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        self._db = sqlite3.connect(file, timeout=BUSY_S, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(_SCHEMA)
        with self.unit():
            self._db.execute(
                "insert into settings values ('fingerprint_key', ?) on conflict do nothing",
                (secrets.token_bytes(FINGERPRINT_KEY_BYTES),),
            )
        self.fingerprint_key = bytes(self.row("select value from settings where name = 'fingerprint_key'")["value"])

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def unit(self) -> Generator[None]:
        """One transaction, on disk when this ends; nothing of it when an exception leaves it."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def run(self, sql: str, *values: object) -> int:
        """Change rows; out goes how many."""
        return self._db.execute(sql, values).rowcount

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read rows."""
        return [dict(row) for row in self._db.execute(sql, values).fetchall()]

    def row(self, sql: str, *values: object) -> dict[str, Any]:
        """Read the one row that must be there."""
        (found,) = self.rows(sql, *values)
        return found

    def add(self, body: Json, *, parent: str | None = None, due: int | None = None) -> None:
        """A new object, found by its id, its kind, its parent and its metadata."""
        self.run(
            "insert into objects (id, kind, created, parent, due, body) values (?, ?, ?, ?, ?, ?)",
            body["id"], body["object"], body["created"], parent, due, msgspec.json.encode(body),
        )  # fmt: skip
        self._tag(body)

    def save(self, body: Json, *, due: int | None = None) -> None:
        """An object that changed. `due`: when the clock will change it next."""
        self.run("update objects set body = ?, due = ? where id = ?", msgspec.json.encode(body), due, body["id"])
        self.run("delete from tags where id = ?", body["id"])
        self._tag(body)

    def find(self, id_: str, kind: str | None = None) -> Json | None:
        """An object, or None."""
        rows = self.rows("select body from objects where id = ? and kind = coalesce(?, kind)", id_, kind)
        return msgspec.json.decode(rows[0]["body"]) if rows else None

    def of_parent(self, parent: str, kind: str) -> list[Json]:
        """What belongs to an object, the oldest first."""
        return self.bodies("select body from objects where parent = ? and kind = ? order by seq", parent, kind)

    def bodies(self, sql: str, *values: object) -> list[Json]:
        """Objects by a query that gives `body`."""
        return [msgspec.json.decode(row["body"]) for row in self.rows(sql, *values)]

    def setting(self, name: str, default: object, type_: Any = Any) -> Any:
        """What was kept under a name."""
        rows = self.rows("select value from settings where name = ?", name)
        return msgspec.json.decode(rows[0]["value"], type=type_) if rows else default

    def keep_setting(self, name: str, value: object) -> None:
        """Keep something under a name."""
        self.run(
            "insert into settings values (?, ?) on conflict (name) do update set value = excluded.value",
            name, msgspec.json.encode(value),
        )  # fmt: skip

    def find_answer(self, key: str, now: int) -> tuple[bytes, int, bytes] | None:
        """What was asked with a key and answered, unless the key is older than a day: then it is forgotten."""
        self.run("delete from answers where created <= ?", now - ANSWERS_KEPT_S)
        rows = self.rows("select asked, status, body from answers where key = ?", key)
        return (rows[0]["asked"], rows[0]["status"], rows[0]["body"]) if rows else None

    def keep_answer(self, key: str, asked: bytes, now: int, answer: tuple[int, bytes]) -> None:
        """The answer that belongs to a key from now on."""
        self.run("insert into answers values (?, ?, ?, ?, ?)", key, now, asked, *answer)

    def log_call(self, **call: object) -> None:
        """One line of the log: who called what, with which key, and how it ended. The oldest lines go."""
        columns = ", ".join(call)
        marks = ", ".join("?" for _ in call)
        self.run(f"insert into calls ({columns}) values ({marks})", *call.values())  # noqa: S608  our own names
        newest = self.row("select last_insert_rowid() as n")["n"]
        if newest % CALLS_PRUNED_EACH == 0:
            self.run("delete from calls where n <= ?", newest - CALLS_KEPT)

    def _tag(self, body: Json) -> None:
        tags: Sequence[tuple[str, str]] = [
            *((f"metadata.{name}", value) for name, value in (body.get("metadata") or {}).items()),
            *((name, body[name]) for name in ("status", "customer") if isinstance(body.get(name), str)),
        ]
        for name, value in tags:
            self.run("insert into tags values (?, ?, ?, ?)", body["object"], name, value, body["id"])
