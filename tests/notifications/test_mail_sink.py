"""The mail sink as its own process: takes mails, shows them harmlessly, keeps the newest, and stops when told."""

import asyncio
import http.client
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surehold.adapters.mail import SmtpTransport
from surehold.app.mail_sink.store import MailStore
from surehold.modules.notifications import Content, Mail, Recipient
from tests.notifications.examples import SENDER, send

SOURCE = Path(__file__).resolve().parents[2] / "src"


@dataclass(frozen=True, slots=True)
class Sink:
    process: subprocess.Popen[str]
    smtp: str
    page: str
    folder: Path

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
        connection = http.client.HTTPConnection(self.page, timeout=10)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        result = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
        connection.close()
        return result


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    folder = tmp_path / "mail"
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "surehold.app.mail_sink",
        "--smtp-port",
        "0",
        "--folder",
        str(folder),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    found = re.search(r"(smtp://\S+) http://(\S+)/", process.stdout.readline())
    assert found is not None
    yield Sink(process, found[1], found[2], folder)
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stdout.close()


def mail(subject: str) -> Mail:
    return Mail(
        message_id="<0197@quillmoor.example>",
        sender=SENDER,
        recipient=Recipient(email="ada@example.org", name="Ada"),
        content=Content(subject=subject, text="As text", html="<p>As <b>HTML</b></p><script>alert(1)</script>"),
        written_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


async def test_takes_shows_forgets_and_stops(sink: Sink) -> None:
    await send(SmtpTransport(sink.smtp), mail("Your <order> & more"))
    [message] = json.loads(sink.get("/messages")[2])["messages"]
    assert (message["to"], message["subject"], message["text"]) == (
        ["ada@example.org"],
        "Your <order> & more",
        "As text\n",
    )
    assert message["message_id"] == "<0197@quillmoor.example>"
    _, headers, page = sink.get("/")
    assert "Your &lt;order&gt; &amp; more" in page
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "sandbox" in sink.get(f"/messages/{message['id']}")[2]
    _, headers, html = sink.get(f"/messages/{message['id']}/html")
    assert "As <b>HTML</b>" in html
    assert headers["content-security-policy"].startswith(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'"
    )
    assert json.loads(sink.get(f"/messages/{message['id']}/json")[2])["subject"] == "Your <order> & more"
    assert stat.S_IMODE(sink.folder.stat().st_mode) == 0o700
    assert sink.get("/clear", "POST")[0] == 303
    assert json.loads(sink.get("/messages")[2]) == {"messages": []}
    sink.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(sink.process.wait, 10) == 0


async def test_strangers_get_nothing(sink: Sink) -> None:
    await send(SmtpTransport(sink.smtp), mail("Private"))
    assert sink.get("/messages", Host="evil.example")[0] == 403
    assert sink.get("/clear", "POST", Sec_Fetch_Site="cross-site")[0] == 403
    assert sink.get("/clear", "POST", Host="evil.example")[0] == 403
    for path in ("/messages/..%2f..%2fx", "/messages/../../etc/passwd", "/nothing", "/messages/" + "0" * 32):
        assert sink.get(path)[0] == 404
    assert len(json.loads(sink.get("/messages")[2])["messages"]) == 1


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    store = MailStore(tmp_path / "mail", kept=3)
    for number in range(5):
        store.add(f"Subject: {number}\r\n\r\nx".encode(), ["a@b.example"])
    assert [kept.subject for kept in MailStore(tmp_path / "mail", kept=3).list_newest()] == ["4", "3", "2"]


def test_a_broken_mail_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    store = MailStore(tmp_path / "mail")
    broken = b"Subject: x\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe"
    kept = store.find(store.add(broken, ["a@b.example"]))
    assert kept is not None
    assert "cannot be shown" in kept.text
    assert store.find(store.add(b"\x00\xff", [])) is not None
