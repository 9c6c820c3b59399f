"""`./surehold dead-letters`: what failed for good, to be seen, mended, run again or discarded."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DatabaseUrl, DataDir
from surehold.app.dead_letters import build_dead_letters
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.options import DEFAULT_DATA_DIR
from surehold.kernel.errors import InvalidInputError
from surehold.modules.audit import AuditLog
from surehold.platform.db import Database, PoolSettings
from surehold.platform.events import DeadLetter, DeadLetters, SilentWaker
from surehold.platform.http.actor import SYSTEM

NOT_DONE = 1
PAGE = 100
CONNECT_S = 8.0
AnswerT = TypeVar("AnswerT")

LetterId = Annotated[str, typer.Argument(help="The id, as `list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print for machines.")]


def register(shop: typer.Typer) -> None:
    """Adds the command with its sub-commands."""
    group = typer.Typer(help="What failed for good: see it, mend it, run it again, discard it.", no_args_is_help=True)
    group.command("list")(list_letters)
    for command in (show, mend, replay, discard):
        group.command()(command)
    shop.add_typer(group, name="dead-letters")


def list_letters(
    kind: Annotated[
        str | None, typer.Option(help="Only of this kind: delivery, job, mail, payment or webhook.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=PAGE, help="How many, newest first.")] = 50,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List what failed for good, newest first."""
    found = _ask(data_dir, database_url, lambda letters: letters.list(kind=kind, limit=limit))
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
    elif not found:
        typer.echo("There are no dead letters.")
    else:
        typer.echo("\n".join(_lines(letter) for letter in found))


def show(letter_id: LetterId, data_dir: DataDir = DEFAULT_DATA_DIR, database_url: DatabaseUrl = None) -> None:
    """Show one, with the payload it will run with."""
    letter = _ask(data_dir, database_url, lambda letters: letters.get(letter_id))
    typer.echo(json.dumps(msgspec.to_builtins(letter), indent=2, ensure_ascii=False))


def mend(
    letter_id: LetterId,
    payload: Annotated[str, typer.Option(help="What it runs with from now on: a JSON object, whole.")],
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
) -> None:
    """Set what one delivery runs with; the event and its other consumers are not touched. Replay it afterwards."""
    letter = _ask(data_dir, database_url, lambda letters: letters.mend(letter_id, _object(payload), SYSTEM))
    typer.echo(f"{letter.id} is mended: {letter.name}. Run it with: dead-letters replay {letter.id}")


def replay(letter_id: LetterId, data_dir: DataDir = DEFAULT_DATA_DIR, database_url: DatabaseUrl = None) -> None:
    """Run one again, with all its attempts."""
    letter = _ask(data_dir, database_url, lambda letters: letters.replay(letter_id, SYSTEM))
    typer.echo(f"{letter.id} runs again: {letter.name}")


def discard(
    letter_id: LetterId,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Discard one: it will never run."""
    if not yes:
        typer.confirm(f"Discard {letter_id}? It will never run.", abort=True)
    letter = _ask(data_dir, database_url, lambda letters: letters.discard(letter_id, SYSTEM))
    typer.echo(f"{letter.id} is discarded: {letter.name}")


def _object(text: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise InvalidInputError(f"--payload is no JSON object: {error}") from error


def _ask(data_dir: Path, database_url: str | None, question: Callable[[DeadLetters], Awaitable[AnswerT]]) -> AnswerT:
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # its retries are not the reader's trouble
    try:
        if database_url:
            return asyncio.run(_answer(database_url, question))
        require_shop(data_dir)
        with borrowed_shop(data_dir) as shop:
            return asyncio.run(_answer(shop.environment["SUREHOLD_DATABASE_URL"], question))
    except REFUSALS as error:
        out_of_time = isinstance(error, TimeoutError)
        typer.echo("The database cannot be reached." if out_of_time else in_words(error, data_dir), err=True)
        raise typer.Exit(NOT_DONE) from error


async def _answer(url: str, question: Callable[[DeadLetters], Awaitable[AnswerT]]) -> AnswerT:
    db = Database(url, PoolSettings(min_size=1, max_size=1, application_name="surehold-dead-letters"))
    try:
        async with asyncio.timeout(CONNECT_S):
            await db.open()
        return await question(build_dead_letters(db, AuditLog(db).record, SilentWaker()))
    finally:
        await db.close()


def _lines(letter: DeadLetter) -> str:
    when = f"{letter.failed_at:%Y-%m-%d %H:%M:%S}"
    return f"{letter.id}\n    {letter.name}\n    {letter.error}\n    attempt {letter.attempts}, {when} UTC"
