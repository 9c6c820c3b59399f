"""A webhook sender for tests, killed by a failpoint when so armed: sends what is due once."""

import asyncio
import os

from surehold.adapters.webhooks import HttpsWebhooks
from surehold.kernel.clock import SystemClock
from surehold.modules.webhooks import TargetRules, WebhookSender, WebhookSettings
from surehold.platform.db import Database
from surehold.platform.sealed import SealedCodec


async def main() -> None:
    db = Database(os.environ["SUREHOLD_DATABASE_URL"])
    await db.open()
    codec = SealedCodec(bytes.fromhex(os.environ["SUREHOLD_SECRET_KEY"]))
    way = HttpsWebhooks(TargetRules(development=True), timeout_s=10.0, connect_timeout_s=4.0)
    sender = WebhookSender(db, way, codec, SystemClock(), WebhookSettings())
    await sender.send_due()
    await sender.settle()
    await db.close()


if __name__ == "__main__":
    asyncio.run(main())
