"""`./surehold worker`: the worker alone, whole or in parts, against servers named by the environment."""

from typing import Annotated

import typer

from surehold.app.worker.__main__ import main


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("worker")(worker)


def worker(
    only: Annotated[str, typer.Option(help="Parts to work for, with commas between; all without it.")] = "",
) -> None:
    """Handle events and run jobs. The environment names database, Valkey and key (see `config list`)."""
    raise typer.Exit(main(["--only", only]))
