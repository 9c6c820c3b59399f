"""A mail server for development: takes every mail, delivers none, and shows what it has at a page on this machine.

`python -m surehold.app.mail_sink --smtp-port P --http-port Q --folder DIR`. One small process; the newest messages are kept as
files, so that they are there after a restart. Listens on the loopback only, since it shows mails to whoever asks.
"""

import argparse
import asyncio
import os
import signal
import sys
import threading
from collections.abc import Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session

from surehold.app.mail_sink.pages import page_handler
from surehold.app.mail_sink.store import MailStore

HOST = "127.0.0.1"
MAX_MESSAGE_BYTES = 5 * 1024 * 1024
DEFAULT_SMTP_PORT = 2525


class SinkHandler:
    """What aiosmtpd calls for each mail."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        """Keep a mail; the client is told so only when it is on disk."""
        del server, session
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        await asyncio.to_thread(self._store.add, raw, [str(to) for to in envelope.rcpt_tos])
        return "250 Kept"


async def serve(store: MailStore, smtp_port: int, http_port: int) -> None:
    """Run until SIGTERM or SIGINT. Port 0 takes a free one; both are printed."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def session() -> SMTP:
        return SMTP(SinkHandler(store), hostname="localhost", enable_SMTPUTF8=True, data_size_limit=MAX_MESSAGE_BYTES)

    smtp = await loop.create_server(session, HOST, smtp_port)
    pages = ThreadingHTTPServer((HOST, http_port), page_handler(store))
    pages.daemon_threads = True
    thread = threading.Thread(target=pages.serve_forever, name="pages", daemon=True)
    thread.start()
    print(f"mail: smtp://{HOST}:{smtp.sockets[0].getsockname()[1]} http://{HOST}:{pages.server_port}/", flush=True)
    await stop.wait()
    smtp.close()
    await smtp.wait_closed()
    await asyncio.to_thread(pages.shutdown)
    pages.server_close()
    thread.join()


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; out goes the exit code."""
    options = _options(arguments)
    store = MailStore(options.folder)
    try:
        asyncio.run(serve(store, options.smtp_port, options.http_port))
    except OSError as error:
        print(f"the mail sink cannot listen: {error.strerror or error}; choose other ports", file=sys.stderr)
        return 1
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    smtp_port = urlsplit(os.environ.get("SUREHOLD_SMTP_URL", "")).port or DEFAULT_SMTP_PORT
    data_dir = Path(os.environ.get("SUREHOLD_DATA_DIR", ".surehold"))
    parser = argparse.ArgumentParser(
        prog="python -m surehold.app.mail_sink", description="Keeps mails instead of sending them."
    )
    parser.add_argument(
        "--smtp-port", type=int, default=smtp_port, help="where mails are taken (SUREHOLD_SMTP_URL's port)"
    )
    parser.add_argument("--http-port", type=int, default=None, help="where they are shown (the SMTP port + 1)")
    parser.add_argument("--folder", type=Path, default=data_dir / "mail", help="where they are kept")
    options = parser.parse_args(arguments)
    if options.http_port is None:
        options.http_port = options.smtp_port + 1 if options.smtp_port else 0
    return options


if __name__ == "__main__":
    raise SystemExit(main())
