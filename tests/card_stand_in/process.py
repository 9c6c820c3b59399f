"""The card stand-in as a process of its own, which a test may kill, start again, and ask for trouble."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import stripe

SOURCE = Path(__file__).resolve().parents[2] / "src"
SECRET_KEY, PUBLISHABLE_KEY, WEBHOOK_SECRET = "sk_test_of_these_tests", "pk_test_of_these_tests", "whsec_of_these_tests"
STOP_S = 5.0


class StandIn:
    """Starts and ends one; its folder and its ports stay the same over restarts."""

    def __init__(self, folder: Path, webhook_url: str | None = None) -> None:
        self.folder, self.webhook_url = folder, webhook_url
        self.url = self.fields_url = ""
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Ready when this returns."""
        ports = [part.rpartition(":")[2] or "0" for part in (self.url, self.fields_url)]
        command = [
            sys.executable, "-W", "error", "-m", "surehold.app.card_stand_in", "--port", ports[0], "--fields-port", ports[1],
            "--folder", str(self.folder), "--secret-key", SECRET_KEY, "--publishable-key", PUBLISHABLE_KEY,
            "--webhook-secret", WEBHOOK_SECRET, *(["--webhook-url", self.webhook_url] if self.webhook_url else []),
        ]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self._process.stdout is not None
        found = re.fullmatch(r"cards: (\S+) fields (\S+)\n", self._process.stdout.readline())
        assert found is not None
        self.url, self.fields_url = found[1], found[2]

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """As `up` does; out goes the exit code."""
        return self._end(signal.SIGTERM)

    def client(self) -> stripe.StripeClient:
        """The official SDK, which repeats nothing by itself."""
        return stripe.StripeClient(
            SECRET_KEY,
            base_addresses={"api": self.url},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=10),
        )

    def control(self, **wish: Any) -> dict[str, Any]:
        """Ask for something."""
        answer = httpx.post(f"{self.fields_url}/_control", json=wish, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def forge(self, **forged: Any) -> dict[str, Any]:
        """Have an event sent that never happened."""
        answer = httpx.post(f"{self.fields_url}/_control/webhook", json=forged, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def known(self, section: str) -> Any:
        """The provider's own log: one section of it."""
        return httpx.get(f"{self.fields_url}/_control", params={"only": section}, timeout=30).json()[section]

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.send_signal(number)
        try:
            return self._process.wait(STOP_S)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._process = None

    @property
    def is_running(self) -> bool:
        return self._process is not None


@contextmanager
def running_stand_in(folder: Path, webhook_url: str | None = None) -> Iterator[StandIn]:
    """One that runs within the block."""
    stand_in = StandIn(folder, webhook_url)
    stand_in.start()
    try:
        yield stand_in
    finally:
        if stand_in.is_running:
            stand_in.kill()
