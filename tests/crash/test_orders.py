"""Every failpoint of placing and cancelling, each killed, stalled and failed in a real process; then the recovery; then the
exact end: one order, one charge in the provider's own books, stock to the unit, nothing left open, and a doctor who finds
nothing."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from surehold.app.doctor import examine, load_checks
from surehold.modules.audit import AuditLog
from surehold.platform.db import Database
from surehold.platform.http.actor import Actor
from tests.support.failpoints import names
from tests.support.running_shop import eventually
from tests.support.shop import Shop, make_shop

pytestmark = pytest.mark.crash

ROOT = Path(__file__).resolve().parents[2]
STOCK, BOUGHT = 5, 2
PROCESS_TIMEOUT_S = 30
RECOVERIES_MAX = 5
STALL_S = 60


@dataclass(frozen=True)
class Scenario:
    """How a failpoint is reached: what is done, what the provider does, and where it ends."""

    failpoint: str
    action: str = "place"
    script: tuple[str, str] | None = None
    ends: str = "CONFIRMED"


DECLINED_CAPTURE = ("capture", "declined")
SCENARIOS = (
    Scenario("place.after_intent"),
    Scenario("place.after_authorize_call"),
    Scenario("place.after_claim"),
    Scenario("place.after_capture_call"),
    Scenario("place.after_confirm"),
    Scenario("place.after_unknown", script=("authorize", "lost_after")),
    Scenario("place.after_unknown", script=("capture", "lost_before")),
    Scenario("place.after_give_up", script=("authorize", "declined"), ends="FAILED"),
    Scenario("place.after_give_up", script=DECLINED_CAPTURE, ends="FAILED"),
    Scenario("cancel.after_void_call", script=DECLINED_CAPTURE, ends="FAILED"),
    Scenario("cancel.after_record", script=DECLINED_CAPTURE, ends="FAILED"),
    Scenario("cancel.after_intent", action="cancel", ends="CANCELLED"),
    Scenario("cancel.after_refund_call", action="cancel", ends="CANCELLED"),
    Scenario("cancel.after_record", action="cancel", ends="CANCELLED"),
)
FAULTS = ("kill", f"stall:{STALL_S}", "error")


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return make_shop(db, tmp_path)


def test_every_failpoint_of_placing_and_cancelling_is_here() -> None:
    known = {name for name in names() if name.startswith(("place.", "cancel."))}
    assert known == {scenario.failpoint for scenario in SCENARIOS}


async def _start(
    url: str, books: Path, scenario: Scenario, fault: str, subject: UUID, actor: Actor
) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "SUREHOLD_ENV": "test",
        "SUREHOLD_FAILPOINTS": f"{scenario.failpoint}={fault}",
        "SUREHOLD_FAILPOINT_MARKS": str(books),
    }
    guest = (actor.guest_hash or b"").hex()
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.buyer", scenario.action, url, str(books), str(subject), guest,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def _recover(shop: Shop) -> None:
    for _ in range(RECOVERIES_MAX):
        await shop.age_calls()
        if await shop.place.recover() == 0:
            return
    raise AssertionError("the recovery does not come to an end")


async def _recover_meanwhile(shop: Shop, process: asyncio.subprocess.Process, mark: Path) -> None:
    """Recover while the other process hangs at its failpoint: whoever comes first, it happens once."""

    async def is_stalled() -> bool:
        assert process.returncode is None, "it ended without coming to its failpoint"
        return await asyncio.to_thread(mark.exists)

    await eventually(is_stalled, PROCESS_TIMEOUT_S, "it does not come to its failpoint")
    await _recover(shop)
    await asyncio.to_thread(mark.unlink)


async def _run(shop: Shop, url: str, books: Path, scenario: Scenario, fault: str) -> tuple[Actor, UUID, UUID]:
    [variant] = await shop.variants(1, STOCK)
    actor, checkout_id = await shop.ready([(variant, BOUGHT)], "scripted")
    subject = checkout_id
    if scenario.action == "cancel":
        subject = (await shop.place.place(actor, checkout_id, None)).work.order.order_id
    if scenario.script:
        shop.scripted.script(*scenario.script)
    process = await _start(url, books, scenario, fault, subject, actor)
    if fault.startswith("stall"):
        await _recover_meanwhile(shop, process, books / scenario.failpoint)
    out, err = await asyncio.wait_for(process.communicate(), PROCESS_TIMEOUT_S)
    if fault == "kill":
        assert process.returncode == -signal.SIGKILL, err.decode()
    if fault.startswith("stall"):
        told = b"done" if scenario.ends != "FAILED" else b"PaymentDeclinedError"
        assert told in out + err, (out, err)
    if fault == "error":
        assert b"FailpointError" in err, (out, err)
    return actor, checkout_id, variant


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: f"{s.failpoint}-{s.action}-{'-'.join(s.script or ())}")
async def test_one_order_one_charge_whatever_dies(
    shop: Shop, database_url: str, tmp_path: Path, scenario: Scenario, fault: str
) -> None:
    actor, checkout_id, variant = await _run(shop, database_url, tmp_path, scenario, fault)
    await _recover(shop)
    if scenario.ends == "CONFIRMED":
        again = await shop.place.place(actor, checkout_id, None)
        assert not again.is_new
    [(order_id, status)] = await shop.orders_of(checkout_id)
    assert status == scenario.ends
    order = await shop.orders.get(order_id)
    assert await shop.stock_of(variant) == (STOCK, 0 if scenario.ends == "CANCELLED" else BOUGHT)
    assert await shop.held(variant) == (BOUGHT if scenario.ends == "FAILED" else 0)
    await _check_money(shop, scenario, order_id, order.total_minor)
    await _check_nothing_open(shop, order_id)
    await AuditLog(shop.db).seal()  # as the worker does, which does not run here
    found = await asyncio.to_thread(examine, database_url, load_checks())
    assert {one.check.id: list(one.sentences) for one in found if not one.is_healthy} == {}


async def _check_money(shop: Shop, scenario: Scenario, order_id: UUID, total_minor: int) -> None:
    charged, refunded = shop.scripted.effects("capture", order_id), shop.scripted.effects("refund", order_id)
    kept = total_minor if scenario.ends == "CONFIRMED" else 0
    assert sum(effect["amount"] for effect in charged) - sum(effect["amount"] for effect in refunded) == kept
    assert shop.scripted.held_minor(order_id) == kept
    assert len(charged) <= 1
    row = await shop.db.fetch_one(
        "select captured_minor, refunded_minor from payments.payments where order_id = %s", (order_id,)
    )
    assert row == (sum(e["amount"] for e in charged), sum(e["amount"] for e in refunded))
    unbalanced = await shop.db.fetch_all(
        "select event_id from payments.journal group by event_id having sum(amount_minor) <> 0"
    )
    assert unbalanced == []


async def _check_nothing_open(shop: Shop, order_id: UUID) -> None:
    row = await shop.db.fetch_one("select count(*) from payments.attempts where settled_at is null")
    assert row == (0,)
    gaps = await shop.db.fetch_all(
        "select h.seq from orders.history h left join platform.events e"
        " on e.aggregate_type = 'order' and e.aggregate_id = h.order_id and e.seq = h.seq"
        " where h.order_id = %s and e.id is null",
        (order_id,),
    )
    assert gaps == []
