"""Dead letters over HTTP."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import AsyncTestClient

from surehold.platform.events import DeadDeliveries, DeadLetters, SilentWaker
from surehold.platform.events.routes import HANDLERS
from surehold.platform.http import Actor, CursorCodec, Role, exception_handlers
from surehold.platform.jobs import DeadJobs
from tests.events.conftest import Bench, OtherHappened, Recorder, ThingHappened
from tests.events.test_dead_letters import CLERK, AuditLog, bury

PATH = "/v1/admin/dead-letters"


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[AsyncTestClient[Litestar]]:
    letters = DeadLetters(
        bench.db, [DeadDeliveries([ThingHappened, OtherHappened]), DeadJobs()], AuditLog(), SilentWaker()
    )
    cursors = CursorCodec(b"secret")

    def given(value: Any) -> Provide:
        return Provide(lambda: value, sync_to_thread=False)

    def clerk() -> Actor:
        return CLERK

    app = Litestar(
        HANDLERS,
        dependencies={
            "dead_letters": given(letters),
            "cursors": given(cursors),
            "actor": Provide(clerk, sync_to_thread=False),
        },
        exception_handlers=exception_handlers(),
    )
    async with AsyncTestClient(app) as client:
        yield client


def test_every_operation_is_for_operations() -> None:
    policies = {handler.opt["policy"].name: handler.opt["policy"].roles for handler in HANDLERS}
    assert policies == {"staff:operations": frozenset({Role.OPERATIONS, Role.ADMIN})}


async def test_list_show_mend_replay(bench: Bench, client: AsyncTestClient[Litestar]) -> None:
    recorder, things = Recorder(), [uuid.uuid4() for _ in range(3)]
    await bury(bench, recorder, *things, note="wrong")
    first = (await client.get(PATH, params={"limit": 2})).json()
    second = (await client.get(PATH, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    listed = [*first["items"], *second["items"]]
    assert [item["subject_id"] for item in listed] == [str(thing) for thing in things[::-1]]
    assert second["next_cursor"] is None
    url = f"{PATH}/{listed[0]['id']}"
    assert (await client.get(url)).json()["payload"] == {"note": "wrong"}
    mended = await client.put(f"{url}/payload", json={"payload": {"note": "right"}})
    assert (mended.status_code, mended.json()["payload"]) == (200, {"note": "right"})
    refused = await client.put(f"{url}/payload", json={"payload": {"note": 1}})
    assert (refused.status_code, refused.json()["code"]) == (422, "INVALID_INPUT")
    assert (await client.post(f"{url}/replay")).status_code == 200
    assert (await client.get(url)).status_code == 404
    recorder.fail_on = lambda _: False
    await bench.deliveries(recorder.reactions()).drain()
    assert await bench.db.fetch_all("select note from platform.test_effects") == [("right",)]
    assert (await client.delete(f"{PATH}/{listed[1]['id']}")).status_code == 200
    assert len((await client.get(PATH)).json()["items"]) == 1


async def test_what_is_not_there(client: AsyncTestClient[Litestar]) -> None:
    for letter_id in ("delivery:1:nobody", "job:nothing", "mail:x", "%3F%3F%3F", "delivery:1:%00", "job:%00"):
        assert (await client.get(f"{PATH}/{letter_id}")).status_code in {404, 422}
    for params in ({"kind": "other"}, {"limit": 0}, {"limit": 101}, {"cursor": "AAAA"}):
        assert (await client.get(PATH, params=params)).status_code == 422
