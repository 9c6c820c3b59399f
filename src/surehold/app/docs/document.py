"""The whole OpenAPI 3.1 document, made once from what the endpoints declare."""

from collections.abc import Iterable, Sequence
from typing import Any

from litestar.handlers import HTTPRouteHandler

from surehold import __version__
from surehold.app.docs.operations import Operations, body_type, path_pattern, shared_refusals
from surehold.app.docs.schemas import Schema, Schemas
from surehold.app.docs.streams import STREAMS

_CONVENTIONS = """Surehold's HTTP API: JSON, `snake_case`, UTF-8.

**Money** is `{"amount": 1999, "currency": "USD"}`: whole minor units and an ISO 4217 code. **Times** are RFC 3339 in UTC.
**Ids** are UUIDs. **Lists** are pages: `limit` (at most 100) and `cursor`; `next_cursor` is null on the last one.

**Errors** are RFC 9457 problem documents (`application/problem+json`) with a stable `code`; all of them are explained at
[/docs/problems](/docs/problems). What belongs to somebody else answers 404 as if it did not exist. Unknown members of a body
and unknown query parameters are refused (422).

**Who you are**: people by cookies (a session after `POST /v1/session`; a guest token that the first write of a guest sets),
machines by an API key (`Authorization: Bearer …`). Writes are JSON (a picture is its bytes), and refused when a
browser sends them from another site.

**Repeating a write** is safe: with an `Idempotency-Key` where one is asked for (the first answer is given again for at least
24 hours), and because everything else sets a state instead of adding to it. **Changing what others may change too** asks for
`If-Match` with the version you read: 428 without it, 412 with the current state when it is old.
"""
_TAGS = {
    "catalog": "Products, categories, brands, pictures",
    "inventory": "Stock, locations, the stock ledger",
    "pricing": "Price lists, account groups, taxes, shipping",
    "cart": "Carts and what they hold",
    "checkout": "From a cart to a placed order",
    "payments": "What payment providers tell",
    "orders": "Placed orders",
    "webhooks": "Telling other systems what happens",
    "identity": "Accounts, sessions, addresses, staff",
    "audit": "What was done, by whom",
    "realtime": "Being told of changes",
    "operations": "Health, figures, dead letters",
}
_PROBLEM: Schema = {
    "title": "Problem",
    "description": "An error as RFC 9457 has it; cases add members of their own.",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "Where it is explained"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; decide by it"},
        "detail": {"type": "string", "description": "What happened and what to do, in a sentence"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Each thing that is wrong with the input",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def build_document(
    handlers: Sequence[HTTPRouteHandler], *, cached: Iterable[str] = (), cookie_prefix: str = "__Host-"
) -> Schema:
    """The document of these endpoints. `cached` are path patterns that are answered from memory."""
    schemas = Schemas(_types(handlers))
    operations = Operations(schemas, frozenset(cached))
    paths: dict[str, Schema] = {}
    for handler in handlers:
        for declared in sorted(handler.paths):
            for method in sorted(name.lower() for name in handler.http_methods):
                described = operations.describe(handler, method, declared)
                paths.setdefault(path_pattern(declared), {})[method] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Surehold",
            "version": __version__,
            "summary": "A self-hosted commerce platform whose promises hold",
            "description": _CONVENTIONS,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": {**paths, **STREAMS},
        "components": {
            "responses": shared_refusals([*paths.values(), *STREAMS.values()]),
            "schemas": {**schemas.components, "Problem": _PROBLEM},
            "securitySchemes": _security_schemes(cookie_prefix),
        },
    }


def _types(handlers: Iterable[HTTPRouteHandler]) -> list[Any]:
    found = [type_ for handler in handlers for type_ in (body_type(handler), handler.opt["returns"])]
    return [type_ for type_ in found if type_ is not None]


def _security_schemes(prefix: str) -> Schema:
    return {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": f"{prefix}surehold_session",
            "description": "A signed-in account; set by `POST /v1/session` and `POST /v1/accounts`",
        },
        "guest": {
            "type": "apiKey",
            "in": "cookie",
            "name": f"{prefix}surehold_guest",
            "description": "A guest; set by the first write to a cart",
        },
        "apiKey": {"type": "http", "scheme": "bearer", "description": "A machine with the roles of its key"},
    }
