"""`./surehold db migrate | backup | restore`: its version, and all of it in one file (also across PostgreSQL versions)."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DatabaseOwnerUrl, DataDir
from surehold.app.schema import bring_up_to_date
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.errors import StartError
from surehold.app.up.options import DEFAULT_DATA_DIR
from surehold.app.up.screen import Screen
from surehold.app.up.secret_key import BY_FILE, BY_VALUE
from surehold.platform.embedded import EmbeddedError, tool

TABLES = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"


def register(shop: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Bring the database up to date, back it up, restore it.", no_args_is_help=True)
    group.command("migrate")(migrate)
    group.command("backup")(backup)
    group.command("restore")(restore)
    shop.add_typer(group, name="db")


def migrate(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_owner_url: DatabaseOwnerUrl = None,
) -> None:
    """Bring the database to this version, as `up` does: for those who run `api` and `worker` alone."""
    screen = Screen()
    try:
        if database_owner_url:
            count = bring_up_to_date(database_owner_url)
        else:
            require_shop(data_dir)
            with borrowed_shop(data_dir) as shop:
                count = bring_up_to_date(shop.environment["SUREHOLD_DATABASE_OWNER_URL"])
    except REFUSALS as error:
        screen.refuse(in_words(error, data_dir))
        raise typer.Exit(1) from error
    screen.note(f"The database is up to date ({count} migrations ran).")


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Write the whole database to a file, whether the shop runs or not. Keep secret.key of the data folder with it."""
    screen = Screen()
    if file.exists():
        screen.refuse(f"{file} exists. Choose a new file.")
        raise typer.Exit(1)
    try:
        require_shop(data_dir)
    except EmbeddedError as error:
        screen.refuse(str(error))
        raise typer.Exit(1) from error
    # Extensions belong to the database that is restored into, which has its own.
    options = ("--format=custom", "--exclude-extension=*", "--file", str(file))
    key = _with_database(data_dir, screen, lambda url: _run("pg_dump", *options, "--dbname", url))
    screen.note(f"The database is in {file}. Personal data in it is readable only with {key or BY_VALUE}: keep both.")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `db backup` wrote.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Fill an empty database from a file, all of it or nothing."""
    screen = Screen()
    options = ("--exit-on-error", "--single-transaction", "--no-owner")

    def fill(url: str) -> None:
        with psycopg.connect(url) as connection:
            row = connection.execute(TABLES).fetchone()
        if row is None or row[0] > 0:
            raise StartError(
                f"The database of {data_dir} is not empty. Restore into a new folder with SUREHOLD_DATA_DIR."
            )
        _run("pg_restore", *options, "--dbname", url, str(file))

    _with_database(data_dir, screen, fill)
    screen.note("The database is restored. `./surehold up` brings it to this version.")


def _with_database(data_dir: Path, screen: Screen, act: Callable[[str], None]) -> str | None:
    """Acts on the owner's URL; out goes the file of the shop's key, if it is in one."""
    try:
        with borrowed_shop(data_dir) as shop:
            act(shop.environment["SUREHOLD_DATABASE_OWNER_URL"])
            return shop.environment.get(BY_FILE)
    except REFUSALS as error:
        screen.refuse(in_words(error, data_dir))
        raise typer.Exit(1) from error


def _run(name: str, *options: str) -> None:
    command: Sequence[str | Path] = [tool(name), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise StartError(f"{name} failed: {done.stderr.strip()}")
