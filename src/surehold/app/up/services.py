"""The shop's own processes: what they are, and one that is kept alive."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from surehold.app.up.certificates import TlsFiles
from surehold.app.up.options import UpOptions
from surehold.app.up.ports import MailPorts
from surehold.platform.embedded.process import Child, end, send, spawn

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
DOUBLINGS_MAX = 10
STEADY_AFTER_S = 60.0
KILLED_LAST_WORD_S = 5.0
SERVER_KILL_AFTER_S = 10
WORKER_PATIENCE_S = 15.0
MAIL_PATIENCE_S = 5.0
WORKER_NICENESS, MAIL_NICENESS = 10, 19


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """What to run: `module` must exist for it to be part of this shop; `patience_s` is how long it may take to stop.

    `niceness`: what happens behind the buyers' backs gives way to what they wait for, where they share a machine.
    """

    name: str
    module: str
    command: Sequence[str]
    patience_s: float
    niceness: int = 0

    @property
    def exists(self) -> bool:
        """Whether this installation has the part."""
        return find_spec(self.module) is not None


def serve_command(host: str, port: int, workers: int, tls: TlsFiles | None = None) -> list[str]:
    """The server's module and arguments: processes that die are started again, and a stop never waits for ever.

    With a certificate the port speaks HTTPS alone (HTTP/2 where the client does).
    """
    address = ["--host", host, "--port", str(port), "--workers", str(workers)]
    respawn = ["--respawn-failed-workers", "--respawn-interval", "0.5"]
    stop = ["--workers-kill-timeout", str(SERVER_KILL_AFTER_S)]
    manner = ["--interface", "asgi", "--loop", "uvloop", "--no-access-log", "--log-level", "warning"]
    secure = ["--ssl-certificate", str(tls.certificate), "--ssl-keyfile", str(tls.key)] if tls else []
    return ["granian", *manner, *address, *secure, *respawn, *stop, "surehold.app.asgi:app"]


def shop_services(options: UpOptions, mail: MailPorts | None, tls: TlsFiles | None = None) -> list[ServiceSpec]:
    """The processes of a shop in the order in which they stop; they start in the opposite one."""
    serve = serve_command(options.host, options.port, options.workers, tls)
    specs = [
        ServiceSpec("api", "surehold.app.asgi", serve, SERVER_KILL_AFTER_S + 5.0),
        ServiceSpec("worker", "surehold.app.worker", ["surehold.app.worker"], WORKER_PATIENCE_S, WORKER_NICENESS),
    ]
    if mail is not None:
        ports = ["--smtp-port", str(mail.smtp), "--http-port", str(mail.page)]
        sink = ["surehold.app.mail_sink", *ports, "--folder", str(options.data_dir / "mail")]
        specs.append(ServiceSpec("mail", "surehold.app.mail_sink", sink, MAIL_PATIENCE_S, MAIL_NICENESS))
    return specs


class Service:
    """One process that is started again, ever more slowly, whenever it ends by itself."""

    def __init__(self, spec: ServiceSpec, log: Path, environment: Mapping[str, str]) -> None:
        self.spec = spec
        self.log = log
        self.deaths = 0
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._retry_at = 0.0

    @property
    def pid(self) -> int | None:
        """The process id, or None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Starts it as our direct child; it is told to stop when we die."""
        command = [sys.executable, "-m", *self.spec.command]
        self._process = spawn(
            Child(command, self.log, None, signal.SIGTERM, self._environment, Path.cwd(), self.spec.niceness)
        )
        self._started_at = time.monotonic()

    def tend(self) -> str | None:
        """Looks after it once; returns a line to show when it ended or was started again."""
        process = self._process
        if process is not None and process.poll() is not None:
            return self._bury(process)
        if process is None and time.monotonic() >= self._retry_at:
            return self._start_again()
        return None

    def stop(self) -> None:
        """Asks it to end, and makes it end when it does not in its time."""
        if self._process is not None:
            end(self._process, [(signal.SIGTERM, self.spec.patience_s)])
        self.kill()

    def kill(self) -> None:
        """Ends it and every process it made, at once."""
        if self._process is not None:
            _kill_group(self._process.pid)
            end(self._process, [(signal.SIGKILL, KILLED_LAST_WORD_S)])
            self._process = None

    def _start_again(self) -> str:
        try:
            self.start()
        except OSError as error:  # a full disk, for one: the others go on, and it is tried again
            return f"{self.spec.name} cannot be started ({error.strerror}); trying again in {self._postpone():g} s"
        return f"{self.spec.name} started again"

    def _postpone(self) -> float:
        delay_s = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2 ** min(self.deaths, DOUBLINGS_MAX))
        self.deaths += 1
        self._retry_at = time.monotonic() + delay_s
        return delay_s

    def _bury(self, process: subprocess.Popen[bytes]) -> str:
        _kill_group(process.pid)  # its workers would go on serving beside the new ones
        if time.monotonic() - self._started_at > STEADY_AFTER_S:
            self.deaths = 0
        delay_s = self._postpone()
        self._process = None
        return f"{self.spec.name} ended ({_how(process.returncode)}); starting it again in {delay_s:g} s. Its log: {self.log}"


def _kill_group(leader: int) -> None:
    """A service leads its own process group."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:  # macOS says so when only zombies are left
        send(leader, signal.SIGKILL)


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
