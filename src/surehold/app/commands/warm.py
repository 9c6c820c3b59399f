"""`./surehold warm`: fills the cache of a running shop before a rush."""

import asyncio
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from surehold.app.commands.servers import DataDir, target_of
from surehold.app.retail.caller import ShopGoneError
from surehold.app.retail.wire import Target
from surehold.app.up.options import DEFAULT_DATA_DIR
from surehold.app.up.screen import Screen
from surehold.app.warming import MAX_CONCURRENCY, MAX_PRODUCTS, UnreadableShopError, Warmth, first_reason, warm
from surehold.platform.embedded import EmbeddedError

DEFAULT_TOP = 10_000
DEFAULT_CONCURRENCY = 8
REFUSED, INTERRUPTED = 1, 130


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("warm")(warm_command)


def warm_command(
    top: Annotated[int, typer.Option(min=1, max=MAX_PRODUCTS, help="How many products, as listed.")] = DEFAULT_TOP,
    url: Annotated[
        str | None, typer.Option(help="The shop's address; else the one that runs from the data folder.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    concurrency: Annotated[
        int, typer.Option(min=1, max=MAX_CONCURRENCY, help="Readers at once.")
    ] = DEFAULT_CONCURRENCY,
) -> None:
    """Read products through the public API, so that the first buyers of a rush are answered from the cache."""
    screen = Screen()
    try:
        warmth = _warm(target_of(url, data_dir), top, concurrency, screen)
    except (ValueError, EmbeddedError) as error:
        screen.refuse(str(error))
        raise typer.Exit(REFUSED) from error
    except KeyboardInterrupt as error:
        screen.note("Stopped; what was read is cached.")
        raise typer.Exit(INTERRUPTED) from error
    except (ShopGoneError, UnreadableShopError) as error:
        screen.refuse(f"{error} Is it running? Start it with ./surehold up, or name it with --url.")
        raise typer.Exit(REFUSED) from error
    gone = f", {warmth.missing:,} had gone" if warmth.missing else ""
    screen.note(f"{warmth.products:,} products and {warmth.pages:,} pages of the listing are cached{gone}.")


def _warm(target: Target, top: int, concurrency: int, screen: Screen) -> Warmth:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen.console) as progress:
        bar = progress.add_task("Warming", total=top)

        def told(warmth: Warmth) -> None:
            progress.update(bar, completed=warmth.products + warmth.missing)

        try:
            warmth = asyncio.run(warm(target, top, concurrency, told))
        except ExceptionGroup as group:
            raise first_reason(group) from group
        progress.update(bar, total=warmth.products + warmth.missing)
    return warmth
