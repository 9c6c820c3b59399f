"""`up` for the shop in a folder, with these parts: FOLDER PORT."""

import sys
from pathlib import Path

from surehold.app.up.options import ServerUrls, UpOptions
from surehold.app.up.screen import Screen
from surehold.app.up.services import ServiceSpec
from surehold.app.up.shop import Shop


def main() -> None:
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    serve = ("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    robust = ("--respawn-failed-workers", "--respawn-interval", "0.2", "--workers-kill-timeout", "1")
    specs = [
        ServiceSpec("api", "tests.launcher.parts", (*serve, *robust, "tests.launcher.parts.api:app"), 10.0),
        ServiceSpec("worker", "tests.launcher.parts", ("tests.launcher.parts.worker",), 60.0),
    ]
    Shop(UpOptions(folder, "127.0.0.1", port, 1, ServerUrls()), Screen(), specs).run()


if __name__ == "__main__":
    main()
