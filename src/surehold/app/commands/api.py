"""`./surehold api`: the API alone, whole or in parts, against servers named by the environment."""

import os
import sys
from typing import Annotated

import typer

from surehold.app.routing import UnknownPartError, handlers_of
from surehold.app.settings import SettingsError, read_settings
from surehold.app.up.options import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_WORKERS, WORKERS_MAX
from surehold.app.up.ports import PORT_MAX, PORT_MIN, PortError, require_free
from surehold.app.up.services import serve_command
from surehold.platform.telemetry import make_metrics_folder

MISUSED = 2


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("api")(api)


def api(
    host: Annotated[str, typer.Option(envvar="SUREHOLD_HOST", help="Address to serve.")] = DEFAULT_HOST,
    port: Annotated[int, typer.Option(envvar="SUREHOLD_PORT", min=PORT_MIN, max=PORT_MAX)] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=1, max=WORKERS_MAX, help="Processes.")] = DEFAULT_WORKERS,
    only: Annotated[str, typer.Option(help="Parts to serve, with commas between; all without it.")] = "",
) -> None:
    """Serve the API, whole or in parts. The environment names database, Valkey and key (see `config list`)."""
    parts = [part.strip() for part in only.split(",") if part.strip()]
    try:
        read_settings()
        handlers_of(parts)
        require_free(host, port)
    except (SettingsError, UnknownPartError, PortError) as error:
        print(f"api: {error}", file=sys.stderr)
        raise typer.Exit(MISUSED) from error
    make_metrics_folder()
    os.environ["SUREHOLD_ONLY"] = ",".join(parts)
    command = [sys.executable, "-m", *serve_command(host, port, workers)]
    os.execv(command[0], command)  # noqa: S606  our own interpreter and server, no shell
