"""The launcher script, on a checkout of its own that needs no package: what a fresh machine sees."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_S = 100
CLI = "import sys\nprint(*sys.argv[1:], sys.executable, sep='|')\n"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose path has spaces, with the real launcher and nothing to install."""
    folder = tmp_path_factory.mktemp("a check out")
    shutil.copy(ROOT / "surehold", folder)
    for name in ("requirements.lock", "requirements-dev.lock"):
        folder.joinpath(name).write_text("# nothing\n")
    package = folder / "src" / "surehold" / "app"
    package.mkdir(parents=True)
    for path in (package / "__init__.py", package.parent / "__init__.py"):
        path.touch()
    package.joinpath("cli.py").write_text(CLI)
    return folder


def run(checkout: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SUREHOLD_", "PYTHON"))}
    environment = {**inherited, "SUREHOLD_PYTHON": sys.executable, **variables}
    command = [str(checkout / "surehold"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=environment, check=False)


def test_first_use_makes_the_environment_and_the_second_starts_at_once(checkout: Path) -> None:
    first = run(checkout, "up", "--port", "1")
    assert first.returncode == 0, first.stderr
    assert first.stdout == f"up|--port|1|{checkout}/.venv/bin/python\n"
    assert "Making the Python environment" in first.stderr
    second = run(checkout, "anything")
    assert second.returncode == 0
    assert second.stderr == ""


def test_a_changed_lock_is_installed_before_the_next_start(checkout: Path) -> None:
    assert run(checkout, "up").returncode == 0
    checkout.joinpath("requirements.lock").write_text("# still nothing, but not the same nothing\n")
    again = run(checkout, "up")
    assert "Installing the exact packages of requirements.lock" in again.stderr
    assert "Making the Python environment" not in again.stderr


def test_tools_are_installed_only_for_those_who_change_the_shop(checkout: Path) -> None:
    assert "requirements-dev.lock" not in run(checkout, "up").stderr
    assert "requirements-dev.lock" in run(checkout, "test").stderr
    assert run(checkout, "up").stderr == ""


def test_it_works_through_a_symbolic_link_and_from_elsewhere(checkout: Path, tmp_path: Path) -> None:
    link = tmp_path / "shop"
    link.symlink_to(checkout / "surehold")
    said = subprocess.run(
        [str(link), "up"], capture_output=True, text=True, timeout=TIMEOUT_S, cwd=tmp_path, check=True
    )
    assert said.stdout.startswith("up|")


def test_the_environment_may_live_elsewhere(checkout: Path, tmp_path: Path) -> None:
    said = run(checkout, "up", SUREHOLD_VENV=str(tmp_path / "deep" / "er"))
    assert said.stdout == f"up|{tmp_path}/deep/er/bin/python\n"


def test_packages_of_another_python_do_not_leak_in(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "surehold").mkdir()
    (tmp_path / "surehold" / "__init__.py").write_text("raise SystemExit('the wrong one')\n")
    assert run(checkout, "up", PYTHONPATH=str(tmp_path)).stdout.startswith("up|")


def test_a_folder_that_is_something_else_is_left_alone(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    said = run(checkout, "up", SUREHOLD_VENV=str(tmp_path))
    assert said.returncode == 1
    assert "is not a Python environment" in said.stderr.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    assert run(checkout, "up", SUREHOLD_VENV=str(venv)).returncode == 0
    for path in (venv / "bin").glob("python*"):
        path.unlink()
        path.symlink_to("/nonexistent/python")
    again = run(checkout, "up", SUREHOLD_VENV=str(venv))
    assert again.returncode == 0, again.stderr
    assert "Making the Python environment" in again.stderr


def test_a_lock_left_by_a_killed_launcher_is_taken_over(checkout: Path, tmp_path: Path) -> None:
    lock = tmp_path / "venv.lock"
    lock.mkdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    lock.joinpath("pid").write_text(str(ended.pid))
    said = run(checkout, "up", SUREHOLD_VENV=str(tmp_path / "venv"))
    assert said.returncode == 0, said.stderr
    assert not lock.exists()


def test_two_first_uses_at_once(checkout: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "SUREHOLD_VENV": str(tmp_path / "venv"), "SUREHOLD_PYTHON": sys.executable}
    both = [subprocess.Popen([checkout / "surehold", "up"], env=environment, stderr=subprocess.PIPE) for _ in range(2)]
    messages = [process.communicate(timeout=TIMEOUT_S)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], messages
    assert sum(b"Making the Python environment" in message for message in messages) == 1


def test_no_python_is_one_clear_line(checkout: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "cat", "cksum", "tr", "mkdir", "rm", "readlink"):
        found = shutil.which(name)
        assert found is not None
        tools.joinpath(name).symlink_to(found)
    said = run(checkout, "up", PATH=str(tools), SUREHOLD_PYTHON="", SUREHOLD_VENV=str(tmp_path / "venv"))
    assert said.returncode == 1
    assert said.stderr == (
        "surehold: Python 3.11 or newer is needed and none was found. "
        "Install one, or name it with SUREHOLD_PYTHON=/path/to/python3.\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_checkout_that_cannot_be_written_is_one_clear_line(checkout: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    said = run(checkout, "up", SUREHOLD_VENV=str(closed / "venv"))
    assert said.returncode == 1
    assert said.stderr.count("\n") == 1
    assert "Set SUREHOLD_VENV" in said.stderr
