"""The command line for dead letters, on a real database with the real audit log."""

import asyncio
import json
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.platform.embedded import PostgresUrls
from tests.events.conftest import Bench, Recorder
from tests.events.test_dead_letters import bury


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch, database_urls: PostgresUrls) -> None:
    monkeypatch.setenv("SUREHOLD_DATABASE_URL", database_urls.app)


async def run(*words: str, answer: str = "") -> tuple[int, str]:
    """In a thread, for the command has an event loop of its own."""
    result = await asyncio.to_thread(CliRunner().invoke, build(["dead-letters"]), ["dead-letters", *words], answer)
    return result.exit_code, result.output


@pytest.mark.usefixtures("shop")
async def test_from_seeing_it_to_running_it(bench: Bench) -> None:
    assert await run("list") == (0, "There are no dead letters.\n")
    recorder, thing, other = Recorder(), uuid4(), uuid4()
    await bury(bench, recorder, thing, other, note="x")
    code, text = await run("list", "--json")
    newest, oldest = json.loads(text)
    assert (code, oldest["subject_id"]) == (0, str(thing))
    assert "tests.thing_happened.v1" in (await run("list"))[1]
    assert json.loads((await run("show", oldest["id"]))[1])["payload"] == {"note": "x"}
    assert await run("replay", oldest["id"]) == (0, f"{oldest['id']} runs again: {oldest['name']}\n")
    assert (await run("discard", newest["id"], answer="n\n"))[0] == 1
    assert (await run("discard", newest["id"], "--yes"))[0] == 0
    code, text = await run("replay", oldest["id"])
    assert code == 1
    assert "no such dead letter" in text
    recorder.fail_on = lambda _: False
    await bench.deliveries(recorder.reactions()).drain()
    assert await bench.effects() == [(thing, 1)]
    entries = await bench.db.fetch_all("select actor, action, subject_id from audit.entries order by seq")
    assert entries == [("system", "dead_letters.replayed", thing), ("system", "dead_letters.discarded", other)]
