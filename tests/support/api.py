"""The real application, in process: edge, routes, database and Valkey, as a test's client talks to it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from surehold.app.asgi import make_app
from surehold.app.settings import CoreSettings, Settings
from surehold.platform.http.edge import EdgeSettings
from surehold.platform.http.edge.asgi import ASGIApp

SECRET_KEY = bytes(range(32))
ORIGIN = "http://shop.test"
STARTUP_S = 20.0


def settings_of(database_url: str, valkey_url: str, folder: Path, **core: Any) -> Settings:
    """Settings of a test's shop: plain HTTP, no rate limits, no signal handlers."""
    return Settings(
        core=CoreSettings(
            database_url=database_url,
            valkey_url=valkey_url,
            secret_key=SECRET_KEY,
            data_dir=folder,
            env="test",
            log_level="error",
            **core,
        ),
        edge=EdgeSettings(limits_on=False, handle_signals=False),
    )


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[ASGIApp]:
    """The application between its startup and its shutdown."""
    to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    from_app: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.3"}, "state": {}}
    task = asyncio.create_task(app(scope, to_app.get, from_app.put))  # pyright: ignore[reportArgumentType]
    await to_app.put({"type": "lifespan.startup"})
    await _said(from_app, task, "lifespan.startup.complete")
    try:
        yield app
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await _said(from_app, task, "lifespan.shutdown.complete")
        await task


async def _said(from_app: "asyncio.Queue[Any]", task: "asyncio.Task[None]", wanted: str) -> None:
    answer = asyncio.create_task(from_app.get())
    await asyncio.wait({answer, task}, timeout=STARTUP_S, return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        answer.cancel()
        await task
        raise AssertionError(f"the application ended without {wanted}")
    assert answer.result()["type"] == wanted, answer.result()


@asynccontextmanager
async def running_api(settings: Settings) -> AsyncIterator[ASGIApp]:
    """The whole application with these settings."""
    async with running(make_app(settings)) as app:
        yield app


def client_of(app: ASGIApp, **headers: str) -> httpx.AsyncClient:
    """A client with a cookie jar of its own: one browser, or one machine."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url=ORIGIN, headers=headers
    )


def problem(answer: httpx.Response) -> Mapping[str, Any]:
    """The problem document of a refusal, without what differs from request to request."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = msgspec.json.decode(answer.content, type=dict[str, Any])
    assert found["status"] == answer.status_code
    return {key: value for key, value in found.items() if key != "request_id"}
