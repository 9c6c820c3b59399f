"""What imports cannot see: no module's SQL touches another module's tables, calls go down the map, every table is qualified."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from surehold.app.schema import MODULE_ORDER, migrations_folder

SRC = Path(__file__).resolve().parents[2] / "src" / "surehold"
MAY_CALL: dict[str, set[str]] = {
    "audit": set(),
    "identity": {"audit"},
    "pricing": {"audit"},
    "inventory": {"audit"},
    "catalog": {"pricing", "inventory", "audit"},
    "cart": {"catalog", "pricing", "inventory", "audit"},
    "payments": {"audit"},
    "orders": {"inventory", "payments", "audit"},
    "checkout": {"cart", "catalog", "pricing", "inventory", "orders", "payments", "identity", "audit"},
    "notifications": {"audit"},
    "webhooks": {"audit"},
}
"""Synchronous calls between modules: the map of ARCHITECTURE.md, for SQL."""
_TABLE = re.compile(r"create\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?(\w+)\.(\w+)", re.IGNORECASE)
_NAME = re.compile(r"\b(" + "|".join((*MODULE_ORDER, "platform")) + r")\.([a-z_][a-z0-9_]*)")
_COMMENT = re.compile(r"--[^\n]*")
_QUOTED_NAME = re.compile(r"'[a-z_]+\.[a-z_]+(?:\.v\d+)?'")
_SQL_VERB = re.compile(r"\b(select|insert into|update|delete from|with|copy|lock table)\b", re.IGNORECASE)
_UNQUALIFIED = re.compile(r"\b(?:from|join|into|update)\s+([a-z_][a-z0-9_]*)\b(?!\s*[.(])", re.IGNORECASE)


def tables() -> set[tuple[str, str]]:
    return {
        (match[1].lower(), match[2].lower())
        for path in migrations_folder().glob("*.sql")
        for match in _TABLE.finditer(path.read_text())
    }


def sql_of(module: str) -> Iterator[tuple[str, str]]:
    """Every piece of SQL of a module, with the place it stands at; comments and event names are taken out."""
    folder = SRC / "modules" / module
    for path in folder.rglob("*.sql"):
        yield str(path.relative_to(SRC)), _QUOTED_NAME.sub("''", _COMMENT.sub("", path.read_text()))
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL_VERB.search(node.value):
                yield f"{path.relative_to(SRC)}:{node.lineno}", _QUOTED_NAME.sub("''", _COMMENT.sub("", node.value))


def docstring_free(module: str) -> Iterator[tuple[str, str]]:
    """The same without prose: sentences that only happen to say `update` or `with` name no table."""
    for place, text in sql_of(module):
        if place.endswith(".sql") or re.match(
            r"\s*(select|insert|update|delete|with|copy|lock|\(|set)\b", text, re.IGNORECASE
        ):
            yield place, text


@pytest.mark.parametrize("module", MODULE_ORDER)
def test_a_module_touches_no_foreign_table(module: str) -> None:
    known = tables()
    touched = {
        f"{place}: {schema}.{name}"
        for place, text in docstring_free(module)
        for schema, name in _NAME.findall(text)
        if schema not in {module, "platform"} and (schema, name) in known
    }
    assert touched == set()


@pytest.mark.parametrize("module", MODULE_ORDER)
def test_a_module_calls_only_down_the_map(module: str) -> None:
    foreign = {
        f"{place}: {schema}.{name}"
        for place, text in docstring_free(module)
        for schema, name in _NAME.findall(text)
        if schema not in {module, "platform", *MAY_CALL[module]}
    }
    assert foreign == set()


@pytest.mark.parametrize("module", MODULE_ORDER)
def test_every_table_is_qualified(module: str) -> None:
    names = {name for _, name in tables()}
    bare: set[str] = set()
    for place, text in docstring_free(module):
        local = {
            match.lower()
            for match in re.findall(r"\b([a-z_][a-z0-9_]*)\s+as\s+(?:not\s+)?(?:materialized\s*)?\(", text)
        }
        local |= {
            match.lower() for match in re.findall(r"create temp(?:orary)? table (?:if not exists )?([a-z_]+)", text)
        }
        bare |= {f"{place}: {name}" for name in _UNQUALIFIED.findall(text) if name.lower() in names - local}
    assert bare == set()


def test_the_map_has_no_cycle_and_names_every_module() -> None:
    assert set(MAY_CALL) == set(MODULE_ORDER)
    for position, module in enumerate(MODULE_ORDER):
        assert MAY_CALL[module] <= set(MODULE_ORDER[:position]), module


def test_no_foreign_key_leaves_its_schema() -> None:
    wrong = []
    for path in migrations_folder().glob("*.sql"):
        for statement in _COMMENT.sub("", path.read_text()).split(";"):
            owner = _TABLE.search(statement) or re.search(r"alter\s+table\s+(\w+)\.(\w+)", statement, re.IGNORECASE)
            targets = re.findall(r"references\s+(\w+)\.(\w+)", statement, re.IGNORECASE)
            wrong += [
                f"{path.name}: {owner[1]} -> {schema}.{name}"
                for schema, name in targets
                if owner and schema != owner[1]
            ]
    assert wrong == []
