"""Letters to people, by e-mail: written when something happened, sent exactly as often as honesty about failure allows."""

from surehold.modules.notifications.errors import (
    MailError,
    MailNotSentError,
    MailOutcomeUnknownError,
    MailRefusedError,
)
from surehold.modules.notifications.model import (
    AccountLetter,
    AccountLetterKind,
    Content,
    LetterKind,
    LetterLine,
    Mail,
    OrderLetter,
    Recipient,
    Sender,
    WrittenLetter,
)
from surehold.modules.notifications.ports import AccountLetterSource, MailSession, MailTransport, OrderLetterSource
from surehold.modules.notifications.service import (
    DEAD_MAILS,
    AccountLetterWriter,
    LetterWriter,
    MailSender,
    SendingLimits,
    to_mime,
)
from surehold.modules.notifications.store import SEALED_COLUMNS

__all__ = [
    "DEAD_MAILS",
    "SEALED_COLUMNS",
    "AccountLetter",
    "AccountLetterKind",
    "AccountLetterSource",
    "AccountLetterWriter",
    "Content",
    "LetterKind",
    "LetterLine",
    "LetterWriter",
    "Mail",
    "MailError",
    "MailNotSentError",
    "MailOutcomeUnknownError",
    "MailRefusedError",
    "MailSender",
    "MailSession",
    "MailTransport",
    "OrderLetter",
    "OrderLetterSource",
    "Recipient",
    "Sender",
    "SendingLimits",
    "WrittenLetter",
    "to_mime",
]
