"""The shop under test: `./surehold up` in a folder of its own, with what the figures need to know of it."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any

import psycopg

from bench.driver import ROOT
from surehold.app.up.environment import published
from surehold.app.up.fresh import start_over
from surehold.app.up.ports import free_port

START_S, STOP_S, IMPORT_S = 120.0, 90.0, 600.0
CALL_S = 30.0


class BenchError(Exception):
    """The bench cannot go on; the text says why."""


class Shop:
    """A shop from start to stop; everything it made is gone afterwards."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="surehold-bench-"))
        self.port = free_port()
        self._log = (self.folder / "up.log").open("wb")
        self._data = self.folder / "data"
        self._data.mkdir()
        self._metrics = self.folder / "metrics"
        self._metrics.mkdir()
        self.environment: dict[str, str] = {}
        self.staff_cookie = ""
        self._up: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the launcher, above all of the shop's processes."""
        assert self._up is not None
        return self._up.pid

    def start(self) -> None:
        """Blocks until the shop serves."""
        self._up = self._spawn("up", "--port", str(self.port))
        deadline = time.monotonic() + START_S
        while (found := published(self._data)) is None:
            if self._up.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"the shop does not start:\n{self._said()}")
            time.sleep(0.1)
        self.environment = found
        email, password = (self._data / "staff-login.txt").read_text().split()
        _, headers, _ = self.call("POST", "/v1/session", {"email": email, "password": password})
        self.staff_cookie = "; ".join(cookie.partition(";")[0] for cookie in headers if "session" in cookie)

    def stop(self) -> None:
        """Ends the shop and removes what it stored."""
        if self._up is not None and self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
            try:
                self._up.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._up.kill()
                self._up.wait()
        start_over(self._data)
        self._log.close()
        shutil.rmtree(self.folder)

    def command(self, *words: str) -> int:
        """Run `./surehold …` on this shop; out goes its exit code."""
        return self._spawn(*words).wait(IMPORT_S)

    def doctor(self) -> list[str]:
        """What `./surehold doctor` finds wrong."""
        file = self.folder / "doctor.txt"
        with file.open("wb") as out:
            self._spawn("doctor", out=out).wait(IMPORT_S)
        lines = file.read_text(errors="replace").splitlines()
        if not any(line.startswith("ok ") for line in lines):
            raise BenchError(f"the doctor did not examine: {lines[-1:]}")
        return [line for line in lines if not line.startswith("ok ") and not line.startswith("All ")]

    def import_products(self, file: Path) -> float:
        """Import a product file; out go the seconds it took."""
        began = time.monotonic()
        if self.command("import", "products", str(file)) != 0:
            raise BenchError(f"the import of {file.name} failed:\n{self._said()}")
        return time.monotonic() - began

    def call(
        self, method: str, path: str, body: object = None, *, staff: bool = False, if_match: str = ""
    ) -> tuple[int, list[str], dict[str, Any]]:
        """One request outside of any measurement: status, cookies set, body. BenchError if it fails."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CALL_S)
        try:
            headers = {"content-type": "application/json"} | ({"cookie": self.staff_cookie} if staff else {})
            headers |= {"if-match": if_match} if if_match else {}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 400:
                raise BenchError(f"{method} {path} answered {answer.status}: {text[:300]!r}")
            return answer.status, answer.headers.get_all("set-cookie") or [], json.loads(text) if text else {}
        finally:
            connection.close()

    def page(self, path: str) -> bytes:
        """The body of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CALL_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    def counters(self, prefix: str) -> dict[str, float]:
        """The shop's own counters of all API processes whose name begins so, summed over their labels."""
        text = self.page("/metrics").decode()
        sums: dict[str, float] = {}
        for line in text.splitlines():
            if line.startswith(prefix):
                name = line.partition("{")[0].partition(" ")[0]
                sums[name] = sums.get(name, 0.0) + float(line.rpartition(" ")[2])
        return sums

    def owner(self) -> psycopg.Connection:
        """A connection as the role that owns the tables."""
        return psycopg.connect(self.environment["SUREHOLD_DATABASE_OWNER_URL"], autocommit=True)

    def settle(self) -> None:
        """Finish what earlier writes left to do, so that it weighs on nobody's figures."""
        with self.owner() as connection:
            connection.execute("vacuum analyze")

    def _spawn(self, *words: str, out: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        clean = {name: value for name, value in os.environ.items() if not name.startswith("SUREHOLD_")}
        environment = {
            "PYTHONPATH": path,
            "SUREHOLD_DATA_DIR": str(self._data),
            "PROMETHEUS_MULTIPROC_DIR": str(self._metrics),
        }
        command = [sys.executable, "-m", "surehold.app.cli", *words]
        return subprocess.Popen(
            command, env={**clean, **environment}, cwd=ROOT, stdout=out or self._log, stderr=subprocess.STDOUT
        )

    def _said(self) -> str:
        self._log.flush()
        logs = [self.folder / "up.log", *sorted((self._data / "logs").glob("*.log"))]
        return "\n".join(f"--- {log.name}\n" + log.read_text(errors="replace")[-1500:] for log in logs if log.exists())
