"""Schemathesis over the whole description: no answer that is not described, no fault of ours, no nonsense accepted."""

import asyncio
import json
import sys
from pathlib import Path

import httpx
import pytest

from surehold.platform.embedded import PostgresUrls
from surehold.platform.http import Role
from tests.support.api import environment_of, make_staff, served_api, settings_of, sign_in
from tests.support.goods import put_on_sale

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
SEED = 20_261_121
EXAMPLE_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"
OF_A_SESSION = (
    *("--exclude-path-regex", "^/v1/(admin|session|accounts|me/sessions|me/password)"),
    *(
        "--exclude-operation-id",
        "sign_in",
        "--exclude-operation-id",
        "create_account",
        "--exclude-operation-id",
        "sign_out",
    ),
)
"""These end or replace the session that the run goes on with; the run with a key sends them."""
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
async def shop(
    database_urls: PostgresUrls, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str, Path]:
    """A shop with something on sale under the ids that the examples name."""
    put_on_sale(database_urls.owner, [1000, 5], locations=("here", "there"))
    return database_urls.app, valkey_url, tmp_path_factory.mktemp("shop")


async def run(url: str, headers: dict[str, str], folder: Path, *options: str) -> tuple[int, str]:
    arguments = [
        "run",
        str(await described(url, folder)),
        "--url",
        url,
        "--checks",
        ",".join(CHECKS),
        "--seed",
        str(SEED),
        "--no-color",
    ]
    arguments += ["--phases", "examples,coverage,fuzzing", "--exclude-path", "/v1/events"]  # a stream has no end
    named = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [sys.executable, "-m", "schemathesis.cli", *arguments, *named, *options]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@pytest.mark.parametrize("who", ["session", "api_key"])
async def test_everything_that_is_sent_is_answered_as_described(
    who: str, shop: tuple[str, str, Path], pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    database_url, valkey_url, folder = shop
    email, password = await make_staff(settings_of(database_url, valkey_url, folder), Role.ADMIN)
    log = tmp_path / "server.log"
    examples = "100" if pytestconfig.getoption("--long") else "4"
    async with served_api(environment_of(database_url, valkey_url, folder), log) as url:
        headers = await identified(url, email, password, who)
        only = OF_A_SESSION if who == "session" else ()
        code, output = await run(url, headers, tmp_path, "--max-examples", examples, *only)
        async with httpx.AsyncClient(base_url=url, headers=headers) as client:
            still_known = await client.get("/v1/me" if who == "session" else "/v1/admin/locations")
    assert code == 0, output[-20_000:]
    assert still_known.status_code == 200, "the run lost its session on the way: it proved little"


async def described(url: str, folder: Path) -> Path:
    """The description without its security: who asks is one and the same in a run, so no answer can depend on leaving it out."""
    async with httpx.AsyncClient(base_url=url) as client:
        document = (await client.get("/openapi.json")).json()
    for item in document["paths"].values():
        for operation in item.values():
            del operation["security"]
    del document["components"]["securitySchemes"]
    target = folder / "openapi.json"
    target.write_text(json.dumps(document))
    return target


async def identified(url: str, email: str, password: str, who: str) -> dict[str, str]:
    async with httpx.AsyncClient(base_url=url) as client:
        await sign_in(client, email, password)
        if who == "session":
            return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
        answer = await client.post("/v1/admin/api-keys", json={"name": "contract", "roles": ["admin"]})
        return {"Authorization": f"Bearer {answer.json()['secret']}"}
