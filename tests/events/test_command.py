"""The command line for dead letters, on a real database with the real audit log."""

import asyncio
import json
from typing import cast
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from surehold.app.cli import build
from surehold.app.dead_letters import event_types
from surehold.modules.notifications import LetterWriter
from surehold.modules.notifications.reactions import reactions as notification_reactions
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


async def dead_order_letter(bench: Bench) -> tuple[str, str]:
    """A delivery of a real event that was given up: its letter's id, and the order it is about."""
    order_id = str(uuid4())
    facts = {"order_id": order_id, "number": "7Q2M9K4TXD", "checkout_id": str(uuid4()), "status": "CONFIRMED"}
    facts |= {"currency": "USD", "total_minor": 1900, "lines": []}
    row = await bench.db.fetch_one(
        "select platform.emit('orders.order_confirmed.v1', 'order', %s, 3, %s::jsonb)", (order_id, json.dumps(facts))
    )
    assert row is not None
    await bench.db.execute(
        "update platform.deliveries set dead_at = clock_timestamp(), attempts = 10, last_error = 'ValueError' where event_id = %s",
        (row[0],),
    )
    return f"delivery:{row[0]}:notifications.letters", order_id


@pytest.mark.usefixtures("shop")
async def test_a_mended_payload_fits_its_event(bench: Bench) -> None:
    await bench.subscribe(*notification_reactions(cast("LetterWriter", None)))
    letter_id, order_id = await dead_order_letter(bench)
    payload = json.loads((await run("show", letter_id))[1])["payload"]
    for wrong, said in (
        ('{"order_id": 7}', "does not fit the event"),
        ("[]", "is no JSON object"),
        ("{", "is no JSON object"),
    ):
        code, text = await run("mend", letter_id, "--payload", wrong)
        assert (code, said in text) == (1, True), text
    assert json.loads((await run("show", letter_id))[1])["payload"] == payload
    mended = {**payload, "total_minor": 2000}
    code, text = await run("mend", letter_id, "--payload", json.dumps(mended))
    assert (code, text.startswith(f"{letter_id} is mended: ")) == (0, True), text
    assert json.loads((await run("show", letter_id))[1])["payload"] == mended
    [(actor, facts)] = await bench.db.fetch_all(
        "select actor, facts->'changed' from audit.entries where action = 'dead_letters.mended' and subject_id = %s",
        (order_id,),
    )
    assert (actor, facts) == ("system", ["total_minor"])
    code, text = await run("mend", "job:nothing", "--payload", "{}")
    assert (code, "no such dead letter" in text) == (1, True)


def test_every_event_that_is_reacted_to_has_a_known_type() -> None:
    known = {event.wire_name for event in event_types()}
    assert {"orders.order_confirmed.v1", "pricing.price_changed.v1"} <= known
    assert all(name.count(".") == 2 for name in known)
