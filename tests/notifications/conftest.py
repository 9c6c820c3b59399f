"""Notifications against a real database and a real mail server."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from surehold.modules.notifications import LetterWriter, MailSender, SendingLimits
from surehold.platform.db import Database
from surehold.platform.embedded import PostgresUrls
from surehold.platform.sealed import SealedCodec
from tests.notifications.examples import SENDER, KnownOrders

CODEC = SealedCodec(os.urandom(32))
QUICK = SendingLimits(retry_base_s=0.0, lease_s=60.0)


@pytest.fixture(scope="module")
async def db(database_urls: PostgresUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.owner)
    await database.open()
    yield database
    await database.close()


@pytest.fixture(autouse=True)
async def _clean(db: Database) -> None:
    await db.execute("truncate notifications.messages")


class MailServer:
    """A real SMTP server of the test: `answers` are given to contents in turn; None keeps silent and hangs up."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.answers: list[str | None] = []
        self.refuse_recipient: str | None = None
        self.port = 0
        self.connections = 0
        self.mails_per_connection = 100
        self._taken = Counter[Session]()
        self._server: asyncio.Server | None = None

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        if self._taken[session] >= self.mails_per_connection:
            return "421 enough on this connection"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.received.append(message_from_bytes(envelope.content, EmailMessage, policy=policy.default))
        self.recipients += [str(to) for to in envelope.rcpt_tos]
        answer = self.answers.pop(0) if self.answers else "250 OK"
        self._taken[session] += 1
        if answer is None:
            assert server.transport is not None
            server.transport.abort()
            return "250 never arrives"
        return answer

    async def start(self, make: Callable[["MailServer"], SMTP]) -> None:
        def connected() -> SMTP:
            self.connections += 1
            return make(self)

        self._server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start(lambda handler: SMTP(handler, hostname="localhost", enable_SMTPUTF8=True))
    yield server
    await server.stop()


@pytest.fixture
def writer() -> Callable[[KnownOrders], LetterWriter]:
    return lambda orders: LetterWriter(orders, CODEC, SENDER)


def sender_over(db: Database, transport: object, limits: SendingLimits = QUICK) -> MailSender:
    return MailSender(db, transport, CODEC, SENDER, limits)  # type: ignore[arg-type]
