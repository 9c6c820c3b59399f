"""A stand-in for the card provider on this machine. It moves no money.

`python -m surehold.app.card_stand_in --port P --fields-port Q --folder DIR`, with its keys as options or from the shop's variables.
The API listens at P, the pages for people (card fields, approval) and the control endpoint at Q: another origin than the shop's, so
that no card number reaches the shop. Its books are in DIR. Listens on the loopback only.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from surehold.app.card_stand_in.api import Api
from surehold.app.card_stand_in.books import Books
from surehold.app.card_stand_in.control import Control
from surehold.app.card_stand_in.courier import Courier
from surehold.app.card_stand_in.pages import Pages
from surehold.app.card_stand_in.trouble import Trouble
from surehold.app.card_stand_in.wire import Server

HOST = "127.0.0.1"
TICK_S = 0.5
_KEYS = {
    "secret_key": ("SUREHOLD_STRIPE_SECRET_KEY", "sk_test_"),
    "publishable_key": ("SUREHOLD_STRIPE_PUBLISHABLE_KEY", "pk_test_"),
    "webhook_secret": ("SUREHOLD_STRIPE_WEBHOOK_SECRET", "whsec_"),
}


async def serve(books: Books, options: argparse.Namespace) -> None:
    """Run until SIGTERM or SIGINT. Port 0 takes a free one; both are printed."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.webhook_url is not None:
        with books.unit():
            books.keep_setting("webhook_url", options.webhook_url or None)
    trouble, courier = Trouble(books), Courier(books, options.webhook_secret, options.webhook_ca)
    api = Api(books, trouble, options.secret_key, courier.wake)
    control = Control(api, books, trouble, courier, options.webhook_secret)
    servers = Server(api), Server(Pages(api, books, control, options.publishable_key))
    port = await servers[0].listen(HOST, options.port)
    fields_port = await servers[1].listen(HOST, options.fields_port)
    api.fields_url = f"http://{HOST}:{fields_port}"
    background = [asyncio.create_task(courier.run()), asyncio.create_task(_tick(api.settle))]
    print(f"cards: http://{HOST}:{port} fields {api.fields_url}", flush=True)
    stopped = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({stopped, *background}, return_when=asyncio.FIRST_COMPLETED)
    for task in (stopped, *background):
        task.cancel()
    for server in servers:
        await server.close()
    await courier.close()
    for task in done - {stopped}:
        task.result()  # what ended by itself did so by an error: it ends us, and whoever watches starts us again


async def _tick(settle: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        settle()


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; out goes the exit code."""
    options = _options(arguments)
    books = Books(options.folder)
    try:
        asyncio.run(serve(books, options))
    except OSError as error:
        print(f"the card stand-in cannot listen: {error.strerror or error}; choose other ports", file=sys.stderr)
        return 1
    finally:
        books.close()
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m surehold.app.card_stand_in", description="Stands in for the card provider. It moves no money."
    )
    parser.add_argument("--port", type=int, required=True, help="where its API listens (0: any)")
    parser.add_argument("--fields-port", type=int, required=True, help="where its pages are (0: any)")
    parser.add_argument("--folder", type=Path, required=True, help="where its books are kept")
    for name, (variable, prefix) in _KEYS.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, default=os.environ.get(variable), help=f"{prefix}… ({variable})")
    parser.add_argument("--webhook-url", default=None, help="where events go (kept; empty for nowhere)")
    parser.add_argument(
        "--webhook-ca", type=Path, default=None, help="the certificate that a webhook by HTTPS is known by"
    )
    options = parser.parse_args(arguments)
    for name, (variable, prefix) in _KEYS.items():
        if not (getattr(options, name) or "").startswith(prefix):
            parser.error(f"--{name.replace('_', '-')} (or {variable}) must begin with {prefix}")
    return options


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        raise SystemExit(main())
