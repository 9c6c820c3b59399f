"""One running application and one described API for the tests of a module."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from surehold.app.docs import build_document
from surehold.app.routing import CACHED_ROUTES, handlers_of
from surehold.platform.http.edge.asgi import ASGIApp
from tests.support.api import client_of, running_api, settings_of


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    """The API's description."""
    return build_document(handlers_of(()), cached=[route.pattern for route in CACHED_ROUTES], cookie_prefix="")


@pytest.fixture(scope="module")
async def app(database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ASGIApp]:
    """The application over the module's database."""
    folder: Path = tmp_path_factory.mktemp("shop")
    async with running_api(settings_of(database_url, valkey_url, folder)) as running:
        yield running


@pytest.fixture
async def client(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody new."""
    async with client_of(app) as somebody:
        yield somebody
