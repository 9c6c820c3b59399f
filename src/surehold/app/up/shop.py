"""One shop from start to stop: the order of things, in one place."""

import http.client
import os
import signal
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

import psycopg

from surehold.app.up.cards import NO_MONEY, card_stand_in
from surehold.app.up.certificates import TlsFiles
from surehold.app.up.engines import Engines, EngineUrls
from surehold.app.up.environment import METRICS_FOLDER, publish, require_settings, shop_environment, shop_key, withdraw
from surehold.app.up.errors import StartError, from_os_error
from surehold.app.up.hooks import StaffLogin, find_boot
from surehold.app.up.leftovers import end_leftovers
from surehold.app.up.options import UpOptions
from surehold.app.up.ports import EVERY_ADDRESS, mail_ports, network_address, own_address, require_free
from surehold.app.up.screen import Screen
from surehold.app.up.secret_key import use_next_key
from surehold.app.up.services import Service, ServiceSpec, shop_services
from surehold.app.up.shop_lock import shop_lock
from surehold.app.up.tls import context_for, how_to_trust, tls_files
from surehold.platform.embedded import EmbeddedError, PostgresUrls
from surehold.platform.embedded.errors import tail
from surehold.platform.telemetry import clean_metrics_folder

READY_TIMEOUT_S = 60.0
READY_POLL_S = 0.05
READY_ANSWER_S = 2.0
START_DEATHS_MAX = 3
TEND_S = 0.25
ENGINE_RETRY_S = 5.0
CERTIFICATE_EVERY_S = 3_600.0
PLAIN_HTTP = "Plain HTTP: for development. Cookies are not marked Secure; --https here, a TLS proxy in front to sell."
BEHIND_TLS = "Cookies are marked Secure: browsers keep them only behind your TLS proxy, not at the addresses above."


class Shop:
    """Starts everything, watches it until it is told to stop, and stops it in order."""

    def __init__(self, options: UpOptions, screen: Screen, specs: Sequence[ServiceSpec] | None = None) -> None:
        """`specs` replaces the shop's own processes, for tests."""
        self._options = options
        self._screen = screen
        self._specs = specs
        # Whoever names a mail server of their own needs no sink.
        self._mail = None if os.environ.get("SUREHOLD_SMTP_URL") else mail_ports(options.port)
        self._cards = None if specs else card_stand_in(options.port, self._mail)
        self._lock = shop_lock(options.data_dir)
        self._engines = Engines(options.data_dir, options.urls)
        self._services: list[Service] = []
        self._stop = threading.Event()
        self._engines_retry_at = 0.0
        self._tls: TlsFiles | None = None
        self._certificate_at = time.monotonic() + CERTIFICATE_EVERY_S

    def run(self) -> None:
        """Blocks until SIGINT, SIGTERM or SIGHUP. Raises EmbeddedError, PortError or StartError when the shop cannot start."""
        self._lock.acquire()
        try:
            _listen(_interrupt)
            self._start()
            while True:
                self._tend()
                self._stop.wait(TEND_S)
        except KeyboardInterrupt:
            self._screen.note("Stopping. Press Ctrl-C again to stop at once.")
            self._shut_down()
            self._screen.note("Everything has stopped.")
        finally:
            self._shut_down()

    def _start(self) -> None:
        options, screen = self._options, self._screen
        end_leftovers(shop_key(options.data_dir))
        require_free(options.host, options.port)
        use_next_key(options.data_dir)
        self._tls = tls_files(options.https, options.data_dir, options.host)
        settings = require_settings(options, self._tls)
        with screen.step("Starting PostgreSQL", "PostgreSQL runs"):
            postgres = self._engines.start_postgres()
        with screen.step("Starting Valkey", "Valkey runs"):
            valkey = self._engines.start_valkey()
        environment = shop_environment(options, EngineUrls(postgres, valkey), self._mail, tls=self._tls)
        environment |= self._cards.variables if self._cards else {}
        whole = {**os.environ, **environment}
        staff = self._make_shop(postgres, whole)
        clean_metrics_folder(options.data_dir / METRICS_FOLDER)  # before the first process opens its file in it
        self._start_services(whole)
        publish(options.data_dir, environment)
        self._show(staff, is_secure=settings.core.secure)

    def _make_shop(self, postgres: PostgresUrls, environment: dict[str, str]) -> StaffLogin | None:
        boot = find_boot()
        if boot is None:
            self._screen.note("This installation has no migrations and no demo shop.")
            return None
        try:
            with self._screen.step("Bringing the database up to date", "The database is up to date"):
                boot.migrate(postgres)
            with self._screen.step("Looking for a shop", "The shop is there"):
                return boot.furnish(environment)
        except psycopg.Error as error:
            raise StartError(f"The database refuses what the shop needs: {error}") from error

    def _start_services(self, environment: dict[str, str]) -> None:
        options = self._options
        logs = options.data_dir / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        specs = [spec for spec in self._specs or shop_services(options, self._mail, self._tls) if spec.exists]
        specs += [self._cards.spec(options, environment)] if self._cards else []
        self._services = [Service(spec, logs / f"{spec.name}.log", environment) for spec in specs]
        for service in reversed(self._services):
            service.start()
        for service in self._services:
            if service.spec.name == "api":
                with self._screen.step("Starting the API", f"The API serves with {options.workers} workers"):
                    self._await_api(service)

    def _await_api(self, api: Service) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        context = context_for(self._tls.certificate) if self._tls else None
        while not _is_ready(self._options.host, self._options.port, context):
            self._tend()
            if api.deaths >= START_DEATHS_MAX:
                raise StartError(f"The API does not start: {_last_line(api)} (its log: {api.log}).")
            if time.monotonic() > deadline:
                raise StartError(
                    f"The API is not ready after {READY_TIMEOUT_S:.0f} s: {_last_line(api)} (its log: {api.log})."
                )
            self._stop.wait(READY_POLL_S)

    def _tend(self) -> None:
        self._tend_engines()
        if time.monotonic() >= self._certificate_at:
            self._certificate_at = time.monotonic() + CERTIFICATE_EVERY_S
            self._tend_certificate()
        for service in self._services:
            line = service.tend()
            if line is not None:
                self._screen.note(line)

    def _tend_engines(self) -> None:
        if time.monotonic() < self._engines_retry_at:
            return
        try:
            for line in self._engines.tend():
                self._screen.note(line)
        except (EmbeddedError, OSError) as error:
            told = from_os_error(error, place=self._options.data_dir) if isinstance(error, OSError) else error
            self._engines_retry_at = time.monotonic() + ENGINE_RETRY_S
            self._screen.refuse(f"{told} Trying again in {ENGINE_RETRY_S:.0f} s.")

    def _tend_certificate(self) -> None:
        """Renews a certificate of our own that nears its end, or lacks an address that this machine has got since."""
        if self._tls is None or self._tls.authority is None:
            return
        try:
            before = self._tls.certificate.read_bytes()
            tls_files(self._options.https, self._options.data_dir, self._options.host)
            is_new = self._tls.certificate.read_bytes() != before
        except (StartError, OSError) as error:  # the one that is served holds for a while yet
            self._screen.refuse(f"The certificate cannot be looked after: {error}")
            return
        if is_new:
            self._screen.note("The certificate was renewed; the API starts again with it")
            for service in self._services:
                if service.spec.name == "api":
                    service.stop()
                    service.start()

    def _show(self, staff: StaffLogin | None, *, is_secure: bool) -> None:
        scheme = "https" if self._tls else "http"
        address = f"{scheme}://{_reachable(self._options.host)}:{self._options.port}"
        rows = [("Shop", f"{address}/"), ("API docs", f"{address}/docs")]
        if self._mail is not None:
            rows.append(("Mail", f"http://localhost:{self._mail.page}/"))
        if self._cards is not None:
            rows.append(("Cards", self._cards.page))
        if staff is not None:
            rows.append(("Staff", f"{staff.email}  {staff.password}"))
        network = network_address() if self._options.host == EVERY_ADDRESS else None
        if network is not None:
            rows.append(("On your network", f"{scheme}://{network}:{self._options.port}/"))
        rows.append(("Data", str(self._options.data_dir)))
        self._screen.table(rows)
        for line in how_to_trust(self._tls) if self._tls else [BEHIND_TLS if is_secure else PLAIN_HTTP]:
            self._screen.note(line)
        if self._cards is not None:
            self._screen.note(NO_MONEY)
        self._screen.note("Ctrl-C stops everything.")

    def _shut_down(self) -> None:
        """Stops API, worker, mail sink, cards, Valkey and PostgreSQL, in this order; what has stopped already is left alone."""
        _listen(self._hurry)
        withdraw(self._options.data_dir)
        for service in self._services:
            service.stop()
        self._engines.stop()
        self._lock.release()

    def _hurry(self, _number: int, _frame: FrameType | None) -> None:
        """The second Ctrl-C: services are killed and PostgreSQL recovers at its next start. Nothing acknowledged is lost."""
        for service in self._services:
            service.kill()
        if self._engines.postgres is not None and self._engines.postgres.pid is not None:
            os.kill(self._engines.postgres.pid, signal.SIGQUIT)


def _listen(handler: Callable[[int, FrameType | None], None]) -> None:
    """Takes the signals that mean stop. A hang-up that nohup told us to ignore stays ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _reachable(host: str) -> str:
    shown = {EVERY_ADDRESS: "localhost", "127.0.0.1": "localhost", "::": "localhost"}.get(host, host)
    return f"[{shown}]" if ":" in shown else shown


def _is_ready(host: str, port: int, context: ssl.SSLContext | None) -> bool:
    address = own_address(host)
    connection = (
        http.client.HTTPConnection(address, port, READY_ANSWER_S)
        if context is None
        else http.client.HTTPSConnection(address, port, timeout=READY_ANSWER_S, context=context)
    )
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_line(service: Service) -> str:
    lines = [line.strip() for line in tail(service.log).splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
