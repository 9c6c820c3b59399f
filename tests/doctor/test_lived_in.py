"""A shop in which things went well and badly is healthy, and is not disturbed by being examined meanwhile."""

import asyncio
from pathlib import Path

import pytest

from surehold.app.doctor import examine, load_checks
from surehold.modules.checkout import PaymentDeclinedError
from surehold.platform.db import Database
from tests.support.shop import Shop, make_shop


def findings(database_url: str) -> dict[str, list[str]]:
    return {d.check.id: list(d.sentences) for d in examine(database_url, load_checks()) if not d.is_healthy}


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return make_shop(db, tmp_path)


async def buy(shop: Shop, method: str) -> None:
    [one, two] = await shop.variants(2, 5)
    actor, checkout_id = await shop.ready([(one, 2), (two, 1)], method)
    await shop.place.place(actor, checkout_id, None)


async def test_bought_declined_and_cancelled_orders_leave_no_trace_of_harm(shop: Shop, database_url: str) -> None:
    await buy(shop, "pay_on_delivery")
    await buy(shop, "scripted")
    [one] = await shop.variants(1, 5)
    for phase in ("authorize", "capture"):
        actor, checkout_id = await shop.ready([(one, 1)], "scripted")
        shop.scripted.script(phase, "declined")
        with pytest.raises(PaymentDeclinedError):
            await shop.place.place(actor, checkout_id, None)
    for method in ("pay_on_delivery", "scripted"):
        actor, checkout_id = await shop.ready([(one, 1)], method)
        placed = await shop.place.place(actor, checkout_id, None)
        await shop.cancel.cancel(placed.work.order.order_id, reason="changed_mind", actor=actor.key)
    assert findings(database_url) == {}


async def test_work_in_progress_never_looks_wrong(shop: Shop, database_url: str) -> None:
    buying = asyncio.gather(*(buy(shop, "scripted") for _ in range(12)))
    seen = [await asyncio.to_thread(findings, database_url) for _ in range(5)]
    await buying
    assert seen == [{}] * 5
