"""Schemathesis over the whole description: no answer that is not described, no fault of ours, no nonsense accepted."""

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from surehold.kernel.ids import uuid7
from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from tests.contract.seeds import make_things, name_things
from tests.support.api import environment_of, make_staff, served_api, settings_of, sign_in
from tests.support.goods import put_on_sale


def options(verb: str, operations: Iterable[str]) -> tuple[str, ...]:
    """Leave operations out of a run, or leave all others out."""
    return tuple(part for name in operations for part in (f"--{verb}-operation-id", name))


CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
SEED = 20_261_121
LEAVING = ("sign_in", "create_account", "sign_out", "end_session")
"""These end or replace the session that a run goes on with: `end_session` gets the run's own id, which Schemathesis reads in the
list of sessions. They have a run of their own."""
LASTING = ("--exclude-path", "/v1/events", "--exclude-path", "/v1/ws")
"""A stream has no end, and a WebSocket is no exchange."""
WHO: Mapping[str, tuple[str, ...]] = {
    "session": (*LASTING, "--exclude-path-regex", "^/v1/admin", *options("exclude", LEAVING)),
    "leaving": options("include", (*LEAVING, "list_sessions")),
    "refused_streams": options("include", ("stream_events",)),
    "api_key": LASTING,
}
"""Who sends, and what of the description; staff's own operations are the machine's, and come last, for they change the shop."""
NOBODYS_TOPIC = "^order:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
"""Well-formed and refused, so that what is asked of the stream's endpoint never opens a stream."""
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
async def shop(
    database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, Path]:
    """A shop with something on sale."""
    put_on_sale(database_urls.owner, [1000, 5], locations=("here", "there"))
    return database_urls.app, valkey_url, tmp_path_factory.mktemp("shop")


async def run(url: str, description: Path, headers: dict[str, str], *options: str) -> tuple[int, str]:
    arguments = [
        "run",
        str(description),
        "--url",
        url,
        "--checks",
        ",".join(CHECKS),
        "--seed",
        str(SEED),
        "--no-color",
    ]
    arguments += ["--phases", "examples,coverage,fuzzing", "--request-timeout", "20"]
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [sys.executable, "-m", "schemathesis.cli", *arguments, *named, *options]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@pytest.mark.parametrize("who", WHO)
async def test_everything_that_is_sent_is_answered_as_described(
    who: str, shop: tuple[str, str, Path], pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    database_url, valkey_url, folder = shop
    email, password = await make_staff(settings_of(database_url, valkey_url, folder), Role.ADMIN)
    log = tmp_path / "server.log"
    examples = "100" if pytestconfig.getoption("--long") else "4"
    async with served_api(environment_of(database_url, valkey_url, folder), log) as url:
        headers, things = await identified(url, email, password, who)
        description = await described(url, tmp_path, things)
        code, output = await run(url, description, headers, "--max-examples", examples, *WHO[who])
        async with httpx.AsyncClient(base_url=url, headers=headers) as client:
            known_after = await client.get("/v1/admin/locations")
    assert code == 0, output[-20_000:]
    assert known_after.status_code == (401 if who == "leaving" else 200), "only who leaves may lose their session"


async def described(url: str, folder: Path, things: Mapping[str, Any]) -> Path:
    """The description with examples that name real things, so that they succeed.

    It is without its security: who asks is one and the same in a run, so no answer can depend on leaving it out.
    """
    async with httpx.AsyncClient(base_url=url) as client:
        document = (await client.get("/openapi.json")).json()
    for item in document["paths"].values():
        for operation in item.values():
            del operation["security"]
    del document["components"]["securitySchemes"]
    name_things(document, things)
    refuse_streams(document)
    target = folder / "openapi.json"
    target.write_text(json.dumps(document))
    return target


def refuse_streams(document: Mapping[str, Any]) -> None:
    """Let the description of the stream name topics that nobody may follow."""
    for parameter in document["paths"]["/v1/events"]["get"]["parameters"]:
        if parameter["name"] == "topics":
            parameter["schema"] = {"type": "string", "pattern": NOBODYS_TOPIC}
            parameter["example"] = f"order:{uuid7()}"


async def identified(url: str, email: str, password: str, who: str) -> tuple[dict[str, str], Mapping[str, Any]]:
    """What the requests of a run say of who asks, and the things that are theirs."""
    async with httpx.AsyncClient(base_url=url) as client:
        await sign_in(client, email, password)
        things = await make_things(client)
        if who != "api_key":
            return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}, things
        answer = await client.post("/v1/admin/api-keys", json={"name": "contract", "roles": ["admin"]})
        return {"Authorization": f"Bearer {answer.json()['secret']}"}, things
