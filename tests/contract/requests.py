"""Requests made from the API's description: a good one for each operation, with ids of one's choice."""

import copy
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from PIL import Image

from tests.support.pictures import encoded

UNSAFE = frozenset({"post", "put", "patch", "delete"})
_WORDS: Mapping[str, str] = {
    "code": "no-such-code",
    "id_or_slug": "no-such-thing",
    "country": "US",
    "currency": "USD",
    "postcode": "97201",
    "subtotal": "1000",
    "email": "nobody@shop.test",
    "file_name": "nothing-00000000000000000000.svg",
    "token": "x" * 43,
    "letter_id": "mail:0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10",
    "reference": "7Q2M9K4TXD",
}


@dataclass(frozen=True)
class Operation:
    """An operation of the description."""

    method: str
    path: str
    said: Mapping[str, Any]
    policy: Any
    has_body: bool = field(init=False)
    takes_bytes: bool = field(init=False)

    def __post_init__(self) -> None:
        kinds = self.said.get("requestBody", {}).get("content", {})
        object.__setattr__(self, "has_body", "application/json" in kinds)
        object.__setattr__(self, "takes_bytes", "application/octet-stream" in kinds)

    @property
    def name(self) -> str:
        return str(self.said["operationId"])

    @property
    def path_parameters(self) -> list[Mapping[str, Any]]:
        return [item for item in self.said.get("parameters", ()) if item["in"] == "path"]

    @property
    def id_names(self) -> list[str]:
        return [item["name"] for item in self.path_parameters if item["schema"].get("format") == "uuid"]

    def example(self) -> Any:
        """A body that fits, or None."""
        return (
            copy.deepcopy(self.said["requestBody"]["content"]["application/json"]["example"]) if self.has_body else None
        )

    def url(self, id_for: Callable[[str], str]) -> str:
        """The path with its parameters filled in."""
        values = {
            item["name"]: id_for(item["name"]) if item["schema"].get("format") == "uuid" else _WORDS[item["name"]]
            for item in self.path_parameters
        }
        return self.path.format(**values)

    async def send(
        self,
        client: httpx.AsyncClient,
        id_for: Callable[[str], str] = lambda _: str(uuid.uuid4()),
        *,
        path: str | None = None,
        body: Any = ...,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """A good request but for what is given otherwise."""
        needed = [item for item in self.said.get("parameters", ()) if item["required"]]
        sent: dict[str, str] = {
            item["name"]: "*" if item["name"] == "If-Match" else str(uuid.uuid4())
            for item in needed
            if item["in"] == "header"
        }
        asked = {item["name"]: _WORDS[item["name"]] for item in needed if item["in"] == "query"}
        content = self.example() if body is ... else body
        return await client.request(
            self.method.upper(),
            path or self.url(id_for),
            params={**asked, **(query or {})},
            **({"content": _new_picture()} if self.takes_bytes else {"json": content}),
            headers={**sent, **(headers or {})},
        )


def _new_picture() -> bytes:
    """A picture like no other."""
    return encoded(Image.frombytes("RGB", (4, 4), secrets.token_bytes(48)), "PNG")


def operations_of(document: Mapping[str, Any], policies: Mapping[str, Any]) -> Iterator[Operation]:
    """Those of the routes (not of the streams and health checks beside them)."""
    for path, item in document["paths"].items():
        for method, said in item.items():
            if said["operationId"] in policies:
                yield Operation(method, path, said, policies[said["operationId"]])


def body_ids(document: Mapping[str, Any], operation: Operation) -> list[tuple[Any, ...]]:
    """Where an operation's body may name something by its id, whether the example does or not."""
    if not operation.has_body:
        return []
    schema = operation.said["requestBody"]["content"]["application/json"]["schema"]
    return sorted(set(_ids_in(document, schema, ())), key=str)


def _ids_in(document: Mapping[str, Any], schema: Mapping[str, Any], at: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    if schema.get("format") == "uuid":
        yield at
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _ids_in(document, choice, at)
    for name, member in schema.get("properties", {}).items():
        yield from _ids_in(document, member, (*at, name))
    if isinstance(items := schema.get("items"), dict):
        yield from _ids_in(document, items, (*at, 0))


def integers(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where whole numbers are in a body."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from integers(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from integers(item, (*at, index))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield at


def replaced(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """The body with another value at a place."""
    if not at:
        return new
    changed = copy.deepcopy(value)
    inside = changed
    for key in at[:-1]:
        inside = inside[key]
    inside[at[-1]] = new
    return changed
