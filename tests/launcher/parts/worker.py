"""Runs until told to stop, and then still needs both engines."""

import os
import signal
import threading
from pathlib import Path

import valkey

from tests.launcher.parts.visits import count_visits


def main() -> None:
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    told.wait()
    with valkey.Valkey.from_url(os.environ["SUREHOLD_VALKEY_URL"]) as connection:
        connection.ping()
    Path(os.environ["SUREHOLD_DATA_DIR"], "last-words").write_text(str(count_visits()))


if __name__ == "__main__":
    main()
