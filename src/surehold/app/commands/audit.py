"""`./surehold audit verify | export | head`: the hash chain over the audit log, computed again, written out, anchored elsewhere."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from surehold.app.commands.refusals import REFUSALS, in_words
from surehold.app.commands.servers import DatabaseUrl, DataDir
from surehold.app.up.borrow import borrowed_shop, require_shop
from surehold.app.up.errors import StartError
from surehold.app.up.options import DEFAULT_DATA_DIR
from surehold.app.up.screen import Screen
from surehold.modules.audit import (
    EXPORT_FORMAT,
    NO_SEAL,
    AuditChain,
    Break,
    ChainWalk,
    ExportHeader,
    Head,
    Seal,
    Verdict,
    parse_head,
    parse_header,
)
from surehold.platform.db import Database, PoolSettings

AnswerT = TypeVar("AnswerT")
Tell = Callable[[int, int], None]

BROKEN = 1
NOT_EXAMINED = 2
CONNECT_S = 5.0
LATE_S = 60.0
TOLD_EVERY_LINES = 1_000


def register(shop: typer.Typer) -> None:
    """Adds the commands."""
    group = typer.Typer(help="Verify, export and anchor the sealed audit log.", no_args_is_help=True)
    group.command("verify")(verify)
    group.command("export")(export)
    group.command("head")(head)
    shop.add_typer(group, name="audit")


def verify(
    from_export: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Verify this file alone, without a database.")
    ] = None,
    expect_head: Annotated[
        str | None, typer.Option(metavar="SEQ:HASH", help="A head that was kept elsewhere; the chain must come by it.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
) -> None:
    """Compute the whole chain again; name the first row that was changed, removed, inserted, reordered or forged (exit code 1)."""
    screen = Screen()
    with _refusals(screen, data_dir), _progress(screen, "Verifying") as tell:
        expected = None if expect_head is None else parse_head(expect_head)
        if from_export is not None:
            verdict = _verify_file(from_export, expected, tell)
        else:
            verdict = _ask(data_dir, database_url, lambda chain: chain.verify(expected, tell))
    if verdict.found is not None:
        screen.refuse(verdict.found.says)
        raise typer.Exit(BROKEN)
    screen.note(f"The chain holds up to seal {verdict.head.seq:,}: {verdict.head}")
    if expect_head is None:
        screen.note("Whoever may write everything can write all of it anew: only a head kept elsewhere shows that.")
    if verdict.waiting_since is not None and (datetime.now(UTC) - verdict.waiting_since).total_seconds() > LATE_S:
        screen.note(
            f"Entries since {verdict.waiting_since:%Y-%m-%d %H:%M:%S} UTC are not sealed yet: does the worker run?"
        )


def export(
    file: Annotated[Path, typer.Argument(help="The file to write, JSON Lines; it must not exist.")],
    since: Annotated[datetime | None, typer.Option(help="Only what was sealed at or after this moment (UTC).")] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    database_url: DatabaseUrl = None,
) -> None:
    """Write the log with its seals to a file that anybody can verify."""
    screen = Screen()
    moment = None if since is None else since.replace(tzinfo=UTC)
    with _refusals(screen, data_dir), _progress(screen, "Exporting") as tell:
        if file.exists():
            raise StartError(f"{file} exists. Choose a new file.")
        last = _ask(data_dir, database_url, lambda chain: _write(chain, file, moment, tell))
    screen.note(f"The log is in {file}, up to seal {last.seq:,}. Its head, to be kept elsewhere: {last}")


def head(data_dir: DataDir = DEFAULT_DATA_DIR, database_url: DatabaseUrl = None) -> None:
    """Print where the chain ends, as SEQ:HASH, to be kept where nobody who can write the database can write."""
    with _refusals(Screen(), data_dir):
        typer.echo(str(_ask(data_dir, database_url, AuditChain.get_head)))


async def _write(chain: AuditChain, file: Path, since: datetime | None, tell: Tell) -> Head:
    """Write an export; out goes its head. The file has its name only when it is whole."""
    start, last = NO_SEAL if since is None else await chain.get_start(since), await chain.get_head()
    part = file.with_name(f"{file.name}.part")
    encode = msgspec.json.Encoder().encode
    try:
        with part.open("xb") as out:
            out.write(encode(ExportHeader(format=EXPORT_FORMAT, after=str(start), head=str(last))) + b"\n")
            async for seals in chain.walk(start.seq, last.seq):
                out.write(b"".join(encode(seal) + b"\n" for seal in seals))
                tell(seals[-1].seal - start.seq, last.seq - start.seq)
            out.flush()
            os.fsync(out.fileno())
        part.rename(file)
    except FileExistsError as error:
        raise StartError(f"{part} is left of an export that died, or of one that runs. Remove it first.") from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return last


def _verify_file(file: Path, expected: Head | None, tell: Tell) -> Verdict:
    """Verify an export by itself. StartError if it is none."""
    decode = msgspec.json.Decoder(Seal).decode
    with file.open("rb") as lines:
        start, last = _read_header(file, lines.readline())
        walk = ChainWalk(start, expected)
        found: Break | None = None
        for number, line in enumerate(lines, 2):
            try:
                found = walk.take([decode(line)])
            except ValueError as error:  # also what msgspec says of a line that is none
                found = Break(says=f"Line {number} is no seal: {error}")
            if found is not None:
                break
            if number % TOLD_EVERY_LINES == 0:
                tell(walk.head.seq - start.seq, last.seq - start.seq)
    found = found or walk.end() or _check_end(walk.head, last)
    return Verdict(head=walk.head, found=found, waiting_since=None)


def _read_header(file: Path, line: bytes) -> tuple[Head, Head]:
    try:
        return parse_header(line)
    except ValueError as error:
        raise StartError(f"{file} is no export of the audit log: {error}") from error


def _check_end(reached: Head, stated: Head) -> Break | None:
    if reached == stated:
        return None
    return Break(
        seal_seq=reached.seq,
        says=f"The file ends at seal {reached.seq}, but says that it goes to {stated}: its end was cut off.",
    )


@contextmanager
def _refusals(screen: Screen, data_dir: Path) -> Generator[None]:
    """Tells in one line why something could not be examined."""
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # its retries are not the reader's trouble
    try:
        yield
    except (ValueError, *REFUSALS) as error:
        away = isinstance(error, TimeoutError)
        screen.refuse("The database cannot be reached." if away else in_words(error, data_dir))
        raise typer.Exit(NOT_EXAMINED) from error


@contextmanager
def _progress(screen: Screen, what: str) -> Generator[Tell]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = screen.console
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=None)

        def tell(done: int, of: int) -> None:
            progress.update(bar, completed=done, total=of)

        yield tell


def _ask(data_dir: Path, database_url: str | None, question: Callable[[AuditChain], Awaitable[AnswerT]]) -> AnswerT:
    if database_url:
        return asyncio.run(_answer(database_url, question))
    require_shop(data_dir)
    with borrowed_shop(data_dir) as shop:
        return asyncio.run(_answer(shop.environment["SUREHOLD_DATABASE_URL"], question))


async def _answer(url: str, question: Callable[[AuditChain], Awaitable[AnswerT]]) -> AnswerT:
    db = Database(url, PoolSettings(min_size=1, max_size=1, application_name="surehold-audit"))
    try:
        async with asyncio.timeout(CONNECT_S):
            await db.open()
        return await question(AuditChain(db))
    finally:
        await db.close()
