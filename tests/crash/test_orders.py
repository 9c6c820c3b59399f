"""Every failpoint of placing and cancelling, each killed, stalled and failed in a real process; then the recovery; then the
exact end: one order, one charge in the provider's own books, stock to the unit, nothing left open, and a doctor who finds
nothing."""

from pathlib import Path
from uuid import UUID

import pytest

from surehold.platform.db import Database
from surehold.platform.http.actor import Actor
from tests.crash.scenes import (
    FAULTS,
    SCENARIOS,
    Scenario,
    check_books,
    doctor_finds_nothing,
    recover,
    see_it_through,
    start,
)
from tests.support.failpoints import names
from tests.support.shop import Shop, make_shop

pytestmark = pytest.mark.crash

STOCK, BOUGHT = 5, 2


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return make_shop(db, tmp_path)


def test_every_failpoint_of_placing_and_cancelling_is_here() -> None:
    known = {name for name in names() if name.startswith(("place.", "cancel."))}
    assert known == {scenario.failpoint for scenario in SCENARIOS}


async def _run(shop: Shop, url: str, books: Path, scenario: Scenario, fault: str) -> tuple[Actor, UUID, UUID]:
    [variant] = await shop.variants(1, STOCK)
    actor, checkout_id = await shop.ready([(variant, BOUGHT)], "scripted")
    subject = checkout_id
    if scenario.action == "cancel":
        subject = (await shop.place.place(actor, checkout_id, None)).work.order.order_id
    if scenario.script:
        shop.scripted.script(*scenario.script)
    process = await start(url, books, scenario.failpoint, fault, scenario.action, subject, actor)
    told = b"done" if scenario.ends != "FAILED" else b"PaymentDeclinedError"
    await see_it_through(shop, process, books / scenario.failpoint, fault, told)
    return actor, checkout_id, variant


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
async def test_one_order_one_charge_whatever_dies(
    shop: Shop, database_url: str, tmp_path: Path, scenario: Scenario, fault: str
) -> None:
    actor, checkout_id, variant = await _run(shop, database_url, tmp_path, scenario, fault)
    await recover(shop)
    if scenario.ends == "CONFIRMED":
        again = await shop.place.place(actor, checkout_id, None)
        assert not again.is_new
    [(order_id, status)] = await shop.orders_of(checkout_id)
    assert status == scenario.ends
    order = await shop.orders.get(order_id)
    assert await shop.stock_of(variant) == (STOCK, 0 if scenario.ends == "CANCELLED" else BOUGHT)
    assert await shop.held(variant) == (BOUGHT if scenario.ends == "FAILED" else 0)
    await _check_money(shop, scenario, order_id, order.total_minor)
    await _check_events(shop, order_id)
    await doctor_finds_nothing(database_url, shop.db)


async def _check_money(shop: Shop, scenario: Scenario, order_id: UUID, total_minor: int) -> None:
    charged, refunded = shop.scripted.effects("capture", order_id), shop.scripted.effects("refund", order_id)
    kept = total_minor if scenario.ends == "CONFIRMED" else 0
    assert sum(effect["amount"] for effect in charged) - sum(effect["amount"] for effect in refunded) == kept
    assert shop.scripted.held_minor(order_id) == kept
    assert len(charged) <= 1
    await check_books(shop, order_id, sum(e["amount"] for e in charged), sum(e["amount"] for e in refunded))


async def _check_events(shop: Shop, order_id: UUID) -> None:
    gaps = await shop.db.fetch_all(
        "select h.seq from orders.history h left join platform.events e"
        " on e.aggregate_type = 'order' and e.aggregate_id = h.order_id and e.seq = h.seq"
        " where h.order_id = %s and e.id is null",
        (order_id,),
    )
    assert gaps == []
