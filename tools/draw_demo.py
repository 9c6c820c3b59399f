"""Draw the pictures of the demo shop: ``python tools/draw_demo.py [--check]``.

``--check`` writes nothing and fails when a committed picture differs from its drawing.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from demo_art import bath, desk, garden, growing, kitchen, light, living, nursery, paper, play, settings, table

FOLDER = Path(__file__).parent.parent / "src" / "surehold" / "app" / "demo" / "pictures"
MAX_BYTES = 12_000
ROOMS = (kitchen, table, settings, living, light, paper, desk, garden, growing, bath, play, nursery)
PICTURES: dict[str, Callable[[], str]] = {name: draw for room in ROOMS for name, draw in room.PICTURES.items()}


def drawn() -> dict[str, str]:
    """File name to SVG text of every picture."""
    return {f"{name}.svg": draw() for name, draw in PICTURES.items()}


def stale(pictures: dict[str, str]) -> list[str]:
    """Names of pictures that are missing, differ, are too heavy, or are drawn by nobody."""
    there = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.svg")}
    wrong = {name for name, text in pictures.items() if there.get(name) != text}
    heavy = {name for name, text in pictures.items() if len(text.encode()) > MAX_BYTES}
    return sorted(wrong | heavy | (there.keys() - pictures.keys()))


def write(pictures: dict[str, str]) -> None:
    """Replace the folder's pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in {file.name for file in FOLDER.glob("*.svg")} - pictures.keys():
        (FOLDER / name).unlink()
    for name, text in pictures.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def main() -> int:
    pictures = drawn()
    if "--check" not in sys.argv[1:]:
        write(pictures)
    wrong = stale(pictures)
    total = sum(len(text.encode()) for text in pictures.values())
    print(f"{len(pictures)} pictures, {total / 1000:.0f} kB", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
