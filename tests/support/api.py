"""The real application, in process: edge, routes, database and Valkey, as a test's client talks to it."""

import asyncio
import os
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from surehold.app.asgi import make_app
from surehold.app.container import open_tools
from surehold.app.settings import CoreSettings, Settings
from surehold.app.up.services import serve_command
from surehold.modules.identity import PasswordSettings
from surehold.platform.http import Role
from surehold.platform.http.edge import EdgeSettings
from surehold.platform.http.edge.asgi import ASGIApp

SECRET_KEY = bytes(range(32))
ORIGIN = "http://shop.test"
STARTUP_S = 20.0
ROOT = Path(__file__).resolve().parents[2]
CHEAP = PasswordSettings(memory_kib=64, passes=1)


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
        password=CHEAP,
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


def environment_of(database_url: str, valkey_url: str, folder: Path) -> dict[str, str]:
    """The same settings for a process of its own."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("SUREHOLD_")},
        "PYTHONPATH": str(ROOT / "src"),
        "SUREHOLD_DATABASE_URL": database_url,
        "SUREHOLD_VALKEY_URL": valkey_url,
        "SUREHOLD_SECRET_KEY": SECRET_KEY.hex(),
        "SUREHOLD_DATA_DIR": str(folder),
        "SUREHOLD_ENV": "test",
        "SUREHOLD_LOG_LEVEL": "error",
        "SUREHOLD_PASSWORD_MEMORY_KIB": str(CHEAP.memory_kib),
        "SUREHOLD_PASSWORD_PASSES": str(CHEAP.passes),
    }


@asynccontextmanager
async def served_api(environment: Mapping[str, str], log: Path) -> AsyncIterator[str]:
    """The application in a server process; out goes its address. What it logs is in `log`."""
    port = free_port()
    command = [sys.executable, "-m", *serve_command("127.0.0.1", port, 1)]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=output, stderr=output)
        url = f"http://127.0.0.1:{port}"
        try:
            await _until_ready(url, process, log)
            yield url
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _until_ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    async with httpx.AsyncClient(timeout=2.0) as client, asyncio.timeout(STARTUP_S):
        while True:
            if process.returncode is not None:
                raise AssertionError(f"the server ended: {await asyncio.to_thread(log.read_text)}")
            try:
                if (await client.get(f"{url}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


async def make_staff(settings: Settings, *roles: Role) -> tuple[str, str]:
    """A staff account: its e-mail address and its password."""
    email, password = f"staff-{uuid.uuid4().hex[:12]}@shop.test", uuid.uuid4().hex
    async with open_tools(settings) as tools:
        await tools.parts.identity.create_staff(email, password, list(roles), "Sam Staff")
        tools.parts.identity.close()
    return email, password


async def sign_in(client: httpx.AsyncClient, email: str, password: str) -> None:
    """Give the client a session."""
    answer = await client.post("/v1/session", json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text


async def sign_up(client: httpx.AsyncClient) -> None:
    """Make the client a new customer."""
    body = {"email": f"buyer-{uuid.uuid4().hex[:12]}@shop.test", "password": uuid.uuid4().hex, "name": "Ada Byron"}
    answer = await client.post("/v1/accounts", json=body)
    assert answer.status_code == 201, answer.text
