"""The database files: made whole or not at all, with their roles, extensions and settings."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from surehold.platform.embedded.binaries import PostgresBinaries
from surehold.platform.embedded.errors import EmbeddedError, explain, from_os_error, tail
from surehold.platform.embedded.place import Place
from surehold.platform.embedded.process import Child, empty, spawn

DATABASE = "surehold"
EXTENSIONS = ("pg_trgm", "unaccent", "citext", "btree_gist", "pg_stat_statements")
INIT_TIMEOUT_S = 300
_FINGERPRINT = "surehold.roles"
_READY_LINE = 7  # of postmaster.pid: its status

# Appended to postgresql.conf, where the operator may change it. Durability keeps PostgreSQL's own defaults (fsync and
# synchronous_commit on). Statements are never logged with their values: they may hold personal data, and the caller gets the error.
SETTINGS = """
# Surehold: sized for one shop on a small machine.
max_connections = 100
shared_buffers = 512MB
max_wal_size = 4GB
# An order touches over a hundred tables and indexes; so many locks each connection can take without asking the others.
max_locks_per_transaction = 256
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
log_min_messages = log
log_min_error_statement = panic
"""
HBA = "# Only over the Unix socket, only with a password.\nlocal all all scram-sha-256\n"


class Cluster:
    """The data folder of one PostgreSQL major version, `pg18/`."""

    def __init__(self, place: Place, binaries: PostgresBinaries) -> None:
        self.place = place
        self.binaries = binaries
        self.folder = place.home / f"pg{binaries.major}"
        self.env = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}

    def ensure(self) -> None:
        """Makes the database files when there are none, checks them when there are, and sets lost passwords anew."""
        self._refuse_other_major()
        self.place.require_space(new=not self.folder.exists())
        if not self.folder.exists():
            self._make()
        elif self._fingerprint_path.exists() and self._read(self._fingerprint_path) != self._fingerprint():
            self._forget_dead_server()
            self._single(self.folder, "postgres", [_password_sql(role, word) for role, word in self._roles()])
            self._write_fingerprint(self.folder)
        self._forget_dead_server()

    def is_ready(self, pid: int) -> bool:
        """Whether the server with this process id says that it accepts connections."""
        lines = self._read(self.folder / "postmaster.pid").splitlines()
        return len(lines) > _READY_LINE and lines[0].strip() == str(pid) and lines[_READY_LINE].strip() == "ready"

    @property
    def _fingerprint_path(self) -> Path:
        return self.folder / _FINGERPRINT

    def _refuse_other_major(self) -> None:
        major = self.binaries.major
        found = self._read(self.folder / "PG_VERSION").strip()
        others = [
            path for path in self.place.home.glob("pg*") if re.fullmatch(r"pg\d+", path.name) and path != self.folder
        ]
        if found and found != str(major):
            others.append(self.folder)
        if not others or (self.folder.exists() and found == str(major)):
            return
        old = others[-1]
        was = self._read(old / "PG_VERSION").strip() or old.name.removeprefix("pg")
        raise EmbeddedError(
            f"{old} holds a PostgreSQL {was} database, and this is PostgreSQL {major}. With the Surehold that made it, run "
            f"`./surehold db backup shop.dump`; then move {old} away and run `./surehold db restore shop.dump` with this one."
        )

    def _make(self) -> None:
        """Everything is made in a scratch folder that gets its name last: a power cut leaves nothing half made."""
        scratch = self.folder.with_name(f"{self.folder.name}.new")
        try:
            shutil.rmtree(scratch, ignore_errors=True)
            self.place.make(scratch)
            self._initdb(scratch)
            self._single(scratch, "template1", [f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS])
            self._single(scratch, "postgres", self._founding_sql())
            self._write_fingerprint(scratch)
            scratch.rename(self.folder)
            _sync(self.folder.parent)
        except OSError as error:
            raise from_os_error(error, place=self.folder) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _initdb(self, scratch: Path) -> None:
        # The built-in locale sorts and folds the same on every machine, whatever its libc is.
        options = [
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
        ]
        access = ["--username=surehold_admin", "--auth-local=peer", "--auth-host=reject", "--no-instructions"]
        self._run("initdb", ["-D", scratch, *options, *access], "", scratch)
        for name, text in (("postgresql.conf", SETTINGS), ("pg_hba.conf", HBA)):
            path = scratch / name
            path.write_text(path.read_text() + text if name == "postgresql.conf" else text)

    def _founding_sql(self) -> list[str]:
        roles = [
            f"CREATE ROLE surehold_{role} LOGIN NOSUPERUSER NOCREATEROLE"
            for role, _ in self._roles()
            if role != "admin"
        ]
        return [
            *roles,
            *(_password_sql(role, word) for role, word in self._roles()),
            "ALTER ROLE surehold_owner CREATEDB",  # tests and restores make databases of their own
            "GRANT surehold_audit TO surehold_owner",  # so that it can give audit.record to that role
            f"CREATE DATABASE {DATABASE} OWNER surehold_owner",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {DATABASE} TO surehold_app, surehold_audit",
        ]

    def _roles(self) -> list[tuple[str, str]]:
        return [(role, self.place.passwords[role]) for role in ("admin", "owner", "app", "audit")]

    def _single(self, folder: Path, database: str, statements: Sequence[str]) -> None:
        """Runs statements without a server, one a line; the first error ends it."""
        options = ["--single", "-D", folder, "-c", "exit_on_error=on", database]
        self._run("postgres", options, "".join(f"{statement}\n" for statement in statements), folder)

    def _run(self, name: str, options: Sequence[str | Path], stdin: str, folder: Path) -> None:
        log = self.place.log("postgres-setup")
        empty(log)
        child = Child([self.binaries.tool(name), *options], log, self.place.account, env=self.env)
        process = spawn(child, stdin=subprocess.PIPE)
        try:
            process.communicate(stdin.encode(), timeout=INIT_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.wait()
            raise EmbeddedError(
                f"{name} did not end within {INIT_TIMEOUT_S} s; is the disk of {folder} working?"
            ) from error
        if process.returncode != 0:
            raise explain(tail(log), place=self.folder, what=f"PostgreSQL ({name})")

    def _forget_dead_server(self) -> None:
        """Removes the marks of a server that is gone; the caller has ended all that is ours.

        After a power cut its process id may be another's, and where nobody reaps orphans it stays in the table for ever.
        """
        for path in (self.folder / "postmaster.pid", *self.place.sockets.glob(".s.PGSQL.*")):
            path.unlink(missing_ok=True)

    def _fingerprint(self) -> str:
        return hashlib.sha256(json.dumps(self._roles()).encode()).hexdigest()

    def _write_fingerprint(self, folder: Path) -> None:
        path = folder / _FINGERPRINT
        path.write_text(self._fingerprint())
        if self.place.account is not None:
            os.chown(path, self.place.account.uid, self.place.account.gid)

    def _read(self, path: Path) -> str:
        try:
            return path.read_text()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise from_os_error(error, place=path.parent) from error


def _password_sql(role: str, password: str) -> str:
    return f"ALTER ROLE surehold_{role} PASSWORD '{password}'"  # passwords are URL-safe: no quote can occur


def _sync(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
