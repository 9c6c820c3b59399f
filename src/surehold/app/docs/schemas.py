"""JSON Schemas of the types on the wire, from msgspec itself: what is documented is what the decoder checks."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

REF = "#/components/schemas/"
Schema = dict[str, Any]
_MODULE = re.compile(r"^surehold\.(?:modules|platform)\.([a-z_]+)\.(?:.*\.)?([A-Za-z0-9]+)$")


class Schemas:
    """The schemas of all types of the API, each named once. Types of one name get that of their module in front."""

    def __init__(self, types: Iterable[Any]) -> None:
        ordered = list(dict.fromkeys(types))
        references, components = msgspec.json.schema_components(ordered, ref_template=REF + "{name}")
        names = {name: _short(name) for name in components}
        self.components: dict[str, Schema] = {
            names[name]: _renamed(schema, names) for name, schema in sorted(components.items())
        }
        self._references = {type_: _renamed(ref, names) for type_, ref in zip(ordered, references, strict=True)}

    def of(self, type_: Any) -> Schema:
        """The schema of one of the types, most often a reference."""
        return self._references[type_]


def plain_schema(annotation: Any) -> Schema:
    """The schema of a parameter; a parameter that may be left out is never null on the wire."""
    (schema,), components = msgspec.json.schema_components([annotation], ref_template="{name}")
    if "$ref" in schema:
        schema = components[schema["$ref"]]
    options = [_resolved(option, components) for option in schema.get("anyOf", [schema])]
    wanted = [option for option in options if option != {"type": "null"}]
    schema = wanted[0] if len(wanted) == 1 else {**schema, "anyOf": wanted}
    return {key: value for key, value in schema.items() if key not in {"title", "default"}}


def _resolved(schema: Schema, components: dict[str, Schema]) -> Schema:
    return components[schema["$ref"]] if "$ref" in schema else schema


def _short(name: str) -> str:
    found = _MODULE.match(name)
    return f"{found[1].title().replace('_', '')}{found[2]}" if found else name


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _reference(item, names) if key == "$ref" else _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value


def _reference(target: str, names: dict[str, str]) -> str:
    name = target.removeprefix(REF)
    return REF + names.get(name, name)
