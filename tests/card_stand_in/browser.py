"""A headless Chromium, driven by its own protocol: a page, and the frame of another origin in it."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from surehold.app.commands.test import BROWSERS

CHROMIUM = next((path for name in BROWSERS if (path := shutil.which(name))), None)
ANSWER_S, PATIENCE_S = 20.0, 20.0


class Tab:
    """One page. `frames` are the sessions of frames that have a process of their own, as those of other sites do."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._number = socket, 0
        self.frames: list[str] = []
        self.complaints: list[str] = []
        self.call("Page.enable")
        self.call("Log.enable")
        self.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)

    def call(self, method: str, session: str | None = None, **params: Any) -> Any:
        """One command; its answer."""
        self._number += 1
        where = {"sessionId": session} if session else {}
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params, **where}))
        while True:
            told = json.loads(self._socket.recv(ANSWER_S))
            if told.get("id") == self._number:
                assert "error" not in told, told
                return told["result"]
            self._note(told)

    def run(self, script: str, session: str | None = None) -> Any:
        """The value of an expression, in the page or in a frame."""
        told = self.call("Runtime.evaluate", session, expression=script, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def await_(self, done: Callable[[], Any], what: str) -> Any:
        """Until something is there; out it goes."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := done()):
            assert time.monotonic() < deadline, what
            time.sleep(0.02)  # another process works: there is no clock of ours to move
            self.call("Browser.getVersion")  # takes in what the browser said meanwhile
        return found

    def _note(self, told: dict[str, Any]) -> None:
        if told["method"] == "Target.attachedToTarget" and told["params"]["targetInfo"]["type"] == "iframe":
            self.frames.append(told["params"]["sessionId"])
        if told["method"] == "Log.entryAdded":
            self.complaints.append(told["params"]["entry"]["text"])


@contextmanager
def open_tab(profile: Path) -> Iterator[Tab]:
    """A browser with one page, for the length of the block."""
    assert CHROMIUM is not None
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has no sandbox for root
    command = [
        CHROMIUM, "--headless", "--disable-gpu", *root, "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
    ]  # fmt: skip
    browser = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert browser.stderr is not None
    try:
        said = iter(browser.stderr.readline, "")
        address = next(found[1] for line in said if (found := re.search(r"ws://([^/]+)/", line)))
        targets = httpx.get(f"http://{address}/json").json()
        (page,) = [one for one in targets if one["type"] == "page"]
        with connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None) as socket:
            yield Tab(socket)
    finally:
        browser.terminate()
        browser.wait(ANSWER_S)
        browser.stderr.close()
