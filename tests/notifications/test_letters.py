"""What letters say: complete, escaped, short enough, and true."""

from datetime import date
from html.parser import HTMLParser

import pytest

from surehold.modules.notifications import LetterKind, LetterLine
from surehold.modules.notifications.service.rendering import LetterRenderer, day_text, money_text
from tests.notifications.examples import SENDER, order_letter

RENDERER = LetterRenderer(SENDER)
EVERY_KIND = pytest.mark.parametrize("kind", list(LetterKind))


@EVERY_KIND
def test_both_forms_say_the_same_facts(kind: LetterKind) -> None:
    letter = order_letter()
    content = RENDERER.order_letter(kind, letter)
    for fact in (letter.number, "Harbour mug", "$38.00", "$410.94", "\u2212$10.00", "Free", letter.order_url):
        assert fact is not None
        assert fact in content.text
        assert fact in content.html
    assert letter.number in content.subject
    assert "{" not in content.text


@EVERY_KIND
def test_html_is_escaped_and_runs_nothing(kind: LetterKind) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    line = LetterLine(title=evil, variant_title=evil, quantity=1, unit_minor=1, total_minor=1)
    html = RENDERER.order_letter(kind, order_letter(name=evil, lines=[line], address=[evil], shipping_title=evil)).html

    class Tags(HTMLParser):
        seen: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert not any(name.startswith("on") for name, _ in attrs)
            self.seen.add(tag)

    tags = Tags()
    tags.feed(html)
    assert "script" not in tags.seen
    assert "img" not in tags.seen


def test_a_promise_is_told_as_one() -> None:
    content = RENDERER.order_letter(LetterKind.ORDER_CONFIRMED, order_letter())
    assert "what is in stock is set aside" in content.text
    assert "Back in stock for you by Monday 7 December" in content.text
    whole = [LetterLine(title="Mug", quantity=1, unit_minor=1900, total_minor=1900)]
    content = RENDERER.order_letter(LetterKind.ORDER_CONFIRMED, order_letter(lines=whole))
    assert "everything on it is set aside" in content.text
    assert "Back in stock" not in content.html
    assert "Back in stock" not in RENDERER.order_letter(LetterKind.ORDER_CANCELLED, order_letter()).html


def test_a_wholesale_order_still_fits_into_a_mail() -> None:
    line = LetterLine(title="Paper lantern, large, hand-folded", quantity=600, unit_minor=250, total_minor=150_000)
    content = RENDERER.order_letter(LetterKind.ORDER_CONFIRMED, order_letter(lines=[line] * 1110))
    assert "and 1070 more items" in content.text
    assert len(content.html) < 90_000


def test_what_is_not_known_is_left_out() -> None:
    letter = order_letter(
        delivery_from=None, delivery_until=None, order_url=None, payment_title="", discount_minor=0, name=""
    )
    content = RENDERER.order_letter(LetterKind.ORDER_CONFIRMED, letter)
    assert content.text.startswith("Thank you.")
    for absent in ("None", "It should be with you", "Discount", "See your order", "Payment:"):
        assert absent not in content.text
        assert absent not in content.html


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (0, "USD", "$0.00"),
        (5, "EUR", "€0.05"),
        (123_456_789, "GBP", "£1,234,567.89"),
        (-1000, "USD", "\u2212$10.00"),
        (1200, "CHF", "CHF\u00a012.00"),
        (1200, "JPY", "JPY\u00a01,200"),
        (1200, "KWD", "KWD\u00a01.200"),
    ],
)
def test_money(amount: int, currency: str, text: str) -> None:
    assert money_text(amount, currency) == text


def test_days() -> None:
    assert day_text(date(2026, 11, 24)) == "Tuesday 24 November"
