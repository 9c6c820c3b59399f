"""A mail as the message that goes over the wire. Nothing from outside reaches a header unless it is one clean line.

Headers are encoded here by the standard library's encoders and put in under the policy that leaves them as they are: the newer
policies parse each of them into a tree first, which takes longer than everything else about a letter.
"""

import binascii
import secrets
from collections.abc import Callable
from email.charset import QP, Charset
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8, compat32
from email.utils import format_datetime

from surehold.modules.notifications.errors import MailRefusedError
from surehold.modules.notifications.model import Mail, header_text

Words = Callable[[str], str]

_READY = compat32.clone(linesep="\r\n")
_UTF8 = Charset("utf-8")
_UTF8.header_encoding = QP


def to_mime(mail: Mail) -> EmailMessage:
    """The message, text first and HTML as its richer alternative. MailRefusedError for an address that cannot be."""
    sender = _address(mail.sender.email, mail.sender.shop_name)
    recipient = _address(mail.recipient.email, mail.recipient.name)
    is_plain = recipient.username.isascii()  # else all headers are written in UTF-8 (RFC 6532)
    words: Words = _encoded if is_plain else str
    message = EmailMessage(policy=_READY if is_plain else SMTPUTF8)
    message["From"] = _mailbox(sender, words)
    message["To"] = _mailbox(recipient, words)
    message["Subject"] = words(header_text(mail.content.subject))
    message["Date"] = format_datetime(mail.written_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["MIME-Version"] = "1.0"
    # A boundary nobody can guess needs no look through the parts.
    message["Content-Type"] = f'multipart/alternative; boundary="={secrets.token_hex(16)}"'
    message.attach(_part(mail.content.text, "plain"))
    message.attach(_part(mail.content.html, "html"))
    return message


def _part(text: str, subtype: str) -> EmailMessage:
    """Quoted-printable by C: the email package's own encoder goes over every character."""
    part = EmailMessage(policy=_READY)
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


def _mailbox(address: Address, words: Words) -> str:
    name = words(address.display_name)
    return str(address) if name == address.display_name else f"{name} <{address.addr_spec}>"


def _encoded(text: str) -> str:
    """A text as RFC 2047 wants it, several encoded words if it is long; plain ASCII stays, unless it looks like such a word."""
    return text if text.isascii() and "=?" not in text else Header(text, _UTF8, header_name="Subject").encode()
