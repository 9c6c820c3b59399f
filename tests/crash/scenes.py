"""What the crash suites share: a failpoint that is to be reached, a process that reaches it, and the recovery afterwards."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from surehold.app.doctor import examine, load_checks
from surehold.modules.audit import AuditLog
from surehold.platform.db import Database
from surehold.platform.http.actor import Actor
from tests.support.running_shop import eventually
from tests.support.shop import Shop

ROOT = Path(__file__).resolve().parents[2]
PROCESS_TIMEOUT_S = 30
RECOVERIES_MAX = 5
STALL_S = 60
FAULTS = ("kill", f"stall:{STALL_S}", "error")


@dataclass(frozen=True)
class Scenario:
    """How a failpoint is reached: what is done, what the provider does, and where it ends."""

    failpoint: str
    action: str = "place"
    script: tuple[str, str] | None = None
    ends: str = "CONFIRMED"

    def __str__(self) -> str:
        return f"{self.failpoint}-{self.action}-{'-'.join(self.script or ())}"


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
"""Every commit and every outside call of placing and of cancelling."""


async def start(
    url: str, books: Path, failpoint: str, fault: str, action: str, subject: object, actor: Actor, cards: str = ""
) -> asyncio.subprocess.Process:
    """The process that will come to its failpoint; `cards` is where the card provider's API is, if there is one."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "SUREHOLD_ENV": "test",
        "SUREHOLD_FAILPOINTS": f"{failpoint}={fault}",
        "SUREHOLD_FAILPOINT_MARKS": str(books),
    }
    guest = (actor.guest_hash or b"").hex()
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.crash.buyer", action, url, str(books), str(subject), guest, cards,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def recover(shop: Shop) -> None:
    """Let the recovery run until it finds nothing."""
    for _ in range(RECOVERIES_MAX):
        await shop.age_calls()
        if await shop.place.recover() == 0:
            return
    raise AssertionError("the recovery does not come to an end")


async def see_it_through(
    shop: Shop, process: asyncio.subprocess.Process, mark: Path, fault: str, told: bytes | None
) -> None:
    """Wait for the fault and its end; while it hangs, recover: whoever comes first, it happens once. `told`: what it says then."""
    if fault.startswith("stall"):
        await _recover_meanwhile(shop, process, mark)
    out, err = await asyncio.wait_for(process.communicate(), PROCESS_TIMEOUT_S)
    if fault == "kill":
        assert process.returncode == -signal.SIGKILL, err.decode()
    if fault.startswith("stall") and told is not None:
        assert told in out + err, (out, err)
    if fault == "error":
        assert b"FailpointError" in err, (out, err)


async def _recover_meanwhile(shop: Shop, process: asyncio.subprocess.Process, mark: Path) -> None:
    async def is_stalled() -> bool:
        assert process.returncode is None, "it ended without coming to its failpoint"
        return await asyncio.to_thread(mark.exists)

    await eventually(is_stalled, PROCESS_TIMEOUT_S, "it does not come to its failpoint")
    await recover(shop)
    await asyncio.to_thread(mark.unlink)


async def check_books(shop: Shop, order_id: UUID, charged: int, refunded: int) -> None:
    """What our rows say was taken and given back, and that the journal balances and nothing is open."""
    row = await shop.db.fetch_one(
        "select captured_minor, refunded_minor from payments.payments where order_id = %s", (order_id,)
    )
    assert row == (charged, refunded)
    unbalanced = await shop.db.fetch_all(
        "select event_id from payments.journal group by event_id having sum(amount_minor) <> 0"
    )
    assert unbalanced == []
    row = await shop.db.fetch_one("select count(*) from payments.attempts where settled_at is null")
    assert row == (0,)


async def doctor_finds_nothing(url: str, db: Database) -> None:
    """Every invariant holds, once the log is sealed as the worker does, which does not run here."""
    await AuditLog(db).seal()
    found = await asyncio.to_thread(examine, url, load_checks())
    assert {one.check.id: list(one.sentences) for one in found if not one.is_healthy} == {}
