"""Sending what was written, in three phases: claim it, call the mail server, record how that ended.

An unknown outcome is tried again under the same Message-ID: a mail that comes twice, and can be recognised, is better than an
order that nobody hears of.
"""

import asyncio
import random
from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog

from surehold.modules.notifications import store
from surehold.modules.notifications.errors import (
    MailError,
    MailNotSentError,
    MailOutcomeUnknownError,
    MailRefusedError,
)
from surehold.modules.notifications.model import (
    ClaimedMessage,
    Content,
    LetterKind,
    Mail,
    Recipient,
    Sender,
    WrittenLetter,
    message_id_header,
)
from surehold.modules.notifications.ports import MailSession, MailTransport
from surehold.modules.notifications.service.letters import content_context, recipient_context
from surehold.platform.db import Database
from surehold.platform.events import describe_error
from surehold.platform.failpoints import failpoint
from surehold.platform.sealed import SealedCodec

_log = structlog.get_logger(__name__)


class SendingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How mails are sent and tried again: for about a day while the server is away or says "later".

    Outcomes that stay unknown end sooner, for each may have been a mail that arrived; so do errors of our own. The lease is
    longer than any attempt, so that no mail is sent by two at once.
    """

    batch: int = 20
    at_once: int = 4
    attempts_max: int = 60
    unknowns_max: int = 4
    errors_max: int = 8
    retry_base_s: float = 2.0
    retry_cap_s: float = 3_600.0
    attempt_timeout_s: float = 60.0
    lease_s: float = 180.0
    kept_days: int = 30
    forget_batch: int = 1_000


class MailSender:
    """Sends due messages through a transport."""

    def __init__(
        self,
        db: Database,
        transport: MailTransport,
        codec: SealedCodec,
        sender: Sender,
        limits: SendingLimits | None = None,
    ) -> None:
        self._db, self._transport, self._codec, self._sender = db, transport, codec, sender
        self.limits = limits or SendingLimits()

    async def send_due(self) -> int:
        """Send one batch of what is due; out goes how many were tried."""
        await store.free_abandoned(self._db, lease_s=self.limits.lease_s, limit=self.limits.batch)
        claimed = await store.claim_due(self._db, self.limits.batch)
        await failpoint("mail.after_claim")
        await self._send_all(claimed)
        return len(claimed)

    async def list_about(self, subjects: Sequence[UUID]) -> list[WrittenLetter]:
        """Which letters were written about these orders, oldest first."""
        return await store.list_about(self._db, [kind.value for kind in LetterKind], subjects)

    async def forget_sent(self) -> int:
        """Remove the personal data of one batch of old messages; out goes how many."""
        return await store.forget(self._db, days=self.limits.kept_days, limit=self.limits.forget_batch)

    async def _send_all(self, claimed: Sequence[ClaimedMessage]) -> None:
        waiting = iter(claimed)

        async def lane() -> None:
            async with self._transport.session() as session:
                for message in waiting:  # whichever lane is free takes the next
                    await self._send(session, message)

        async with asyncio.TaskGroup() as sending:
            for _ in range(min(self.limits.at_once, len(claimed))):
                sending.create_task(lane())

    async def _send(self, session: MailSession, message: ClaimedMessage) -> None:
        try:
            mail = self._mail(message)
            async with asyncio.timeout(self.limits.attempt_timeout_s):
                await session.send(mail)
            await failpoint("mail.after_call")
        except MailError as error:
            await self._record_failure(message, error, error.reason)
        except TimeoutError:
            await self._record_failure(message, MailOutcomeUnknownError("timeout"), "timeout")
        except Exception as error:  # noqa: BLE001  one broken message must not stop the others; it is retried and shown
            await self._record_failure(message, error, describe_error(error))
        else:
            if not await store.record_sent(self._db, message):
                _log.warning("mail_claim_lost", message=str(message.id), attempt=message.attempt)

    def _mail(self, message: ClaimedMessage) -> Mail:
        return Mail(
            message_id=message_id_header(message.id, self._sender),
            sender=self._sender,
            recipient=self._codec.open_json(message.recipient, Recipient, context=recipient_context(message.id)),
            content=self._codec.open_json(message.content, Content, context=content_context(message.id)),
            written_at=message.written_at,
        )

    async def _record_failure(self, message: ClaimedMessage, error: Exception, reason: str) -> None:
        unknown = isinstance(error, MailOutcomeUnknownError)
        state = "dead" if self._is_over(message, error) else "unknown" if unknown else "pending"
        text = f"unknown outcome: {reason}" if unknown else reason
        report = _log.error if state == "dead" else _log.warning
        report("mail_not_sent", message=str(message.id), attempt=message.attempt, state=state, reason=text)
        ceiling = min(self.limits.retry_cap_s, self.limits.retry_base_s * 2.0 ** min(message.attempt, 32))
        delay_s = random.uniform(0, ceiling)  # noqa: S311  jitter, no secret
        await store.record_failed(self._db, message, state=state, unknown=unknown, error=text, delay_s=delay_s)

    def _is_over(self, message: ClaimedMessage, error: Exception) -> bool:
        if isinstance(error, MailOutcomeUnknownError):
            return message.unknowns + 1 >= self.limits.unknowns_max
        if isinstance(error, MailNotSentError):
            return message.attempt >= self.limits.attempts_max
        return isinstance(error, MailRefusedError) or message.attempt >= self.limits.errors_max
