"""A whole shop in processes of its own, booted as `up` does it, whose parts a test may kill, stop and start."""

import asyncio
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, LiteralString, TypeVar

import psutil
import psycopg

from surehold.app.boot import migrate
from surehold.app.doctor import examine, load_checks
from surehold.app.retail.wire import Target
from surehold.app.up.engines import Engines, EngineUrls
from surehold.app.up.environment import METRICS_FOLDER, shop_environment
from surehold.app.up.options import ServerUrls, UpOptions
from surehold.app.up.ports import free_port, mail_ports
from surehold.app.up.services import Service, shop_services
from surehold.platform.embedded import EmbeddedPostgres, EmbeddedValkey, PostgresUrls, wipe
from surehold.platform.telemetry import clean_metrics_folder

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[2]
HOST, WORKERS = "127.0.0.1", 2
TEND_S = 0.25
POLL_S = 0.1
READY_TIMEOUT_S = 120.0
SETTLE_TIMEOUT_S = 40.0
ANSWER_S = 5.0
SETTINGS = {
    "SUREHOLD_IDEMPOTENCY_LEASE_S": "2",  # who dies with a key in hand is followed after this
    "SUREHOLD_PAYMENT_CALL_TIMEOUT_S": "1",
    "SUREHOLD_PAYMENT_LEASE_S": "2",
    "SUREHOLD_SENDING_LEASE_S": "3",
    "SUREHOLD_CACHE_PROCESS_TTL_S": "2",  # so that an outage outlives what is cached
    "SUREHOLD_CACHE_LEVEL2_MAX_TTL_S": "2",
    "SUREHOLD_CART_MAX_NETWORK_UNITS_PER_VARIANT": "100000",  # all buyers are on one network here
}


class RunningShop:
    """Engines, API with two processes, worker and mail sink in a folder.

    A thread of its own starts and tends them, for children die with the thread that made them.
    """

    def __init__(self, folder: Path, more: Mapping[str, str] | None = None) -> None:
        self.folder, self.port = folder, free_port()
        self._more = dict(more or {})
        self.options = UpOptions(folder, HOST, self.port, WORKERS, ServerUrls())
        self.target = Target(HOST, self.port, is_tls=False)
        self.engines = Engines(folder, ServerUrls())
        self.services: dict[str, Service] = {}
        self.environment: dict[str, str] = {}
        self.urls: PostgresUrls
        self.valkey_url = ""
        self._mail = mail_ports(self.port)
        self._paused: set[str] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="supervisor")
        self._tending: asyncio.Task[None] | None = None

    async def on_supervisor(self, action: Callable[[], T]) -> T:
        """Run something in the supervisor's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, action)

    async def start(self) -> None:
        """Boot it; ready when this returns."""
        await self.on_supervisor(self._boot)
        self._tending = asyncio.create_task(self._tend())
        await self.ready()

    async def stop(self) -> None:
        """End it all, in the order of `up`."""
        if self._tending is not None:
            self._tending.cancel()
            await asyncio.wait({self._tending})
        await self.on_supervisor(self._end)
        self._thread.shutdown()

    def postgres(self) -> EmbeddedPostgres:
        """The database server; to be stopped and started on the supervisor's thread."""
        assert self.engines.postgres is not None
        return self.engines.postgres

    def valkey(self) -> EmbeddedValkey:
        """The Valkey server; the same holds."""
        assert self.engines.valkey is not None
        return self.engines.valkey

    async def ready(self) -> None:
        """Wait until the API says that it can serve."""
        await eventually(lambda: asyncio.to_thread(_is_ready, self.port), READY_TIMEOUT_S, "the API is not ready")

    def api_processes(self) -> list[int]:
        """The processes that serve (the server's own children)."""
        pid = self.services["api"].pid
        return [] if pid is None else children_of(pid)

    async def pause(self, name: str) -> None:
        """End a part, and start it no more until it is resumed."""
        self._paused.add(name)
        await self.on_supervisor(self.services[name].stop)

    async def resume(self, name: str) -> None:
        """Start a part again."""
        await self.on_supervisor(self.services[name].start)
        self._paused.discard(name)

    async def findings(self) -> dict[str, list[str]]:
        """What the doctor says is wrong."""
        found = await asyncio.to_thread(examine, self.urls.app, load_checks())
        return {one.check.id: list(one.sentences) for one in found if not one.is_healthy}

    def rows(self, sql: LiteralString, *params: object) -> list[tuple[Any, ...]]:
        """Look into the database, as its owner."""
        with psycopg.connect(self.urls.owner, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(sql, params).fetchall()

    def letters(self) -> list[dict[str, Any]]:
        """Every mail that was sent, the newest first."""
        with closing(http.client.HTTPConnection(HOST, self._mail.page, timeout=ANSWER_S)) as connection:
            connection.request("GET", "/messages")
            return json.loads(connection.getresponse().read())["messages"]

    async def settled(self) -> None:
        """Wait until no event, letter or payment call waits for anybody."""
        await eventually(lambda: asyncio.to_thread(self._is_settled), SETTLE_TIMEOUT_S, "work is left")

    def log_of(self, name: str) -> str:
        """What a process said."""
        return self.services[name].log.read_text(encoding="utf-8", errors="replace")

    def spawn(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """Another process of this shop, by the command line of the shop; the caller ends it."""
        environment = {**self.environment, **more}
        with (self.folder / "logs" / "spawned.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "surehold.app.cli", *words],
                env=environment, stdout=log, stderr=log, cwd=ROOT, start_new_session=True,
            )  # fmt: skip

    def _boot(self) -> None:
        self.urls = self.engines.start_postgres()
        self.valkey_url = self.engines.start_valkey()
        mine = {name: value for name, value in os.environ.items() if not name.startswith("SUREHOLD_")}
        shop = shop_environment(self.options, EngineUrls(self.urls, self.valkey_url), self._mail)
        self.environment = {**mine, "PYTHONPATH": str(ROOT / "src"), **shop, **SETTINGS, **self._more}
        migrate(self.urls)
        clean_metrics_folder(self.folder / METRICS_FOLDER)
        logs = self.folder / "logs"
        logs.mkdir(mode=0o700)
        for spec in reversed(shop_services(self.options, self._mail)):
            self.services[spec.name] = Service(spec, logs / f"{spec.name}.log", self.environment)
            self.services[spec.name].start()

    async def _tend(self) -> None:
        while True:
            await self.on_supervisor(self._tend_once)
            await asyncio.sleep(TEND_S)

    def _tend_once(self) -> None:
        for name, service in self.services.items():
            if name not in self._paused:
                service.tend()

    def _end(self) -> None:
        for name in ("api", "worker", "mail"):
            if name in self.services:
                self.services[name].stop()
        self.engines.stop()

    def _is_settled(self) -> bool:
        return self.rows(
            """select not exists (select from platform.deliveries)
                 and not exists (select from notifications.messages where state not in ('sent', 'discarded'))
                 and not exists (select from payments.attempts where settled_at is null)"""
        ) == [(True,)]


@asynccontextmanager
async def running_shop(folder: Path, more: Mapping[str, str] | None = None) -> AsyncIterator[RunningShop]:
    """A shop for the length of a block, with `more` in the environment of its processes."""
    shop = RunningShop(folder, more)
    try:
        await shop.start()
        yield shop
    finally:
        await shop.stop()
        wipe(folder)


async def eventually(done: Callable[[], Awaitable[bool]], timeout_s: float, complaint: str) -> None:
    """Ask ten times a second; AssertionError with the complaint when it does not come true in time."""
    deadline = time.monotonic() + timeout_s
    while not await done():
        assert time.monotonic() < deadline, complaint
        await asyncio.sleep(POLL_S)


def children_of(parent: int) -> list[int]:
    """The processes that another one started and that still run, helpers of Python aside."""
    try:
        return [child.pid for child in psutil.Process(parent).children() if _serves(child)]
    except psutil.NoSuchProcess:
        return []


def _serves(process: psutil.Process) -> bool:
    try:
        command = " ".join(process.cmdline())
        return process.status() != psutil.STATUS_ZOMBIE and bool(command) and "resource_tracker" not in command
    except psutil.NoSuchProcess:
        return False


def kill(pid: int) -> None:
    """`kill -9`, also of who is gone already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _is_ready(port: int) -> bool:
    try:
        with closing(http.client.HTTPConnection(HOST, port, timeout=2)) as connection:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
