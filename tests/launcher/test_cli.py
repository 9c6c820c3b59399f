"""The command line: every command is there, and only the called one is imported."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from surehold.app.cli import COMMANDS, build
from tests.launcher.test_up import ROOT, environment


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    said = CliRunner().invoke(build([name]), [name, "--help"])
    assert said.exit_code == 0, said.output
    assert "Usage:" in said.output


def test_the_overview_imports_no_command() -> None:
    code = (
        "import sys; from surehold.app.cli import build; build(['--help']); "
        "print(*(name for name in sys.modules if name.startswith('surehold.app.commands') or name in {'psycopg', 'litestar'}))"
    )
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, capture_output=True, text=True, env=environment(), cwd=ROOT, check=True)
    assert said.stdout.strip() == ""


def test_an_unknown_command_is_refused() -> None:
    said = CliRunner().invoke(build(["upp"]), ["upp"])
    assert said.exit_code == 2
    assert "No such command" in said.output
