"""The launcher script on machines that lack something, which stand-ins for Python, pip and uv play."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.launcher.test_script import checkout, run

__all__ = ["checkout"]
REAL = f'exec {sys.executable} "$@"'
"""Anything else is done by the Python that runs the tests."""
NO_ENSUREPIP = "*ensurepip*) exit 1 ;;"
NO_PIP = '*"-m pip"*) exit 1 ;;'
NO_VENV = '*"-m venv"*) echo "No module named venv" >&2; exit 1 ;;'


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder that goes first in PATH. Unless a test puts a working one there, `uv` is broken."""
    folder = tmp_path / "tools"
    folder.mkdir()
    stub(folder / "uv", "*) exit 127 ;;")
    return folder


def stub(path: Path, *cases: str, otherwise: str = "") -> Path:
    """A program that looks at its arguments as one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", 'case "$*" in', *cases, "esac", otherwise, ""]))
    path.chmod(0o755)
    return path


def python_without(folder: Path, *cases: str) -> Path:
    """A Python that is new enough, names itself, and lacks what the cases say."""
    path = folder / "python-stub"
    return stub(path, f'*"print(sys.executable"*) echo {path}; exit 0 ;;', *cases, otherwise=REAL)


def start(checkout: Path, tools: Path, python: Path, venv: Path):
    return run(checkout, "up", PATH=f"{tools}:/usr/bin:/bin", SUREHOLD_PYTHON=str(python), SUREHOLD_VENV=str(venv))


@pytest.fixture
def own_checkout(checkout: Path, tmp_path: Path) -> Path:
    """A checkout with something to install."""
    folder = tmp_path / "own"
    shutil.copytree(checkout, folder, ignore=shutil.ignore_patterns(".venv*"))
    folder.joinpath("requirements.lock").write_text("one==1\ntwo==2\n")
    return folder


def test_a_python_without_ensurepip_fills_the_environment_with_its_own_pip(
    checkout: Path, tools: Path, tmp_path: Path
) -> None:
    said = start(checkout, tools, python_without(tools, NO_ENSUREPIP), tmp_path / "venv")
    assert said.returncode == 0, said.stderr
    assert said.stdout == f"up|{tmp_path}/venv/bin/python\n"
    assert not (tmp_path / "venv" / "bin" / "pip").exists()


@pytest.mark.parametrize("lacking", [(NO_ENSUREPIP, NO_PIP), (NO_VENV,), (NO_VENV, NO_PIP)])
def test_a_python_that_can_make_no_environment_is_one_clear_line(
    checkout: Path, tools: Path, tmp_path: Path, lacking: tuple[str, ...]
) -> None:
    said = start(checkout, tools, python_without(tools, *lacking), tmp_path / "venv")
    assert said.returncode == 1
    assert "cannot make an environment" in said.stderr.splitlines()[-1]
    assert "apt install python3-venv" in said.stderr.splitlines()[-1]
    assert not (tmp_path / "venv.lock").exists()


def test_uv_makes_and_fills_the_environment_where_it_is(checkout: Path, tools: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    stub(
        tools / "uv",
        "--version) exit 0 ;;",
        f'venv*) echo "$1 $2" >>{log}; for last; do :; done; exec {sys.executable} -m venv --without-pip "$last" ;;',
        f'"pip install"*) echo "$*" >>{log}; echo " + one==1"; echo "Installed 1 package"; exit 0 ;;',
    )
    said = start(checkout, tools, python_without(tools, NO_ENSUREPIP, NO_PIP), tmp_path / "venv")
    assert said.returncode == 0, said.stderr
    made, filled = log.read_text().splitlines()
    assert made == "venv --quiet"
    assert "--require-hashes" in filled
    assert "Installed 1 package" in said.stderr
    assert " + one==1" not in said.stderr  # three hundred lines that nobody reads


PIP_SAYS = {
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.": "is not the one that was locked",
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device": "is full. Free some space",
    "ERROR: Could not find a version that satisfies the requirement one==1 (from versions: none)": "Check the network",
    "ERROR: ReadTimeoutError: Read timed out.": "Check the network",
    "ERROR: No matching distribution found for one==1": "has no build for this Python",
    "ERROR: something else": "the messages above say why",
}
UV_SAYS = {
    "error: Hash mismatch for `one==1`": "is not the one that was locked",
    "error: Failed to fetch\n  Caused by: dns error: Temporary failure in name resolution": "Check the network",
    "error: failed to write: No space left on device (os error 28)": "is full. Free some space",
}


@pytest.mark.parametrize("message", PIP_SAYS)
def test_why_pip_failed_is_told_and_tried_again_next_time(own_checkout: Path, tools: Path, message: str) -> None:
    venv = own_checkout / ".venv"
    stub(
        venv / "bin" / "python",
        '*"pip --version"*) exit 0 ;;',
        f"*\"pip install\"*) echo Collecting one; echo '{message}' >&2; exit 1 ;;",
        otherwise=REAL,
    )
    (venv / "pyvenv.cfg").touch()
    for _ in range(2):
        said = start(own_checkout, tools, Path(sys.executable), venv)
        assert said.returncode == 1
        assert message.splitlines()[0] in said.stderr
        assert PIP_SAYS[message] in said.stderr.splitlines()[-1]
    assert not (own_checkout / ".venv.lock").exists()


@pytest.mark.parametrize("message", UV_SAYS)
def test_why_uv_failed_is_told(own_checkout: Path, tools: Path, message: str) -> None:
    stub(
        tools / "uv",
        "--version) exit 0 ;;",
        f'venv*) for last; do :; done; exec {sys.executable} -m venv --without-pip "$last" ;;',
        f"\"pip install\"*) echo '{message}' >&2; exit 2 ;;",
    )
    said = start(own_checkout, tools, Path(sys.executable), own_checkout / ".venv")
    assert said.returncode == 1
    assert UV_SAYS[message] in said.stderr.splitlines()[-1]
