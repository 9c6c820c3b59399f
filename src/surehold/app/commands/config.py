"""`./surehold config check`: read the settings as a process would, and say what is wrong with them."""

import os
from collections.abc import Mapping

import typer
from rich.console import Console
from rich.table import Table

from surehold.app.settings import PREFIX, SettingsError, known_variables, read_settings
from surehold.platform.sealed import KEY_BYTES

MISUSED = 2
BY_UP = {
    f"{PREFIX}DATABASE_URL": "postgresql://",
    f"{PREFIX}VALKEY_URL": "valkey://",
    f"{PREFIX}SECRET_KEY": "0" * (KEY_BYTES * 2),
    f"{PREFIX}DATA_DIR": ".surehold",
}
"""What `up` gives its processes where the environment does not; here only for its shape."""

SECRET = (
    "SECRET_KEY",
    "PREVIOUS_KEYS",
    "DATABASE_URL",
    "VALKEY_URL",
    "SMTP_URL",
    "STRIPE_SECRET_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "ADDRESS_TOKEN",
)
"""Variables whose values are never shown."""


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    config = typer.Typer(no_args_is_help=True, help="Settings: check them, list them.")
    config.command("check")(check)
    config.command("list")(list_all)
    shop.add_typer(config, name="config")


def check() -> None:
    """Read SUREHOLD_… from the environment; exit code 0 only if a process could start with them.

    Without a SUREHOLD_DATABASE_URL they are read as `up` would, which brings servers, key and folder along.
    """
    console = Console(soft_wrap=True)
    alone = bool(os.environ.get(f"{PREFIX}DATABASE_URL"))
    try:
        settings = read_settings(os.environ if alone else _as_up_would())
    except SettingsError as error:
        console.print(f"[red]✗[/red] {error}", highlight=False, markup=True)
        raise typer.Exit(MISUSED) from error
    reach = "HTTPS" if settings.core.secure else "plain HTTP"
    whose = "on servers of your own" if alone else "for ./surehold up, which brings database, Valkey and key along"
    console.print(f"[green]✓[/green] The settings fit ({settings.core.env}, {reach}), {whose}.", highlight=False)


def _as_up_would() -> Mapping[str, str]:
    given = {name: value for name, value in os.environ.items() if value}
    if f"{PREFIX}SECRET_KEY_FILE" in given or f"{PREFIX}KEY_COMMAND" in given:
        return {**{name: value for name, value in BY_UP.items() if name != f"{PREFIX}SECRET_KEY"}, **given}
    return {**BY_UP, **given}


def list_all() -> None:
    """Every variable with its default."""
    table = Table("Variable", "Default", box=None)
    for name, default in known_variables().items():
        table.add_row(name, "(secret)" if name.removeprefix(PREFIX) in SECRET and default else default)
    Console().print(table)
