"""`./surehold up`: run the whole shop here."""

from pathlib import Path
from typing import Annotated

import typer

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import AuditUrl, DatabaseOwnerUrl, DatabaseUrl, DataDir, ValkeyUrl
from surehold.app.up.errors import StartError
from surehold.app.up.fresh import holds_data, start_over
from surehold.app.up.options import (
    DEFAULT_DATA_DIR,
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_WORKERS,
    WORKERS_MAX,
    ServerUrls,
    UpOptions,
)
from surehold.app.up.ports import PORT_MAX, PORT_MIN, PortError
from surehold.app.up.screen import Screen
from surehold.app.up.shop import Shop
from surehold.app.up.shop_lock import shop_lock
from surehold.app.up.tls import choose

CANNOT_START = 1


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("up")(up)


def up(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    host: Annotated[
        str, typer.Option(envvar="SUREHOLD_HOST", help="Address to serve; 0.0.0.0 lets others on your network in.")
    ] = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option(envvar="SUREHOLD_PORT", min=PORT_MIN, max=PORT_MAX, help="Port to serve.")
    ] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=1, max=WORKERS_MAX, help="API processes.")] = DEFAULT_WORKERS,
    database_url: DatabaseUrl = None,
    database_owner_url: DatabaseOwnerUrl = None,
    audit_url: AuditUrl = None,
    valkey_url: ValkeyUrl = None,
    tls_cert: Annotated[
        Path | None, typer.Option(envvar="SUREHOLD_TLS_CERT", help="Serve HTTPS with this certificate (PEM).")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option(envvar="SUREHOLD_TLS_KEY", help="Its key (PEM, PKCS#8, without a password).")
    ] = None,
    *,
    https: Annotated[
        bool, typer.Option("--https", envvar="SUREHOLD_HTTPS", help="Serve HTTPS with a certificate of this machine's.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over: remove the shop's data first (asks).")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Run the whole shop here: database, API, worker, mail. Ctrl-C stops everything."""
    urls = ServerUrls(database_url or None, database_owner_url or None, audit_url or None, valkey_url or None)
    folder = data_dir.expanduser().resolve()
    screen = Screen()
    try:
        options = UpOptions(folder, host, port, workers, urls, choose(https=https, certificate=tls_cert, key=tls_key))
        if fresh:
            _start_over(options, screen, sure=yes)
        Shop(options, screen).run()
    except (*REFUSALS, PortError) as error:
        screen.refuse(in_words(error, folder))
        raise typer.Exit(CANNOT_START) from error


def _start_over(options: UpOptions, screen: Screen, *, sure: bool) -> None:
    """Removes the shop's data, having asked. A database of your own is never emptied from here."""
    if options.urls.database:
        raise StartError(
            "--fresh removes only embedded data. Empty a database of your own with its own tools, then leave --fresh out."
        )
    lock = shop_lock(options.data_dir)
    lock.acquire()
    try:
        if holds_data(options.data_dir):
            if not sure and not typer.confirm(
                f"Remove every product, order and account of the shop in {options.data_dir}?"
            ):
                raise typer.Abort
            with screen.step("Removing the old shop", "The old shop is removed"):
                start_over(options.data_dir)
    finally:
        lock.release()
