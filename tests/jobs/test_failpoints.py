"""Failpoints: nothing without a test environment, what was asked for within one, and every name findable and used once."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from surehold.platform.failpoints import FailpointConfigError, FailpointError, failpoint, parse
from tests.support.failpoints import FAILPOINTS, names

SOURCE = Path(__file__).resolve().parents[2] / "src"


def armed(spec: str) -> dict[str, str]:
    return {"SUREHOLD_ENV": "test", "SUREHOLD_FAILPOINTS": spec}


async def test_unarmed_points_do_nothing() -> None:
    await failpoint("tests.unarmed", {})


async def test_error_and_nth_hit() -> None:
    points = parse(armed("tests.here=error@3"))
    for _ in range(2):
        await failpoint("tests.here", points)
    with pytest.raises(FailpointError, match=r"tests\.here"):
        await failpoint("tests.here", points)
    await failpoint("tests.here", points)


async def test_stall_and_several_points() -> None:
    points = parse(armed("tests.here=stall:0.001; tests.there=error"))
    await failpoint("tests.here", points)
    with pytest.raises(FailpointError):
        await failpoint("tests.there", points)


async def test_a_stall_leaves_a_mark_and_is_over_when_it_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUREHOLD_FAILPOINT_MARKS", str(tmp_path))
    mark = tmp_path / "tests.here"
    stalled = asyncio.create_task(failpoint("tests.here", parse(armed("tests.here=stall:3600"))))
    while not await asyncio.to_thread(mark.exists):  # noqa: ASYNC110  a file has no event
        await asyncio.sleep(0)
    assert not stalled.done()
    await asyncio.to_thread(mark.unlink)
    await stalled


async def test_probability_zero_ish_never_fires() -> None:
    points = parse(armed("tests.here=error*0.0"))
    for _ in range(100):
        await failpoint("tests.here", points)


@pytest.mark.parametrize("spec", ["x", "x=", "x=explode", "x=stall", "x=kill@", "x=kill*2"])
def test_a_bad_spec_is_refused(spec: str) -> None:
    with pytest.raises(FailpointConfigError, match="say name=kill"):
        parse(armed(spec))


def test_a_shop_never_runs_with_one() -> None:
    with pytest.raises(FailpointConfigError, match="for tests"):
        parse({"SUREHOLD_FAILPOINTS": "x=kill"})


def test_kill_kills() -> None:
    code = "import asyncio; from surehold.platform.failpoints import failpoint; asyncio.run(failpoint('x'))"
    environment = {**os.environ, **armed("x=kill"), "PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL


def test_every_name_is_said_once_and_well_formed() -> None:
    doubles = [name for name, times in Counter(names()).items() if times > 1]
    assert doubles == []
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", name) for name in FAILPOINTS)
    assert "deliveries.before_commit" in FAILPOINTS
