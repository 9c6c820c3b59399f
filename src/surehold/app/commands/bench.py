"""`./surehold bench`: measures the whole shop beside the machine's own limits (docs/performance.md)."""

from typing import Annotated

import typer

from surehold.app.commands.test import run_module
from surehold.app.up.options import ROOT

FIGURES = "product_read, catalog_mix, cart_read, add_to_cart, purchase, hot_sku, realtime, endpoints, growth, doctor"


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("bench")(bench)


def bench(
    only: Annotated[list[str] | None, typer.Option(help=f"One of {FIGURES}; may be given again.")] = None,
    out: Annotated[str, typer.Option(help="Folder for the results.")] = "",
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Short slices, small sizes: about two minutes.")] = False,
) -> None:
    """Boot a shop of its own, load it, and compare it with what this machine can do. A whole run writes bench/RESULTS.md."""
    words = [word for name in only or [] for word in ("--only", name)]
    words += ["--quick"] if quick else []
    words += ["--out", out] if out else []
    path = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    raise typer.Exit(run_module("bench", *words, environment=path))
