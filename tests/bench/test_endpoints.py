import asyncio
import random
from pathlib import Path
from typing import Any

import httpx
from bench.load.endpoints import ENDPOINTS, NOT_ASKED, make
from bench.load.wire import Load, Log

from surehold.app.docs import build_document
from surehold.app.routing import CACHED_ROUTES, handlers_of
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from tests.support.api import environment_of, make_staff, served_api, settings_of, sign_in
from tests.support.goods import put_on_sale

SECONDS = 0.1


def described() -> set[str]:
    document: dict[str, Any] = build_document(
        handlers_of(()), cached=[route.pattern for route in CACHED_ROUTES], cookie_prefix=""
    )
    return {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}


def test_every_endpoint_has_a_figure_or_a_reason() -> None:
    assert described() == ENDPOINTS.keys() | NOT_ASKED.keys()
    assert not ENDPOINTS.keys() & NOT_ASKED.keys()


async def test_every_script_is_answered_as_it_expects(
    database_urls: PostgresUrls, valkey_url: str, tmp_path: Path
) -> None:
    variants = [str(variant) for variant in put_on_sale(database_urls.owner, [1_000_000] * 40)]
    environment = environment_of(database_urls.app, valkey_url, tmp_path)
    settings = settings_of(database_urls.app, valkey_url, tmp_path)
    email, password = await make_staff(settings, Role.ADMIN)
    async with served_api(environment, tmp_path / "server.log") as url:
        async with httpx.AsyncClient(base_url=url) as admin:
            await sign_in(admin, email, password)
            cookie = "; ".join(f"{name}={value}" for name, value in admin.cookies.items())
        port = int(url.rpartition(":")[2])
        asked = await asyncio.to_thread(ask_all, port, variants, cookie)
    without_pictures = {"GET /media/{file_name}"}
    assert {name: log.samples for name, log in asked.items() if log.unexpected} == {}
    assert {name for name, log in asked.items() if not log.seconds.get(name)} == without_pictures


def ask_all(port: int, variants: list[str], staff: str) -> dict[str, Log]:
    """Each endpoint for a moment, from a network of its own."""
    logs: dict[str, Log] = {}
    for number, name in enumerate(ENDPOINTS):
        log = logs[name] = Log()
        load = Load(port, [make(name, log, random.Random(number), variants, staff)], log, spread=True)
        load.run(SECONDS)
        load.close()
    return logs
