"""Letters about accounts: both forms say the same, escaped; the link is whole, and nothing but the link opens anything."""

from html.parser import HTMLParser

import pytest

from surehold.modules.notifications import AccountLetter, AccountLetterKind
from surehold.modules.notifications.service.rendering import LetterRenderer, lives_text
from tests.notifications.examples import SENDER

RENDERER = LetterRenderer(SENDER)
LINK = "https://quillmoor.example/account/reset-password#token=" + "Ab-_" * 10 + "Ab0"
EVERY_KIND = pytest.mark.parametrize("kind", list(AccountLetterKind))
WITH_LINK = (AccountLetterKind.VERIFY_EMAIL, AccountLetterKind.RESET_PASSWORD)


def letter(kind: AccountLetterKind, **changes: object) -> AccountLetter:
    facts = {"email": "ada@example.org", "name": "Ada Okafor", "link": LINK, "link_lives_s": 3_600.0, **changes}
    return AccountLetter(kind=kind, **facts)  # type: ignore[arg-type]


class Tags(HTMLParser):
    """The tags and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") for name, _ in attrs)
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]


@EVERY_KIND
def test_both_forms_are_whole(kind: AccountLetterKind) -> None:
    content = RENDERER.account_letter(letter(kind, device="Firefox on Linux"))
    tags = Tags()
    tags.feed(content.html)
    for text in (content.text, content.html):
        assert "Quillmoor" in text
        assert "{" not in content.text
        assert "None" not in text
        assert ("Firefox on Linux" in text) == (kind is AccountLetterKind.NEW_SIGN_IN)
        assert ("one hour" in text) == (kind in WITH_LINK)
    assert (LINK in content.text) == (LINK in tags.links) == (kind in WITH_LINK)
    assert "Quillmoor" in content.subject
    assert max(map(len, content.text.replace(LINK, "").splitlines())) <= 100


@EVERY_KIND
def test_html_is_escaped_and_runs_nothing(kind: AccountLetterKind) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    tags = Tags()
    tags.feed(RENDERER.account_letter(letter(kind, name=evil, device=evil)).html)
    assert not {"script", "img"} & tags.tags


def test_a_change_is_told_as_one() -> None:
    kind = AccountLetterKind.VERIFY_EMAIL
    first, change = (RENDERER.account_letter(letter(kind, is_change=is_change)).text for is_change in (False, True))
    assert "Until then nothing changes" in change
    assert "Until then nothing changes" not in first


def test_nobody_is_called_by_no_name() -> None:
    content = RENDERER.account_letter(letter(AccountLetterKind.RESET_PASSWORD, name=""))
    assert "\nSomebody asked for a new password" in content.text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3_600, "one hour"), (86_400, "24 hours"), (5_400, "90 minutes"), (60, "one minute"), (1, "one minute")],
)
def test_lives(seconds: float, text: str) -> None:
    assert lives_text(seconds) == text
