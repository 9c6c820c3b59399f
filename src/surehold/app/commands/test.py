"""`./surehold test`: run all tests, and say first what this machine cannot run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from surehold.app.up.options import ROOT

PROCESSES_MAX = 4
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Variables that would point tests at a real shop. Tests own their services.
NOT_FOR_TESTS = (
    "SUREHOLD_DATABASE_URL",
    "SUREHOLD_DATABASE_OWNER_URL",
    "SUREHOLD_AUDIT_URL",
    "SUREHOLD_VALKEY_URL",
    "SUREHOLD_DATA_DIR",
    "SUREHOLD_SECRET_KEY",
    "SUREHOLD_SECRET_KEY_FILE",
    "SUREHOLD_PREVIOUS_KEYS",
    "SUREHOLD_KEY_COMMAND",
    "SUREHOLD_HOST",
    "SUREHOLD_PORT",
)


def register(shop: typer.Typer) -> None:
    """Adds the command; what it does not know goes to pytest."""
    shop.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(run_tests)


def run_tests(
    context: typer.Context,
    *,
    long: Annotated[
        bool, typer.Option("--long", help="Also what takes minutes: more seeds, kill loops, growth.")
    ] = False,
) -> None:
    """Run all tests, with a summary. Anything else goes to pytest, such as -k NAME or a path."""
    for line in cannot_run_here():
        typer.echo(f"Cannot run here: {line}")
    raise typer.Exit(run_pytest(*(["--long"] if long else []), *context.args))


def run_pytest(*arguments: str, environment: Mapping[str, str] | None = None) -> int:
    """Runs pytest on this checkout, a process a core with whole files each; returns its exit code."""
    parallel = () if "-n" in arguments else ("-n", str(min(os.cpu_count() or 1, PROCESSES_MAX)), "--dist", "loadfile")
    return run_module("pytest", *parallel, *arguments, environment=environment)


def run_module(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> int:
    """Runs a tool of this environment in the checkout's folder; returns its exit code."""
    clean = {name: value for name, value in os.environ.items() if name not in NOT_FOR_TESTS}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, env={**clean, **(environment or {})}, check=False).returncode  # noqa: S603


def cannot_run_here() -> list[str]:
    """Which tests this machine will skip, and why."""
    missing: list[str] = []
    if ROOT.joinpath("tests", "browser").is_dir() and not any(shutil.which(name) for name in BROWSERS):
        missing.append("browser tests, for there is no Chromium. On Debian: apt install chromium")
    if os.geteuid() != 0:
        missing.append("tests of running as root, and of a full disk (they need root to make one)")
    if not sys.platform.startswith("linux"):
        missing.append("tests of servers that stop when their launcher is killed (only Linux tells them)")
    return missing
