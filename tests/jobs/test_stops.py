"""A process that is told to stop does: what it sends in the background ends although the client lost the cancellation."""

import asyncio
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, cast

import pytest

from surehold.app.up.services import WORKER_PATIENCE_S
from surehold.app.worker.__main__ import FAILED, STOP_TIMEOUT_S
from surehold.app.worker.run import DRAIN_S
from surehold.platform.cache import CacheSettings
from surehold.platform.cache.bus import CacheBus
from surehold.platform.events import DeliveryLimits
from surehold.platform.jobs import JobLimits
from surehold.platform.jobs.runner import CLOCK_END_S
from surehold.platform.realtime import Hint, HintSender, RealtimeSettings
from surehold.platform.supervise import END_TIMEOUT_S
from surehold.platform.valkey import ValkeyLink

STOPPED_WITHIN_S = 15.0
SLACK_S = 1.0
ROOT = Path(__file__).resolve().parents[2]
NEVER_ENDS = (
    "from surehold.app.worker.__main__ import end_for_certain; end_for_certain(0.1); import time; time.sleep(3600)"
)

FAILS_AND_DOES_NOT_END = """
import asyncio
from surehold.app.worker.__main__ import until_told
from surehold.platform.supervise import run_until

async def fails():
    raise KeyError("x")

async def hangs():
    await asyncio.Event().wait()

async def run(stop):
    await run_until(stop, {"fails": fails(), "hangs": hangs()}, 3600)

asyncio.run(until_told(run, 0.1))
"""


class LosingClient:
    """A Valkey client whose sends work, but for the one that loses a cancellation, and `wait`s for it first."""

    def __init__(self) -> None:
        self.armed, self.waits = False, asyncio.Event()

    async def publish(self, channel: str, message: bytes) -> int:
        return await self._send()

    def register_script(self, text: str) -> Any:
        async def script(**_: object) -> int:
            return await self._send()

        return script

    async def info(self, section: str) -> dict[str, str]:
        return {"run_id": "1"}

    async def _send(self) -> int:
        if self.armed:
            self.armed = False
            self.waits.set()
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                return 1
        return 1


class FakeLink:
    """A link with nothing but its client."""

    def __init__(self) -> None:
        self.client = LosingClient()


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


async def in_time(stopping: Coroutine[Any, Any, None]) -> bool:
    _, late = await asyncio.wait({asyncio.create_task(stopping)}, timeout=STOPPED_WITHIN_S)
    return not late


async def test_hints(link: FakeLink) -> None:
    sender = HintSender(cast("ValkeyLink", link), RealtimeSettings(coalesce_s=0))
    await sender.start()
    link.client.armed = True
    sender.hint(Hint(topic="variant:1", version=1, kind="changed"))
    await link.client.waits.wait()
    assert await in_time(sender.stop())


async def test_invalidations(link: FakeLink) -> None:
    bus = CacheBus(cast("ValkeyLink", link), CacheSettings(coalesce_s=0, heartbeat_s=3600))
    await bus.start()
    link.client.armed = True
    bus.invalidate(["product:1"])
    await link.client.waits.wait()
    assert await in_time(bus.stop())


def test_waits_lie_within_each_other() -> None:
    """Each layer waits a little longer than the one below; the worker ends before whoever started it loses patience."""
    jobs_s = JobLimits().drain_s + CLOCK_END_S + END_TIMEOUT_S  # cron hangs, and is cancelled in the end
    assert max(DeliveryLimits().drain_s + END_TIMEOUT_S, jobs_s) + SLACK_S <= DRAIN_S
    assert DRAIN_S + END_TIMEOUT_S < STOP_TIMEOUT_S < WORKER_PATIENCE_S


@pytest.mark.parametrize("program", [NEVER_ENDS, FAILS_AND_DOES_NOT_END])
def test_a_worker_that_does_not_end_is_ended(program: str) -> None:
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT / "src", capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, "worker_ended_by_force" in ended.stdout + ended.stderr) == (FAILED, True)
