"""`./surehold db migrate | backup | restore`: its version, and all of it in one file (also across PostgreSQL versions)."""

import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DatabaseOwnerUrl, DatabaseUrl, DataDir
from surehold.app.schema import bring_up_to_date
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.errors import StartError
from surehold.app.up.options import DEFAULT_DATA_DIR
from surehold.app.up.reach import require_postgres
from surehold.app.up.screen import Screen
from surehold.app.up.secret_key import BY_FILE, given_key
from surehold.platform.embedded import tool

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
    database_url: DatabaseUrl = None,
    database_owner_url: DatabaseOwnerUrl = None,
) -> None:
    """Write the whole database to a file, whether the shop runs or not. Keep secret.key of the data folder with it."""
    screen = Screen()
    if file.exists():
        screen.refuse(f"{file} exists. Choose a new file.")
        raise typer.Exit(1)
    named = database_owner_url or database_url
    # Extensions belong to the database that is restored into, which has its own.
    options = ("--format=custom", "--exclude-extension=*", "--file", str(file))

    def save(url: str) -> None:
        _run("pg_dump", url, *options)

    key = _with_database(data_dir, named, screen, save, must_exist=True)
    screen.note(
        f"The database is in {file}. Personal data in it is readable only with {key or 'the key of its shop'}: keep both."
    )


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file that `db backup` wrote.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
    database_owner_url: DatabaseOwnerUrl = None,
) -> None:
    """Fill an empty database from a file, all of it or nothing."""
    screen, named = Screen(), database_owner_url or database_url
    options = ("--exit-on-error", "--single-transaction", "--no-owner")
    advice = "Name an empty one." if named else "Restore into a new folder with SUREHOLD_DATA_DIR."

    def fill(url: str) -> None:
        with psycopg.connect(url) as connection:
            row = connection.execute(TABLES).fetchone()
        if row is None or row[0] > 0:
            raise StartError(f"The database {'that was named' if named else f'of {data_dir}'} is not empty. {advice}")
        _run("pg_restore", url, *options, str(file))

    _with_database(data_dir, named, screen, fill)
    screen.note("The database is restored. `./surehold up` brings it to this version.")


def _with_database(
    data_dir: Path, named: str | None, screen: Screen, act: Callable[[str], None], *, must_exist: bool = False
) -> str | None:
    """Acts on the database that was named, else as the owner on the folder's; out goes the file of its key, if that is known."""
    try:
        if named:
            require_postgres(named)
            act(named)
            return given_key().get(BY_FILE)
        if must_exist:
            require_shop(data_dir)
        with borrowed_shop(data_dir) as shop:
            act(shop.environment["SUREHOLD_DATABASE_OWNER_URL"])
            return shop.environment.get(BY_FILE)
    except REFUSALS as error:
        screen.refuse(in_words(error, data_dir))
        raise typer.Exit(1) from error


def _run(name: str, url: str, *options: str) -> None:
    """Run a tool of PostgreSQL on a database. The password is not among its arguments, which everybody on the machine can read."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    command: Sequence[str | Path] = [tool(name), "--dbname", make_conninfo("", **parts), *options]
    environment = {**os.environ, "PGPASSWORD": str(password)} if password else None
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise StartError(f"{name} failed: {done.stderr.strip()}")
