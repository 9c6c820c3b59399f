"""What the machine itself can do: pgbench on the shop's own PostgreSQL, and an empty ASGI application on the shop's own server."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg

from bench.driver import ROOT, Driver
from bench.shop import BenchError, Shop
from surehold.app.up.options import DEFAULT_HOST, DEFAULT_WORKERS
from surehold.app.up.ports import free_port
from surehold.app.up.services import serve_command
from surehold.platform.embedded.binaries import find_postgres

PGBENCH_CLIENTS, PGBENCH_THREADS, PGBENCH_SCALE = 16, 2, 10
DATABASE = "surehold_pgbench"
INIT_S, READY_S, STOP_S = 120.0, 20.0, 10.0
_TPS = re.compile(r"tps = ([\d.]+)")


class Limit(Protocol):
    """Something to compare with."""

    def slice(self, seconds: float) -> float:
        """Operations a second over one slice."""
        ...


class Pgbench:
    """`pgbench -N` (no contention on branches and tellers), as it comes: its own tables, the simple protocol, one commit each."""

    def __init__(self, shop: Shop) -> None:
        url = urlsplit(shop.environment["SUREHOLD_DATABASE_OWNER_URL"])
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self._address = ["-h", query.get("host", url.hostname or ""), "-p", query.get("port", str(url.port or 5432))]
        self._address += ["-U", unquote(url.username or "")]
        self._environment = {**os.environ, "PGPASSWORD": unquote(url.password or "")}
        self._program = find_postgres().tool("pgbench")
        with shop.owner() as connection:
            connection.execute(f"create database {DATABASE}".encode())
        self._run(["-i", "-q", "-s", str(PGBENCH_SCALE)], INIT_S)

    def slice(self, seconds: float) -> float:
        """Transactions a second."""
        whole = max(round(seconds), 1)
        said = self._run(
            ["-N", "-n", "-c", str(PGBENCH_CLIENTS), "-j", str(PGBENCH_THREADS), "-T", str(whole)], whole + READY_S
        )
        found = _TPS.search(said)
        if found is None:
            raise BenchError(f"pgbench says no tps: {said}")
        return float(found.group(1))

    def _run(self, options: list[str], timeout_s: float) -> str:
        command = [self._program, *self._address, *options, DATABASE]
        done = subprocess.run(
            command, capture_output=True, text=True, env=self._environment, timeout=timeout_s, check=False
        )
        if done.returncode != 0:
            raise BenchError(f"pgbench failed: {done.stderr[-500:]}")
        return done.stdout


class Hello:
    """bench.hello on Granian with the shop's own options, answering as many bytes as a product page has."""

    name = "hello"

    def __init__(self, driver: Driver, connections: int, body_bytes: int, log: Path) -> None:
        self._driver = driver
        port = free_port()
        serve = [
            word for word in serve_command(DEFAULT_HOST, port, DEFAULT_WORKERS) if not word.startswith("surehold.")
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "BENCH_BODY_BYTES": str(body_bytes)}
        with log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *serve, "bench.hello:app"], env=environment, stdout=out, stderr=out
            )
        try:
            self._open(port, connections)
        except BaseException:
            self.stop()
            raise

    def _open(self, port: int, connections: int) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            try:
                options = {"paths": ["/"]}
                self._driver.do(
                    "open", name=self.name, port=port, connections=connections, script="reads", options=options
                )
                break
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        self.slice(0.5)

    def slice(self, seconds: float) -> float:
        """Answers a second."""
        return float(self._driver.do("run", name=self.name, seconds=seconds)["per_s"])

    def stop(self) -> None:
        """Ends the server."""
        self._process.terminate()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def durability(shop: Shop) -> dict[str, str]:
    """The settings that a commit's worth hangs on, as the server has them now."""
    with shop.owner() as connection:
        return {
            name: _show(connection, name)
            for name in ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        }


def _show(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    return str(row[0]) if row else ""
