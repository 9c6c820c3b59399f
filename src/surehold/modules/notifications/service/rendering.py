"""Letters as text and HTML, from templates beside this module."""

from datetime import date
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from surehold.modules.notifications.model import (
    MAX_LINES_SHOWN,
    AccountLetter,
    AccountLetterKind,
    Content,
    LetterKind,
    OrderLetter,
    Sender,
    header_text,
)

_TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
_MINUS = "\u2212"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
# ISO 4217 currencies whose exponent is 0
_NO_DECIMALS = frozenset(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    )
)
_THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))  # ISO 4217, exponent 3

_SUBJECTS = {
    LetterKind.ORDER_CONFIRMED: "Your {shop} order {number} is confirmed",
    LetterKind.ORDER_CANCELLED: "Your {shop} order {number} is cancelled",
}
_ACCOUNT_SUBJECTS = {
    AccountLetterKind.VERIFY_EMAIL: "Is this your e-mail address? {shop} asks",
    AccountLetterKind.RESET_PASSWORD: "A new password for {shop}",
    AccountLetterKind.EMAIL_CHANGED: "Your e-mail address at {shop} was changed",
    AccountLetterKind.NEW_SIGN_IN: "A new sign-in at {shop}",
}


class LetterRenderer:
    """Fills the templates. HTML is escaped by default, and a missing value is an error, never an empty place."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        filters = cast("dict[str, Any]", self._templates.filters)
        filters.update(money=money_text, day=day_text)

    def order_letter(self, kind: LetterKind, letter: OrderLetter) -> Content:
        """The letter of this kind about an order."""
        facts = {
            "shop": self._sender,
            "letter": letter,
            "first_name": _first_name(letter.name),
            "lines": letter.lines[:MAX_LINES_SHOWN],
            "lines_left": max(0, len(letter.lines) - MAX_LINES_SHOWN),
            "has_promises": kind is LetterKind.ORDER_CONFIRMED and any(line.promised_on for line in letter.lines),
            "units": sum(line.quantity for line in letter.lines),
            "subject": _SUBJECTS[kind].format(shop=self._sender.shop_name, number=letter.number),
        }
        return self._content(kind.value, facts)

    def account_letter(self, letter: AccountLetter) -> Content:
        """A letter about an account."""
        facts = {
            "shop": self._sender,
            "letter": letter,
            "first_name": _first_name(letter.name),
            "lives": lives_text(letter.link_lives_s),
            "subject": _ACCOUNT_SUBJECTS[letter.kind].format(shop=self._sender.shop_name),
        }
        return self._content(letter.kind.value, facts)

    def _content(self, kind: str, facts: dict[str, Any]) -> Content:
        return Content(
            subject=header_text(str(facts["subject"])),
            text=self._templates.get_template(f"{kind}.txt.j2").render(facts),
            html=self._templates.get_template(f"{kind}.html.j2").render(facts),
        )


def money_text(amount_minor: int, currency: str) -> str:
    """An amount as people write it: $1,234.50; CHF 12.00; ¥-like currencies without decimals."""
    decimals = 0 if currency in _NO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
    whole, rest = divmod(abs(amount_minor), 10**decimals)
    number = f"{whole:,}" + (f".{rest:0{decimals}d}" if decimals else "")
    prefix = _SYMBOLS.get(currency, f"{currency}\u00a0")
    return f"{_MINUS if amount_minor < 0 else ''}{prefix}{number}"


def day_text(day: date) -> str:
    """A day as people say it, without a locale: Tuesday 24 November."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def lives_text(seconds: float) -> str:
    """How long a link works, as people say it: one hour, 24 hours, 90 minutes."""
    minutes = max(1, round(seconds / 60))
    hours, rest = divmod(minutes, 60)
    if rest:
        return "one minute" if minutes == 1 else f"{minutes} minutes"
    return "one hour" if hours == 1 else f"{hours} hours"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _first_name(name: str) -> str:
    """What to greet with; nothing rather than something wrong."""
    parts = header_text(name).split(" ")
    return parts[0] if len(parts) > 1 else header_text(name)
