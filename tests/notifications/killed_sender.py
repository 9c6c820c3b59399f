"""A mail sender for tests, killed by a failpoint when so armed: sends what is due once."""

import asyncio
import os

from surehold.adapters.mail import SmtpTransport
from surehold.modules.notifications import MailSender
from surehold.platform.db import Database
from surehold.platform.sealed import SealedCodec
from tests.notifications.examples import SENDER


async def main() -> None:
    db = Database(os.environ["SUREHOLD_DATABASE_URL"])
    await db.open()
    codec = SealedCodec(bytes.fromhex(os.environ["SUREHOLD_SECRET_KEY"]))
    await MailSender(db, SmtpTransport(os.environ["SUREHOLD_SMTP_URL"]), codec, SENDER).send_due()
    await db.close()


if __name__ == "__main__":
    asyncio.run(main())
