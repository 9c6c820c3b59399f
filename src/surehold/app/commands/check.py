"""`./surehold check`: the static checks and all tests; with `--ci` exactly what `.ci/run` runs. The tests' summary comes last."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from surehold.app.commands.test import run_module, run_pytest
from surehold.app.up.options import ROOT

FAILED = 1
OF_THE_DATABASE = (
    "audit", "cart", "catalog", "checkout", "doctor", "events", "idempotency", "identity", "importing", "inventory", "jobs",
    "machine", "notifications", "orders", "payments", "pricing", "race",
)  # fmt: skip
"""Folders of tests whose subject is SQL; the launcher, the edge and the crashes do not change with PostgreSQL's version."""


@dataclass(frozen=True, slots=True)
class Check:
    """A tool that must say yes."""

    name: str
    module: str
    arguments: Sequence[str]


CHECKS = (
    Check("format", "ruff", ("format", "--check", ".")),
    Check("lint", "ruff", ("check", ".")),
    Check("types", "basedpyright", ("--pythonpath", sys.executable)),
    Check("import contracts", "surehold.app.commands.lint_imports", ()),
    Check("migrations", "surehold.app.commands.lint_migrations", ()),
)


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("check")(check)


def check(
    *,
    tests: Annotated[bool, typer.Option(help="Also run all tests.")] = True,
    oldest_postgres: Annotated[
        bool, typer.Option("--oldest-postgres", help="Also run the tests of the database on PostgreSQL 17.")
    ] = False,
    ci: Annotated[bool, typer.Option("--ci", help="As CI does: on PostgreSQL 17 too, and the long tests.")] = False,
) -> None:
    """Format, lint, types, import contracts, migrations, then all tests."""
    failed = [step.name for step in CHECKS if not _passes(step)]
    if (oldest_postgres or ci) and not _oldest_postgres():
        failed.append("tests on PostgreSQL 17")
    if failed:
        typer.secho(f"Failed: {', '.join(failed)}", fg="red", bold=True)
    code = run_pytest(*(["--long"] if ci else [])) if tests else 0
    raise typer.Exit(code or (FAILED if failed else 0))


def _passes(step: Check) -> bool:
    typer.secho(f"── {step.name}", bold=True)
    return run_module(step.module, *step.arguments) == 0


def _oldest_postgres() -> bool:
    """Whatever speaks to the database, on the oldest PostgreSQL that is supported."""
    typer.secho("── tests on PostgreSQL 17", bold=True)
    folders = [
        str(folder.relative_to(ROOT))
        for folder in (ROOT / "tests" / name for name in OF_THE_DATABASE)
        if folder.is_dir()
    ]
    return run_pytest("-q", *folders, environment={"SUREHOLD_TEST_POSTGRES": "17"}) == 0
