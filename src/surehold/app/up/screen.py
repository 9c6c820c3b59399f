"""What `up` shows: one line per step, its duration, and at the end where everything is."""

import time
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Screen:
    """Prints progress; a spinner where there is a terminal, plain lines where there is none."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    @contextmanager
    def step(self, doing: str, done: str) -> Generator[None]:
        """Shows a step while it lasts, and how long it took."""
        began = time.monotonic()
        with self.console.status(f"{escape(doing)} …"):
            yield
        self.console.print(f"[green]✓[/] {escape(done)} [dim]({time.monotonic() - began:.1f} s)[/]")

    def note(self, line: str) -> None:
        """A line worth knowing."""
        self.console.print(f"[yellow]•[/] {escape(line)}", soft_wrap=True)

    def refuse(self, line: str) -> None:
        """The one line that says why it does not work and what to do."""
        self.console.print(f"[red]✗[/] {escape(line)}", soft_wrap=True)

    def table(self, rows: list[tuple[str, str]]) -> None:
        """Where everything is."""
        grid = Table.grid(padding=(0, 2))
        for name, value in rows:
            grid.add_row(f"[bold]{escape(name)}[/]", escape(value))
        self.console.print()
        self.console.print(grid, soft_wrap=True)
        self.console.print()
