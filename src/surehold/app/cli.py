"""The command line. A command is one module in `commands/` with a `register` function, imported only when it is the one called."""

import importlib
import sys
from collections.abc import Sequence

import typer

# name -> (module under surehold.app.commands, what the overview says). A new command is one line here and one file there.
COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("up", "Run the whole shop here: database, API, worker, mail."),
    "import": ("imports", "Bring products or a retailer's orders into the shop."),
    "replay": ("replay", "Buy the imported orders again through the public API."),
    "warm": ("warm", "Fill the cache of a running shop before a rush."),
    "api": ("api", "Serve the API alone, whole or in parts."),
    "worker": ("worker", "Handle events and run jobs alone, whole or in parts."),
    "config": ("config", "Check the settings, list them."),
    "openapi": ("openapi", "Print the API's description."),
    "doctor": ("doctor", "Check on the live database that every promise holds."),
    "audit": ("audit", "Verify, export and anchor the sealed audit log."),
    "db": ("db", "Migrate, back up and restore the database."),
    "keys": ("keys", "See, add, rotate and retire the keys of personal data."),
    "dead-letters": ("dead_letters", "See, replay or discard what failed for good."),
    "test": ("test", "Run all tests, with a summary."),
    "bench": ("bench", "Measure the whole shop beside what this machine can do."),
    "check": ("check", "Format, lint, types, import contracts, migrations, then all tests."),
}


def build(words: Sequence[str]) -> typer.Typer:
    """The command line with the called command in full; the others are only named in the overview."""
    shop = typer.Typer(
        name="surehold",
        help="Surehold, a commerce platform that keeps its promises.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    shop.callback()(_overview)
    called = next((word for word in words if not word.startswith("-")), None)
    for name, (module, summary) in COMMANDS.items():
        if name == called:
            importlib.import_module(f"surehold.app.commands.{module}").register(shop)
        else:
            shop.command(name, help=summary)(_named_only)
    return shop


def _overview() -> None:
    """Keeps the sub-commands sub-commands, however few there are."""


def _named_only() -> None:
    """Stands for a command that was not called."""


def main() -> None:
    """Entry point of `./surehold`."""
    build(sys.argv[1:])(prog_name="surehold")


if __name__ == "__main__":
    main()
