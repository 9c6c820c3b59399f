"""`./surehold keys`: which keys there are and where each is used; a new one, everything sealed anew, an old one retired."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from os import environ
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DatabaseUrl, DataDir, ValkeyUrl
from surehold.app.container import LASTING_PURPOSES
from surehold.app.key_change import KeyDesk, Rotation, open_key_desk, rotate, rows_to_rotate, used_keys, uses_of
from surehold.app.settings import PREFIX, key_source
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.environment import published
from surehold.app.up.errors import StartError
from surehold.app.up.files import write_private
from surehold.app.up.key_file import changing
from surehold.app.up.options import DEFAULT_DATA_DIR, ServerUrls
from surehold.app.up.screen import Screen
from surehold.app.up.secret_key import key_file, settings_of
from surehold.platform.sealed import KEY_BYTES, KeyRing, KeyRingError, key_id

NOT_DONE = 1
NO_KEY = "no key here"
RESTART = "Restart the shop, which then seals with it (shops that `up` does not start: see docs/keys.md)."
AnswerT = TypeVar("AnswerT")


def register(shop: typer.Typer) -> None:
    """Adds the command with its sub-commands."""
    group = typer.Typer(help="The keys of personal data: see, add, rotate, retire them.", no_args_is_help=True)
    group.command("list")(list_keys)
    group.command("add")(add)
    group.command("promote")(promote)
    group.command("rotate")(rotate_all)
    group.command("retire")(retire)
    shop.add_typer(group, name="keys")


def list_keys(
    data_dir: DataDir = DEFAULT_DATA_DIR, database_url: DatabaseUrl = None, valkey_url: ValkeyUrl = None
) -> None:
    """List the keys by their ids, and how many values each seals, per column."""
    screen = Screen()

    async def ask(desk: KeyDesk) -> tuple[KeyRing, dict[str, dict[str, int]]]:
        return desk.ring, await used_keys(desk)

    ring, used = _at_desk(screen, data_dir, _urls(database_url, valkey_url), ask)
    roles = _roles(ring)
    unknown = sorted({key for counts in used.values() for key in counts} - roles.keys())
    table = Table("Sealed in", *(f"{key}\n{roles.get(key, NO_KEY)}" for key in (*roles, *unknown)), box=None)
    for place, counts in used.items():
        table.add_row(place, *(str(counts.get(key, 0)) for key in (*roles, *unknown)))
    screen.console.print(table)


def add(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Make a new key beside the current one: known from the next start on, and used from then on where `up` starts the shop."""
    screen = Screen()

    def with_new(ring: KeyRing) -> KeyRing:
        if ring.next is not None:
            raise StartError(f"Key {key_id(ring.next).hex()} waits to be used already: restart the shop.")
        return ring.with_next(secrets.token_bytes(KEY_BYTES))

    with _refusals(screen, data_dir):
        ring, file = _change(screen, data_dir, with_new)
        screen.note(
            f"Key {key_id(ring.next or b'').hex()} is there. Keep a copy of {file or 'it'} where your backups' keys are."
        )
        screen.note(RESTART)
        screen.note("Then seal what is stored anew: ./surehold keys rotate")


def promote(data_dir: DataDir = DEFAULT_DATA_DIR) -> None:
    """Make the next key the current one, for shops that `up` does not start: once every process was restarted and knows it."""
    screen = Screen()

    def promoted(ring: KeyRing) -> KeyRing:
        if ring.next is None:
            raise StartError("There is no next key. Make one with ./surehold keys add.")
        return ring.promoted()

    with _refusals(screen, data_dir):
        if published(data_dir.expanduser().resolve()) is not None:
            raise StartError("./surehold up does so itself when it starts: restart it.")
        ring, _ = _change(screen, data_dir, promoted)
        screen.note(f"Key {key_id(ring.current).hex()} is the current one: restart all processes, one after the other.")


def rotate_all(
    data_dir: DataDir = DEFAULT_DATA_DIR, database_url: DatabaseUrl = None, valkey_url: ValkeyUrl = None
) -> None:
    """Seal everything that is stored under the current key, while the shop is open. May be stopped and run again at any time."""
    screen = Screen()
    done, waits = _at_desk(screen, data_dir, _urls(database_url, valkey_url), lambda desk: _rotate(desk, screen))
    for name in done.named:
        screen.refuse(f"Does not open, and was left as it is: {name}")
    if done.unopened:
        screen.refuse(f"{done.unopened} values do not open. Name the key that sealed them in {PREFIX}PREVIOUS_KEYS.")
    if done.busy:
        screen.refuse(f"{done.busy} rows were held by others all the time. Run it again.")
    screen.note(f"{done.changed} values were sealed anew.")
    if waits is not None:
        screen.note(f"Key {key_id(waits).hex()} still waits. {RESTART}")
    if done.unopened or done.busy:
        raise typer.Exit(NOT_DONE)


def retire(
    named: Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `list` shows it.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
    valkey_url: ValkeyUrl = None,
) -> None:
    """Forget a key that seals nothing any more. Backups made before `rotate` need it: keep it with them."""
    screen = Screen()

    async def ask(desk: KeyDesk) -> dict[str, int]:
        key = _previous(desk.ring, named)
        return uses_of(key_id(key).hex(), await used_keys(desk))

    uses = _at_desk(screen, data_dir, _urls(database_url, valkey_url), ask)
    if uses:
        where = ", ".join(f"{count} in {place}" for place, count in uses.items())
        screen.refuse(f"Key {named} still seals values: {where}. Seal them anew with ./surehold keys rotate.")
        raise typer.Exit(NOT_DONE)
    with _refusals(screen, data_dir):
        _change(screen, data_dir, lambda ring: ring.without(_previous(ring, named), LASTING_PURPOSES))
        screen.note(f"Key {named} is retired. Running processes forget it when they are restarted.")


async def _rotate(desk: KeyDesk, screen: Screen) -> tuple[Rotation, bytes | None]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=screen.console, transient=True) as progress:
        task = progress.add_task("Counting", total=await rows_to_rotate(desk))
        done = await rotate(desk, lambda place, rows: progress.update(task, description=place, advance=rows))
    return done, desk.ring.next


def _at_desk(
    screen: Screen, data_dir: Path, urls: ServerUrls, work: Callable[[KeyDesk], Awaitable[AnswerT]]
) -> AnswerT:
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # its retries are not the reader's trouble
    with _refusals(screen, data_dir):
        require_shop(data_dir, urls)
        with borrowed_shop(data_dir, urls) as shop:
            settings = settings_of(shop.environment)

            async def run() -> AnswerT:
                async with open_key_desk(settings) as desk:
                    return await work(desk)

            return asyncio.run(run())
    raise AssertionError("unreachable: refusals end the command")


def _change(screen: Screen, data_dir: Path, change: Callable[[KeyRing], KeyRing]) -> tuple[KeyRing, Path | None]:
    """Change the keys where they are kept; where that is not a file of ours to write, say what to put there."""
    running = published(data_dir.expanduser().resolve())
    file = key_file(data_dir, environ if running is None else running)
    if file is not None:
        if not file.exists():
            raise StartError(f"There is no key in {file}: start the shop once, or name its folder with --data-dir.")
        with changing(file) as now:
            changed = change(now)
            write_private(file, changed.text())
        return changed, file
    given = {name.removeprefix(PREFIX): value for name, value in environ.items() if name.startswith(PREFIX) and value}
    changed = change(key_source(given).read())
    screen.note(
        "The keys of this shop are not in a file of its own. Put this where they are kept, in place of what is there:"
    )
    typer.echo(changed.text(), nl=False)
    return changed, None


def _previous(ring: KeyRing, named: str) -> bytes:
    key = ring.find(named)
    if key is None:
        raise StartError(f"There is no key {named}: ./surehold keys list shows those that there are.")
    if key not in ring.previous:
        raise StartError(
            f"Key {named} is the {_roles(ring)[key_id(key).hex()]} one: only a previous key can be retired."
        )
    return key


def _roles(ring: KeyRing) -> dict[str, str]:
    named = {key_id(ring.current).hex(): "current"}
    if ring.next is not None:
        named[key_id(ring.next).hex()] = "next"
    return {**named, **{key_id(key).hex(): "previous" for key in ring.previous}}


def _urls(database_url: str | None, valkey_url: str | None) -> ServerUrls:
    return ServerUrls(database_url or None, None, None, valkey_url or None)


@contextmanager
def _refusals(screen: Screen, data_dir: Path) -> Generator[None]:
    try:
        yield
    except KeyRingError as error:
        screen.refuse(f"The keys do not fit: {str(error).rstrip('.')}.")
        raise typer.Exit(NOT_DONE) from error
    except REFUSALS as error:
        screen.refuse(in_words(error, data_dir))
        raise typer.Exit(NOT_DONE) from error
