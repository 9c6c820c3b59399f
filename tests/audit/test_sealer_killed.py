"""A sealer that dies anywhere: before and after its statement, and between any two steps within it."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from surehold.modules.audit import AuditChain
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from tests.audit.entries import gaps, seal, sealed, write
from tests.support.failpoints import names
from tests.support.running_shop import eventually

ROOT = Path(__file__).resolve().parents[2]
FAILPOINTS = ("audit.before_seal", "audit.after_seal")
FAULTS = ("kill", "error", "stall:60")
STEPS: dict[str, LiteralString] = {
    "taking its turn": "select from audit.sealing for update",
    "writing a seal": "lock table audit.seals in share mode",
    "writing a gap": "lock table audit.gaps in share mode",
    "noting how far it came": "lock table audit.sealing in share mode",
}
"""What it waits for at each step, if somebody else has it."""
SESSIONS: LiteralString = "from pg_stat_activity where application_name = 'tests-sealer'"
PROCESS_TIMEOUT_S = 30

pytestmark = pytest.mark.crash


async def start(url: str, failpoint: str = "", marks: Path | None = None) -> asyncio.subprocess.Process:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "SUREHOLD_ENV": "test"}
    environment |= {"SUREHOLD_FAILPOINTS": failpoint} if failpoint else {}
    environment |= {"SUREHOLD_FAILPOINT_MARKS": str(marks)} if marks else {}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.audit.sealer", url,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def assert_sealed_once(owner: psycopg.Connection, db: Database, entries: list[int]) -> None:
    while seal(owner):
        pass
    assert sorted(sealed(owner)) == entries
    assert gaps(owner) == []
    assert (await AuditChain(db).verify(None, lambda *_: None)).found is None


def test_every_failpoint_of_the_sealer_is_here() -> None:
    assert sorted(name for name in names() if name.startswith("audit.")) == sorted(FAILPOINTS)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("failpoint", FAILPOINTS)
async def test_a_sealer_that_dies_or_hangs_is_followed_by_the_next(
    log_urls: PostgresUrls, owner: psycopg.Connection, log_db: Database, tmp_path: Path, failpoint: str, fault: str
) -> None:
    write(owner, 3)
    process = await start(log_urls.app, f"{failpoint}={fault}@1", tmp_path)
    if fault.startswith("stall"):
        mark = tmp_path / failpoint
        await eventually(lambda: asyncio.to_thread(mark.exists), PROCESS_TIMEOUT_S, "it does not come to its failpoint")
        await assert_sealed_once(owner, log_db, [1, 2, 3])
        await asyncio.to_thread(mark.unlink)
    out, err = await asyncio.wait_for(process.communicate(), PROCESS_TIMEOUT_S)
    told = {"kill": process.returncode == -signal.SIGKILL, "error": b"FailpointError" in err}
    assert told.get(fault, out == b"done\n"), (out, err)
    write(owner)
    await assert_sealed_once(owner, log_db, [1, 2, 3, 4])


@pytest.mark.parametrize("dies", ["the process", "its session"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_sealer_that_dies_between_two_steps_leaves_all_or_nothing(
    log_urls: PostgresUrls, owner: psycopg.Connection, log_db: Database, step: str, dies: str
) -> None:
    with psycopg.connect(log_urls.app) as late, psycopg.connect(log_urls.app, autocommit=True) as watcher:
        write(late)  # number 1, so that there is a gap to be noted
        write(owner, 3)
        with psycopg.connect(log_urls.owner) as holder:
            holder.execute(STEPS[step])
            process = await start(log_urls.app)
            await eventually(lambda: waits(watcher), PROCESS_TIMEOUT_S, f"it does not come to {step}")
            if dies == "the process":
                process.kill()
            else:
                watcher.execute(f"select pg_terminate_backend(pid) {SESSIONS}")
            await asyncio.wait_for(process.communicate(), PROCESS_TIMEOUT_S)
            if dies == "its session":
                assert (sealed(owner), gaps(owner)) == ([], [])
            holder.rollback()
        await eventually(lambda: is_gone(watcher), PROCESS_TIMEOUT_S, "its session stays")
        assert (sealed(owner), gaps(owner)) in (([], []), ([2, 3, 4], [(1, 1)]))
        late.commit()
    await assert_sealed_once(owner, log_db, [1, 2, 3, 4])


async def waits(watcher: psycopg.Connection) -> bool:
    found = watcher.execute(f"select count(*) {SESSIONS} and wait_event_type = 'Lock'").fetchone()
    return found == (1,)


async def is_gone(watcher: psycopg.Connection) -> bool:
    return watcher.execute(f"select count(*) {SESSIONS}").fetchone() == (0,)
