"""Runs squawk over the migrations; its wheel brings a binary that lies beside the interpreter's scripts."""

import subprocess
import sys
import sysconfig
from pathlib import Path

from surehold.app.schema import migrations_folder


def main() -> int:
    """Checks every migration by the rules of `.squawk.toml`; returns the exit code."""
    squawk = Path(sysconfig.get_path("scripts")) / "squawk"
    files = sorted(str(path.relative_to(Path.cwd())) for path in migrations_folder().glob("*.sql"))
    return subprocess.run([squawk, *files], check=False).returncode  # noqa: S603  our own tool, our own files


if __name__ == "__main__":
    sys.exit(main())
