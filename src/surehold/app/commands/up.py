"""`./surehold up`: run the whole shop here."""

from pathlib import Path
from typing import Annotated

import typer

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
from surehold.platform.db.migrations import MigrationError
from surehold.platform.embedded import EmbeddedError

CANNOT_START = 1


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("up")(up)


def up(
    data_dir: Annotated[
        Path, typer.Option(envvar="SUREHOLD_DATA_DIR", help="Where the shop keeps its data.")
    ] = DEFAULT_DATA_DIR,
    host: Annotated[str, typer.Option(help="Address to serve; 0.0.0.0 lets others on your network in.")] = DEFAULT_HOST,
    port: Annotated[
        int, typer.Option(envvar="SUREHOLD_PORT", min=PORT_MIN, max=PORT_MAX, help="Port to serve.")
    ] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=1, max=WORKERS_MAX, help="API processes.")] = DEFAULT_WORKERS,
    database_url: Annotated[
        str | None, typer.Option(envvar="SUREHOLD_DATABASE_URL", help="A PostgreSQL (17 or newer) of your own.")
    ] = None,
    database_owner_url: Annotated[
        str | None, typer.Option(envvar="SUREHOLD_DATABASE_OWNER_URL", help="The same as the role that migrates.")
    ] = None,
    audit_url: Annotated[
        str | None, typer.Option(envvar="SUREHOLD_AUDIT_URL", help="The same as the role that writes the audit log.")
    ] = None,
    valkey_url: Annotated[
        str | None, typer.Option(envvar="SUREHOLD_VALKEY_URL", help="A Valkey or Redis of your own.")
    ] = None,
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over: remove the shop's data first (asks).")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Run the whole shop here: database, API, worker, mail. Ctrl-C stops everything."""
    urls = ServerUrls(database_url or None, database_owner_url or None, audit_url or None, valkey_url or None)
    options = UpOptions(data_dir.expanduser().resolve(), host, port, workers, urls)
    screen = Screen()
    try:
        if fresh:
            _start_over(options, screen, sure=yes)
        Shop(options, screen).run()
    except (EmbeddedError, MigrationError, PortError, StartError) as error:
        screen.refuse(str(error))
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
