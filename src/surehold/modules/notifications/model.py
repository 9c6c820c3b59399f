"""Letters: what they say, who gets them, and what becomes of them."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

import msgspec

MessageId = NewType("MessageId", UUID)

MAX_LINES_SHOWN = 40  # mail programs cut a message at about 100 kB; the order's page shows the rest
MAX_HEADER_CHARS = 150
_UNFIT_FOR_HEADERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+")


class LetterKind(StrEnum):
    """Why a letter about an order is written."""

    ORDER_CONFIRMED = "order_confirmed"
    ORDER_CANCELLED = "order_cancelled"


class AccountLetterKind(StrEnum):
    """Why a letter about an account is written."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105  a kind of letter
    EMAIL_CHANGED = "email_changed"
    NEW_SIGN_IN = "new_sign_in"


class LetterLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order, as it was bought. `total_minor` is what its row shows: quantity times price, before tax."""

    title: str
    quantity: int
    unit_minor: int
    total_minor: int
    variant_title: str = ""
    promised_on: date | None = None


class OrderLetter(msgspec.Struct, frozen=True, kw_only=True):
    """All that a letter about an order says. Personal: only ever stored sealed. `address` is ready to print, line by line."""

    order_id: UUID
    number: str
    email: str
    name: str
    currency: str
    lines: Sequence[LetterLine]
    subtotal_minor: int
    discount_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    address: Sequence[str]
    placed_at: datetime
    shipping_title: str = ""
    payment_title: str = ""
    delivery_from: date | None = None
    delivery_until: date | None = None
    order_url: str | None = None


class AccountLetter(msgspec.Struct, frozen=True, kw_only=True):
    """All that a letter about an account says. Personal, and its link opens something: only ever stored sealed.

    `is_change` where the address that is to be verified takes the place of another; `device` is what a browser called itself.
    """

    kind: AccountLetterKind
    email: str
    name: str
    link: str = ""
    link_lives_s: float = 0
    is_change: bool = False
    device: str = ""


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes: the shop's name and address, and the page that the letter's head leads to."""

    shop_name: str
    email: str
    shop_url: str = ""


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets it."""

    email: str
    name: str = ""


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What it says, twice: as text and as HTML."""

    subject: str
    text: str
    html: str


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A letter ready to be sent. `message_id` stays the same at every attempt, so that a second copy can be recognised."""

    message_id: str
    sender: Sender
    recipient: Recipient
    content: Content
    written_at: datetime


class ClaimedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message this process may send now. `attempt` fences off whoever claimed it before."""

    id: MessageId
    attempt: int
    unknowns: int
    recipient: bytes
    content: bytes
    written_at: datetime


class WrittenLetter(msgspec.Struct, frozen=True, kw_only=True):
    """That a letter was written about something, and what became of it; not what it says."""

    subject_id: UUID
    kind: str
    state: str
    written_at: datetime
    ended_at: datetime | None


def header_text(text: str) -> str:
    """Text that is safe in a header: one line, no control characters, of a sensible length."""
    clean = _UNFIT_FOR_HEADERS.sub(" ", text).strip()
    return clean if len(clean) <= MAX_HEADER_CHARS else clean[: MAX_HEADER_CHARS - 1].rstrip() + "…"


def message_id_header(message_id: MessageId, sender: Sender) -> str:
    """The Message-ID of every attempt to send a message."""
    return f"<{message_id}@{sender.email.rpartition('@')[2]}>"
