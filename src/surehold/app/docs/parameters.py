"""Parameters of an endpoint as its handler declares them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from litestar.di import Dependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import HeaderParameter, PathParameter
from litestar.types import Empty
from litestar.typing import FieldDefinition

from surehold.app.docs.schemas import Schema, plain_schema

EXAMPLE_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"
EXAMPLE_FILE = "harbour-mug-blue-1f2e3d4c5b6a79880f1e.{}"
_EXAMPLES = {
    "action": "catalog.product_changed",
    "brand": "fernhill",
    "category": "kitchen/mugs",
    "code": "wholesale",
    "country": "US",
    "currency": "USD",
    "cursor": "MRgehq6w8ERzbmEaIjAxOTlmM2ExLTdjMWUtN2E0MC05ZDUzLTZmMWQyYTliNGMxMCI",
    "email": "ada@example.com",
    "file_name": EXAMPLE_FILE.format("svg"),
    "Range": "bytes=0-1023",
    "If-None-Match": f'"{EXAMPLE_FILE.format("svg")}"',
    "id_or_slug": "harbour-mug",
    "letter_id": f"mail:{EXAMPLE_ID}",
    "Order-Token": "q3Vb0l8vS2Jw5sD1nXhQ7mZkR4tYpA6uE9cGfLiOoWk",
    "performed_by": f"account:{EXAMPLE_ID}",
    "postcode": "97201",
    "q": "mug",
    "reference": "7Q2M9K4TXD",
    "since": "2026-11-20T09:30:00Z",
    "subject_type": "product",
    "subtotal": 3900,
    "token": "q3Vb0l8vS2Jw5sD1nXhQ7mZkR4tYpA6uE9cGfLiOoWk",
}
"""By the name of the parameter, the same everywhere; what has a default or a list of values needs none."""
_NOT_OF_THE_CALLER = frozenset({"data", "request", "scope", "state", "actor", "price_list"})
_OWN_DESCRIPTION = frozenset({"if-match", "idempotency-key", "user-agent"})  # stated elsewhere, or of no interest
_KEYWORDS = {
    "ge": "minimum",
    "le": "maximum",
    "gt": "exclusiveMinimum",
    "lt": "exclusiveMaximum",
    "pattern": "pattern",
    "min_length": "minLength",
    "max_length": "maxLength",
    "min_items": "minItems",
    "max_items": "maxItems",
}
_DESCRIPTIONS = {
    "cursor": "Where the last page ended: its `next_cursor`",
    "limit": "Rows a page",
    "currency": "ISO 4217; without it the shop's own",
}


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter that the caller gives."""

    name: str
    place: Literal["path", "query", "header"]
    field: FieldDefinition

    def described(self) -> Schema:
        """The parameter as OpenAPI writes it."""
        definition: Any = self.field.kwarg_definition
        described = (getattr(source, "description", None) for source in (definition, *self.field.metadata))
        description = next(filter(None, described), None) or _DESCRIPTIONS.get(self.name)
        schema = {**plain_schema(self.field.annotation), **_bounds(definition)}
        default = self.field.default
        if self.field.has_inner_subclass_of(datetime) or self.field.is_subclass_of(datetime):
            schema["format"] = "date-time"
        if default is not Empty and default is not None:
            schema["default"] = getattr(default, "value", default)
        said: Schema = {"name": self.name, "in": self.place, "required": self.is_required, "schema": schema}
        if description:
            said["description"] = description
        said["example"] = _example_of(self.name, schema)
        return said

    @property
    def is_required(self) -> bool:
        """Whether it must be given."""
        return self.place == "path" or (self.field.default is Empty and not self.field.is_optional)


def parameters_of(handler: HTTPRouteHandler, path: str) -> list[Schema]:
    """The path, query and header parameters that callers give; those of conventions (keys, versions) are not among them."""
    given = [item for item in given_to(handler, path) if item.name.lower() not in _OWN_DESCRIPTION]
    return [item.described() for item in given]


def given_to(handler: HTTPRouteHandler, path: str) -> Iterator[Given]:
    """Every parameter of a handler that comes from the request."""
    for name, field in handler.parsed_fn_signature.parameters.items():
        definition: Any = field.kwarg_definition
        if name in _NOT_OF_THE_CALLER or any(isinstance(extra, Dependency) for extra in field.metadata):
            continue
        header = getattr(definition, "header", None)
        if isinstance(definition, HeaderParameter) or header:
            yield Given(header or definition.name or name, "header", field)
        elif isinstance(definition, PathParameter) or f"{{{name}:" in path:
            yield Given(name, "path", field)
        else:
            alias = getattr(definition, "query", None) or getattr(definition, "name", None)
            yield Given(alias or name, "query", field)


def _example_of(name: str, schema: Schema) -> Any:
    if name in _EXAMPLES:
        return _EXAMPLES[name]
    if schema.get("format") == "uuid":
        return EXAMPLE_ID
    return schema["default"] if "default" in schema else schema["enum"][0]


def _bounds(definition: Any) -> Schema:
    stated = {keyword: getattr(definition, bound, None) for bound, keyword in _KEYWORDS.items()}
    return {keyword: value for keyword, value in stated.items() if value is not None}
