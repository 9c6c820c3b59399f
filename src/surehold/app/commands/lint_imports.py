"""Runs import-linter as a module: the script that its package installs does not work in an environment with a long path."""

import sys

from importlinter.cli import lint_imports


def main() -> int:
    """Checks every contract of `.importlinter`; returns the exit code."""
    return lint_imports()


if __name__ == "__main__":
    sys.exit(main())
