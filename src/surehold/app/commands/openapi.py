"""`./surehold openapi > openapi.json`: the API's description, without a running shop."""

import sys

import msgspec
import typer

from surehold.app.docs import build_document
from surehold.app.routing import CACHED_ROUTES, handlers_of


def register(shop: typer.Typer) -> None:
    """Adds the command."""
    shop.command("openapi")(openapi)


def openapi() -> None:
    """Print the API's description (OpenAPI 3.1, JSON)."""
    document = build_document(handlers_of(()), cached=[route.pattern for route in CACHED_ROUTES])
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document).decode(), indent=2) + "\n")
