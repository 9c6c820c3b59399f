"""Events reach the module only while there is an endpoint to tell: a shop that integrates with nobody pays nothing for them."""

import asyncio
from uuid import UUID, uuid4

from surehold.modules.webhooks import EndpointDraft
from tests.webhooks.conftest import LOW, STAFF, Hooks

URL = "http://127.0.0.1:9/hook"
ROUNDS = 20


async def add(hooks: Hooks) -> UUID:
    endpoint, _ = await hooks.desk.add(STAFF, EndpointDraft(url=URL), uuid4())
    return endpoint.id


async def delivered(hooks: Hooks) -> int:
    """How many deliveries an event makes now."""
    await hooks.db.fetch_one("select platform.emit(%s, 'stock', %s, 1, '{}')", (LOW, uuid4()))
    row = await hooks.db.fetch_one("select count(*) from platform.deliveries")
    await hooks.db.execute("delete from platform.deliveries")
    assert row is not None
    return int(row[0])


async def test_nothing_is_delivered_while_nobody_is_to_be_told(hooks: Hooks) -> None:
    assert await delivered(hooks) == 1, "a new subscription counts as wanted until this was looked at"
    await hooks.desk.listen()
    assert await delivered(hooks) == 0
    first, second = await add(hooks), await add(hooks)
    assert await delivered(hooks) == 1
    await hooks.desk.change(STAFF, first, EndpointDraft(url=URL, enabled=False), "*")
    assert await delivered(hooks) == 1
    await hooks.desk.remove(STAFF, second)
    assert await delivered(hooks) == 0
    await hooks.desk.change(STAFF, first, EndpointDraft(url=URL), "*")
    assert await delivered(hooks) == 1


async def test_one_that_is_added_while_the_last_one_goes_hears_of_everything(hooks: Hooks) -> None:
    for _ in range(ROUNDS):
        last = await add(hooks)
        leaving = hooks.desk.remove(STAFF, last)
        added, _ = await asyncio.gather(add(hooks), leaving)
        assert await delivered(hooks) == 1
        await hooks.desk.remove(STAFF, added)
        assert await delivered(hooks) == 0
