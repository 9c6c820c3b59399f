"""A mail as the message that goes over the wire. Nothing from outside reaches a header unless it is one clean line."""

import binascii
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, compat32
from email.utils import format_datetime

from surehold.modules.notifications.errors import MailRefusedError
from surehold.modules.notifications.model import Mail, header_text


def to_mime(mail: Mail) -> EmailMessage:
    """The message, text first and HTML as its richer alternative. MailRefusedError for an address that cannot be."""
    recipient = _address(mail.recipient.email, mail.recipient.name)
    policy = SMTP if recipient.username.isascii() else SMTPUTF8
    message = EmailMessage(policy=policy)
    message["From"] = _address(mail.sender.email, mail.sender.shop_name)
    message["To"] = recipient
    message["Subject"] = header_text(mail.content.subject)
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.make_alternative()
    message.attach(_part(mail.content.text, "plain"))
    message.attach(_part(mail.content.html, "html"))
    return message


def _part(text: str, subtype: str) -> EmailMessage:
    """Quoted-printable by C: the email package's own encoder goes over every character."""
    part = EmailMessage(policy=compat32)  # two plain headers need no parsing
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = text if text.endswith("\n") else f"{text}\n"
    part.set_payload(binascii.b2a_qp(lines.replace("\r\n", "\n").encode(), istext=True).decode("ascii"))
    return part


def _address(email: str, name: str) -> Address:
    local, at, domain = email.rpartition("@")
    if not at or not local or not domain or header_text(email) != email or " " in email:
        raise MailRefusedError("bad address")
    try:
        ascii_domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
        return Address(display_name=header_text(name), username=local, domain=ascii_domain)
    except (HeaderParseError, ValueError, IndexError) as error:
        raise MailRefusedError("bad address") from error
