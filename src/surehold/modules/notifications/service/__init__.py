"""Writing letters, and sending them."""

from surehold.modules.notifications.service.dead_mails import DEAD_MAILS
from surehold.modules.notifications.service.letters import AccountLetterWriter, LetterWriter
from surehold.modules.notifications.service.mime import to_mime
from surehold.modules.notifications.service.sending import MailSender, SendingLimits

__all__ = ["DEAD_MAILS", "AccountLetterWriter", "LetterWriter", "MailSender", "SendingLimits", "to_mime"]
