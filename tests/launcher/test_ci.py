"""What CI calls: the checks, then the README's test command as the last word, and a failure of either fails it."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("failing", ["none", "check", "test"])
def test_ci_ends_with_all_tests_whatever_failed_before(tmp_path: Path, failing: str) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    program = tmp_path / "surehold"
    program.write_text(f'#!/bin/sh\necho "$*"\n[ "$1" != {failing} ]\n')
    program.chmod(0o755)
    said = subprocess.run([tmp_path / ".ci" / "run"], capture_output=True, text=True, timeout=20, check=False)
    assert said.stdout.splitlines() == ["check --no-tests --oldest-postgres", "test --long"]
    assert (said.returncode == 0) is (failing == "none")
    assert "./surehold test " in (ROOT / "README.md").read_text()
