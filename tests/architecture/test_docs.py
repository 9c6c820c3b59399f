"""What the documents say exists: paths, commands, settings, routes, dependencies, the map."""

import re
import tomllib
from pathlib import Path

import pytest
import typer.main

from surehold.app.cli import COMMANDS, build
from surehold.app.routing import HANDLERS
from surehold.app.settings import OF_THE_LAUNCHER, PREFIX, known_variables
from tests.architecture.test_sql_walls import MAY_CALL

ROOT = Path(__file__).resolve().parents[2]
ADR_LINES_MAX = 50
ADR_SECTIONS = ["Context", "Decision", "Consequences", "Enforced by"]
DOCUMENTS = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if path.name not in {"LICENSE.md", "CODE_OF_CONDUCT.md"}
)
RECORDS = sorted(ROOT.glob("docs/adr/*.md"))
TOP_FOLDERS = ("src", "tests", "docs", "migrations", "bench", "tools", "deploy", ".ci")
NOT_SETTINGS = {"SECRET_KEY_FILE"}
"""Read beside the structs, so not among `known_variables`."""
OUTSIDE_THE_ROUTES = {"/v1/events", "/v1/ws"}
"""Streams are plain ASGI applications beside the routes."""
EXAMPLES = {"src/surehold/adapters/payments/your_provider.py", "src/surehold/modules/NAME/"}
"""Files that a reader is told to write."""


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_in(text: str) -> list[str]:
    """What stands in backticks and in code blocks."""
    blocks = re.findall(r"```[^\n]*\n(.*?)```", text, re.DOTALL)
    return [*blocks, *re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))]


@pytest.fixture(params=DOCUMENTS, ids=name_of)
def document(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_every_link_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", document.read_text())
    missing = [t for t in targets if "://" not in t and not (document.parent / t).exists()]
    assert missing == []


def test_every_path_exists(document: Path) -> None:
    folders = "|".join(map(re.escape, TOP_FOLDERS))
    named = {
        path
        for code in code_in(document.read_text())
        for path in re.findall(rf"(?<![\w./-])((?:{folders})/[\w./-]*[\w/])", code)
    }
    assert {path for path in named - EXAMPLES if not (ROOT / path).exists()} == set()


def test_every_command_exists(document: Path) -> None:
    wrong = []
    for code in code_in(document.read_text()):
        for words in re.findall(r"\./surehold((?: +[a-z][\w-]*)*)", code):
            wrong += _unknown_command(words.split())
    assert wrong == []


def test_every_option_exists(document: Path) -> None:
    wrong = []
    for code in code_in(document.read_text()):
        for line in re.findall(r"\./surehold +([a-z][^\n#|]*)", code):
            words = line.split()
            options = [word.partition("=")[0] for word in words if re.fullmatch(r"--[a-z][\w-]*(=.*)?", word)]
            known = _options_of([word for word in words if re.fullmatch(r"[a-z][\w-]*", word)])
            wrong += [f"{line}: {option}" for option in options if option not in known]
    assert wrong == []


def test_every_setting_exists(document: Path) -> None:
    known = {name.removeprefix(PREFIX) for name in known_variables()} | OF_THE_LAUNCHER | NOT_SETTINGS
    named = set(re.findall(rf"\b{PREFIX}([A-Z][A-Z0-9_]*[A-Z0-9])\b", document.read_text()))
    assert named - known == set()


def test_every_route_exists(document: Path) -> None:
    known = {_shape(path) for handlers in HANDLERS.values() for handler in handlers for path in handler.paths}
    named = {
        path
        for code in code_in(document.read_text())
        for path in re.findall(r"(?<![\w$])(/v1/[\w/{}$.-]*[\w}])", code)
        if "…" not in path
    }
    prefixes = {path for path in named if any(route.startswith(f"{path}/") for route in known)}
    assert {path for path in named - OUTSIDE_THE_ROUTES - prefixes if _shape(path) not in known} == set()


def test_defaults_in_the_architecture_are_the_code_s() -> None:
    rows = re.findall(rf"^\| `({PREFIX}\w+)` \| ([^|]+) \|", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    assert rows
    assert {name: default.strip() for name, default in rows} == {name: known_variables()[name] for name, _ in rows}


def test_the_printed_map_is_the_enforced_one() -> None:
    printed = re.search(r"```map\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(), re.DOTALL)
    assert printed is not None
    lines = (line.partition(": ") for line in printed[1].splitlines())
    assert {module: set() if calls == "nobody" else set(calls.split(", ")) for module, _, calls in lines} == MAY_CALL


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    stated = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    packages = {re.split(r"[=\[;<>~! ]", requirement, maxsplit=1)[0] for requirement in stated}
    rows = re.findall(r"^\| ([a-z0-9][a-z0-9, -]*) \| \S", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    explained = {name.strip() for row in rows for name in row.split(",")}
    assert packages - explained == set()


def test_every_record_is_a_page_with_its_sections() -> None:
    numbers = [path.name[:4] for path in RECORDS]
    assert len(numbers) == len(set(numbers))
    for path in RECORDS:
        text = path.read_text()
        assert len(text.splitlines()) <= ADR_LINES_MAX, path.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ADR_SECTIONS, path.name
        assert f"docs/adr/{path.name}" in (ROOT / "ARCHITECTURE.md").read_text(), path.name


def _unknown_command(words: list[str]) -> list[str]:
    if not words:
        return []
    if words[0] not in COMMANDS:
        return [words[0]]
    command = typer.main.get_command(build(words)).commands[words[0]]  # pyright: ignore[reportAttributeAccessIssue]
    subcommands = getattr(command, "commands", None)
    if subcommands is not None and len(words) > 1 and words[1] not in subcommands:
        return [" ".join(words[:2])]
    return []


def _options_of(words: list[str]) -> set[str]:
    command = typer.main.get_command(build(words))
    for word in words:
        command = getattr(command, "commands", {}).get(word, command)
    return {option for parameter in command.params for option in parameter.opts} | {"--help"}


def _shape(path: str) -> str:
    """A path with every parameter, and every value that stands for one, as `{}`."""
    return re.sub(r"\{[^}]*\}|\$\w+|(?<=/products/)[\w-]+", "{}", path.rstrip("/"))
