"""A sender killed before and after the call: the message arrives, and a second copy can be recognised by its id."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from surehold.kernel.clock import SystemClock
from surehold.modules.webhooks import WebhookDesk, WebhookLog, WebhookSender
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.sealed import SealedCodec
from tests.webhooks.conftest import RULES, Hooks, hooks_over
from tests.webhooks.receiver import Receiver
from tests.webhooks.spec import verify

ROOT = Path(__file__).resolve().parents[2]
KEY = os.urandom(32)


def shared_key(db: Database) -> Hooks:
    """The same, with the key that the sender in its own process has."""
    made, codec = hooks_over(db), SealedCodec(KEY)
    return Hooks(
        db=db,
        settings=made.settings,
        desk=WebhookDesk(db, codec, RULES, made.settings),
        log=WebhookLog(db, made.settings),
        writer=made.writer,
        sender=WebhookSender(db, None, codec, SystemClock(), made.settings),  # type: ignore[arg-type]
    )


async def send(url: str, failpoints: str = "") -> int:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "SUREHOLD_DATABASE_URL": url,
        "SUREHOLD_SECRET_KEY": KEY.hex(),
        "SUREHOLD_ENV": "test",
        "SUREHOLD_FAILPOINTS": failpoints,
    }
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.webhooks.killed_sender", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    return await asyncio.wait_for(sender.wait(), 60)


@pytest.mark.crash
@pytest.mark.parametrize(("failpoint", "copies"), [("webhooks.after_claim", 1), ("webhooks.after_call", 2)])
async def test_killed(
    hooks: Hooks, database_urls: PostgresUrls, receiver: Receiver, failpoint: str, copies: int
) -> None:
    mine = shared_key(hooks.db)
    _, secret = await mine.endpoint(receiver.url)
    await mine.happen()
    assert await send(database_urls.app, f"{failpoint}=kill") == -signal.SIGKILL
    assert await mine.states() == [("sending", 1, 0, None)]
    assert await send(database_urls.app) == 0
    assert len(receiver.received) == copies - 1, "nobody takes it while it may still be in somebody's hands"
    await hooks.db.execute("update webhooks.messages set claimed_at = claimed_at - interval '1 hour'")
    assert await send(database_urls.app) == 0
    assert await mine.states() == [("delivered", 2, 1, None)]
    assert len(receiver.received) == copies
    assert len({verify(secret, got.headers, got.body) for got in receiver.received}) == 1
    rows = await hooks.db.fetch_all("select attempt, status, error from webhooks.tries order by attempt")
    assert rows == [(1, None, "unknown outcome: the sender died"), (2, 200, None)]
