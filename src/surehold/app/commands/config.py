"""`./surehold config check`: read the settings as a process would, and say what is wrong with them."""

import typer
from rich.console import Console
from rich.table import Table

from surehold.app.settings import PREFIX, SettingsError, known_variables, read_settings

MISUSED = 2
SECRET = ("SECRET_KEY", "DATABASE_URL", "VALKEY_URL", "SMTP_URL")
"""Variables whose values are never shown."""


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    config = typer.Typer(no_args_is_help=True, help="Settings: check them, list them.")
    config.command("check")(check)
    config.command("list")(list_all)
    shop.add_typer(config, name="config")


def check() -> None:
    """Read SUREHOLD_… from the environment; exit code 0 only if a process could start with them."""
    console = Console()
    try:
        settings = read_settings()
    except SettingsError as error:
        console.print(f"[red]✗[/red] {error}", highlight=False)
        raise typer.Exit(MISUSED) from error
    env = settings.core.env
    console.print(f"[green]✓[/green] The settings fit ({env}, {'HTTPS' if settings.core.secure else 'plain HTTP'}).")


def list_all() -> None:
    """Every variable with its default."""
    table = Table("Variable", "Default", box=None)
    for name, default in known_variables().items():
        table.add_row(name, "(secret)" if name.removeprefix(PREFIX) in SECRET and default else default)
    Console().print(table)
