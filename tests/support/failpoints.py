"""All failpoints of the source, found by reading it, so that the crash suite can go through every one."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "surehold"


def calls(source: Path = SOURCE) -> Iterator[tuple[Path, ast.Call]]:
    """Every `failpoint(…)` call, with the file it is in."""
    for path in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "failpoint":
                yield path, node


def names(source: Path = SOURCE) -> list[str]:
    """The names of all failpoints; ValueError for one whose name is not written out."""
    found: list[str] = []
    for path, call in calls(source):
        argument = call.args[0] if call.args else None
        if not isinstance(argument, ast.Constant) or not isinstance(argument.value, str):
            msg = f"{path.name}:{call.lineno}: a failpoint's name is a literal, so that tests find it"
            raise ValueError(msg)
        found.append(argument.value)
    return found


FAILPOINTS: tuple[str, ...] = tuple(sorted(set(names())))
