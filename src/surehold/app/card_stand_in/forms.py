"""Form-encoded parameters as the SDK sends them (`metadata[k]=v`, `expand[0]=…`), read by name; what nobody reads is refused."""

import re
from typing import TypeVar
from urllib.parse import parse_qsl

from surehold.app.card_stand_in.errors import ApiError, Json, refuse_parameter

MAX_FIELDS = 500
MAX_DEPTH = 6
MAX_TEXT = 5000
METADATA_MAX, METADATA_KEY_MAX, METADATA_VALUE_MAX = 50, 40, 500
LIST_MAX = 100
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
_INTEGER = re.compile(r"-?[0-9]{1,12}")
DefaultT = TypeVar("DefaultT")


def decode(text: str) -> Json:
    """The tree that a form describes; lists are mappings by index. ApiError when it is not one."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except (ValueError, UnicodeDecodeError) as error:
        raise ApiError(f"The form cannot be read: {error}") from error
    tree: Json = {}
    for name, value in pairs:
        _place(tree, name, value)
    return tree


def _place(tree: Json, name: str, value: str) -> None:
    match = _NAME.fullmatch(name)
    if match is None:
        refuse_parameter(f"Invalid parameter name: {name}", name)
    path = [match[1], *_PART.findall(match[2])]
    if len(path) > MAX_DEPTH:
        refuse_parameter(f"Parameter nested too deeply: {name}", name)
    node = tree
    for part in path[:-1]:
        node = node.setdefault(part or str(len(node)), {})
        if not isinstance(node, dict):
            refuse_parameter(f"Invalid parameter: {name}", name)
    node[path[-1] or str(len(node))] = value


class Params:
    """Parameters of one call (or of one nested object of it). Each getter marks what it read; `done` refuses the rest."""

    def __init__(self, tree: Json, prefix: str = "") -> None:
        self._tree, self._prefix = tree, prefix
        self._read: set[str] = set()
        self._nested: list[Params] = []

    def text(self, name: str, *, max_length: int = MAX_TEXT) -> str | None:
        """A text, or None where it is missing or empty."""
        value = self._take(name)
        if value is not None and not isinstance(value, str):
            refuse_parameter(f"Invalid string: {self._full(name)}", self._full(name))
        if value is not None and len(value) > max_length:
            refuse_parameter(f"{self._full(name)} is longer than {max_length} characters", self._full(name))
        return value or None

    def required(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if value is None:
            refuse_parameter(f"Missing required param: {self._full(name)}.", self._full(name), "parameter_missing")
        return value

    def integer(self, name: str, low: int, high: int) -> int | None:
        """A whole number within bounds, or None."""
        value = self.text(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value) or not low <= int(value) <= high:
            refuse_parameter(
                f"Invalid integer: {self._full(name)} must be from {low} to {high}",
                self._full(name),
                "parameter_invalid_integer",
            )
        return int(value)

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing."""
        value = self.text(name)
        if value not in {None, "true", "false"}:
            refuse_parameter(f"Invalid boolean: {value}", self._full(name))
        return value == "true"

    def choice(self, name: str, *choices: str) -> str:
        """One of some words; the first where it is missing."""
        value = self.text(name) or choices[0]
        if value not in choices:
            refuse_parameter(f"Invalid {self._full(name)}: must be one of {', '.join(choices)}", self._full(name))
        return value

    def words(self, name: str) -> list[str]:
        """A list of texts; empty where it is missing."""
        value = self._take(name) or {}
        if (
            not isinstance(value, dict)
            or len(value) > LIST_MAX
            or not all(isinstance(one, str) for one in value.values())
        ):
            refuse_parameter(f"Invalid array: {self._full(name)}", self._full(name))
        return [str(one) for one in value.values()]

    def metadata(self) -> dict[str, str]:
        """The caller's own keys and values."""
        value = self._take("metadata") or {}
        if not isinstance(value, dict) or len(value) > METADATA_MAX:
            refuse_parameter("Invalid object: metadata", "metadata")
        for key, one in value.items():
            if not isinstance(one, str) or len(key) > METADATA_KEY_MAX or len(one) > METADATA_VALUE_MAX:
                refuse_parameter(f"Invalid metadata: {key}", f"metadata[{key}]")
        return {key: one for key, one in value.items() if one}

    def nested(self, name: str) -> "Params | None":
        """An object within, or None."""
        value = self._take(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            refuse_parameter(f"Invalid object: {self._full(name)}", self._full(name))
        inner = Params(value, self._full(name))
        self._nested.append(inner)
        return inner

    def raw(self, name: str) -> Json | None:
        """An object that is given back as it came, unread."""
        value = self._take(name)
        return value if isinstance(value, dict) else None

    def ignore(self, *names: str) -> None:
        """Parameters of the real service that change nothing here."""
        self._read.update(names)

    def done(self) -> None:
        """Refuse what was not read, here and within."""
        for name in self._tree:
            if name not in self._read:
                refuse_parameter(
                    f"Received unknown parameter: {self._full(name)}", self._full(name), "parameter_unknown"
                )
        for inner in self._nested:
            inner.done()

    def _take(self, name: str) -> object:
        self._read.add(name)
        return self._tree.get(name)

    def _full(self, name: str) -> str:
        return f"{self._prefix}[{name}]" if self._prefix else name
