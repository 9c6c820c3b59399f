"""`python -m surehold.app.worker [--only notifications,cart]`: one worker process. SIGTERM and Ctrl-C let it finish first."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import structlog

from surehold.app.settings import SettingsError, read_settings
from surehold.app.work import build_worker
from surehold.app.worker.run import UnknownPartError, run_worker
from surehold.kernel.errors import UnavailableError
from surehold.platform.heap import settle_heap
from surehold.platform.supervise import LoopEndedError
from surehold.platform.telemetry import make_metrics_folder, set_up_logs

FAILED = 1
MISUSED = 2
STOP_TIMEOUT_S = 14.0
"""From SIGTERM, or the end of a loop, to the end of all at most; less than `up` waits before it kills."""

_log = structlog.get_logger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point; out goes the exit code."""
    parser = argparse.ArgumentParser(prog="python -m surehold.app.worker", description="Handles events and runs jobs.")
    parser.add_argument("--only", default="", help="parts to work for, with commas between; all without it")
    make_metrics_folder()
    only = [part.strip() for part in parser.parse_args(arguments).only.split(",") if part.strip()]
    try:
        settings = read_settings()
        set_up_logs(settings.core.log_level)
        logging.getLogger("procrastinate").setLevel(logging.WARNING)  # we log what jobs did ourselves
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(until_told(partial(run_worker, build_worker(settings), only=only)))
    except (SettingsError, UnknownPartError) as error:
        print(f"worker: {error}", file=sys.stderr)
        return MISUSED
    except (UnavailableError, LoopEndedError) as error:
        print(f"worker: {error}", file=sys.stderr)
        return FAILED
    return 0


async def until_told(run: Callable[[asyncio.Event], Awaitable[None]], within_s: float = STOP_TIMEOUT_S) -> None:
    """Run what was built until a signal sets the event it is given; `within_s` after that, whoever set it, the process ends."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    settle_heap()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ending = asyncio.create_task(_end_after(stop, within_s), name="worker.end")
    try:
        await run(stop)
    finally:
        ending.cancel()


async def _end_after(stop: asyncio.Event, within_s: float) -> None:
    await stop.wait()
    end_for_certain(within_s)


def end_for_certain(within_s: float) -> None:
    """End the process in time whatever a library waits for, from a thread of its own. All work stands a death at any line."""

    def end() -> None:
        _log.error("worker_ended_by_force", waited_s=within_s)
        os._exit(FAILED)

    timer = threading.Timer(within_s, end)
    timer.daemon = True
    timer.start()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Uvloop where there is one (not on Windows)."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


if __name__ == "__main__":
    raise SystemExit(main())
