"""A sender killed before and after the call: the mail arrives, and a second copy can be recognised by its Message-ID."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from surehold.modules.notifications import LetterKind, LetterWriter
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.sealed import SealedCodec
from tests.notifications.conftest import MailServer
from tests.notifications.examples import SENDER, KnownOrders, order_letter

ROOT = Path(__file__).resolve().parents[2]
KEY = os.urandom(32)


async def send(url: str, smtp_url: str, failpoints: str = "") -> int:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "SUREHOLD_DATABASE_URL": url,
        "SUREHOLD_SMTP_URL": smtp_url,
        "SUREHOLD_SECRET_KEY": KEY.hex(),
        "SUREHOLD_ENV": "test",
        "SUREHOLD_FAILPOINTS": failpoints,
    }
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.notifications.killed_sender", env=environment, stdout=asyncio.subprocess.DEVNULL
    )
    return await asyncio.wait_for(sender.wait(), 60)


@pytest.mark.crash
@pytest.mark.parametrize(("failpoint", "copies"), [("mail.after_claim", 1), ("mail.after_call", 2)])
async def test_killed(
    db: Database, database_urls: PostgresUrls, mail_server: MailServer, failpoint: str, copies: int
) -> None:
    letter = order_letter()
    writer = LetterWriter(KnownOrders(letter), SealedCodec(KEY), SENDER)
    async with db.unit() as unit:
        await writer.write_order_letter(unit, LetterKind.ORDER_CONFIRMED, letter.order_id)
    assert await send(database_urls.app, mail_server.url, f"{failpoint}=kill") == -signal.SIGKILL
    assert await db.fetch_all("select state from notifications.messages") == [("sending",)]
    assert await send(database_urls.app, mail_server.url) == 0
    assert len(mail_server.received) == copies - 1, "nobody takes it while it may still be in somebody's hands"
    await db.execute("update notifications.messages set claimed_at = claimed_at - interval '1 hour'")
    assert await send(database_urls.app, mail_server.url) == 0
    assert await db.fetch_all("select state, attempts from notifications.messages") == [("sent", 2)]
    assert len(mail_server.received) == copies
    assert len({mail["Message-ID"] for mail in mail_server.received}) == 1
