"""What a process built at its start is out of the collector's sight once it serves."""

import os
import subprocess
import sys
from pathlib import Path

from surehold.app.up.options import ROOT

# Building the API makes this many objects that stay: looked through again and again, they stop everybody for a moment.
BUILT_AT_LEAST = 50_000
_BUILD_WORKER = """
import asyncio
from surehold.app.settings import read_settings
from surehold.app.work import build_worker
from surehold.app.worker.__main__ import until_told

work = build_worker(read_settings())

async def run(stop):
    pass

asyncio.run(until_told(run))
"""
_ASK = """
import gc
{build}
assert gc.get_freeze_count() > {least}, gc.get_freeze_count()
assert len(gc.get_objects()) < {least}, len(gc.get_objects())
"""


def _frozen_after(build: str, folder: Path) -> None:
    environment = {
        **os.environ,
        "SUREHOLD_DATABASE_URL": "postgresql://nobody@localhost/nothing",
        "SUREHOLD_VALKEY_URL": "valkey://localhost",
        "SUREHOLD_SECRET_KEY": "00" * 32,
        "SUREHOLD_DATA_DIR": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-c", _ASK.format(build=build, least=BUILT_AT_LEAST)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_api_is_settled_before_it_serves(tmp_path: Path) -> None:
    _frozen_after("from surehold.app.asgi import app", tmp_path)


def test_the_worker_is_settled_before_it_works(tmp_path: Path) -> None:
    _frozen_after(_BUILD_WORKER, tmp_path)
