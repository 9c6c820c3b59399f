import string
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surehold.app.retail.cleaning import MEANING, Reason, Refusal, Sale, clean_name, is_product, judge, pence
from surehold.app.retail.rows import COLUMNS, RawRow
from tests.retail.samples import row

AN_HOUR = "2010-12-01 08:26"


def raw(text: str) -> RawRow:
    cells = text.split(",")
    fields = dict(zip(COLUMNS, cells, strict=True)) if len(cells) == len(COLUMNS) else None
    return RawRow(2, text, fields)


def test_a_sale_is_taken_with_its_code_in_upper_case_and_its_price_in_pence():
    sale = judge(raw(row(code="85123a", name="  white   holder. ", quantity="6", price="2.55")))
    assert isinstance(sale, Sale)
    assert (sale.invoice, sale.code, sale.name, sale.quantity, sale.unit_minor) == (
        "536365",
        "85123A",
        "white holder",
        6,
        255,
    )
    assert (sale.customer, sale.country, f"{sale.at:%Y-%m-%d %H:%M}") == ("17850", "United Kingdom", AN_HOUR)


def test_a_customer_number_may_be_missing_or_written_as_a_decimal():
    guest, number = judge(raw(row(customer=""))), judge(raw(row(customer="17850.0")))
    assert isinstance(guest, Sale)
    assert isinstance(number, Sale)
    assert (guest.customer, number.customer) == (None, "17850")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("536365,85123A,ONLY THREE", Reason.MALFORMED),
        ("", Reason.MALFORMED),
        (row(name="CAF\ufffd MUG"), Reason.GARBLED),
        (row(name="BELL\x07"), Reason.GARBLED),
        (row("C536379", quantity=-1), Reason.CANCELLATION),
        (row("C536379", "POST", quantity=-1, price=0), Reason.CANCELLATION),
        (row("A563185", "B", price="11062.06"), Reason.NOT_AN_INVOICE),
        (row(""), Reason.MISSING),
        (row(code=" "), Reason.MISSING),
        (row(country=""), Reason.MISSING),
        (row(quantity="six"), Reason.BAD_VALUE),
        (row(quantity="1e6"), Reason.BAD_VALUE),
        (row(quantity="9999999"), Reason.BAD_VALUE),
        (row(price="2.5.5"), Reason.BAD_VALUE),
        (row(price="NaN"), Reason.BAD_VALUE),
        (row(at="01/12/2010"), Reason.BAD_VALUE),
        (row(at="2010-13-01 08:26"), Reason.BAD_VALUE),
        (row(customer="Mr Smith"), Reason.BAD_VALUE),
        (row(code="POST"), Reason.NOT_A_PRODUCT),
        (row(code="BANK CHARGES"), Reason.NOT_A_PRODUCT),
        (row(code="gift_0001_20"), Reason.NOT_A_PRODUCT),
        (row(code="POST", price=0), Reason.NOT_A_PRODUCT),
        (row(quantity=0), Reason.QUANTITY),
        (row(quantity=-10), Reason.QUANTITY),
        (row(price=0), Reason.PRICE),
        (row(price="-11062.06"), Reason.PRICE),
        (row(price="0.001"), Reason.PRICE),
        (row(country="Atlantis"), Reason.COUNTRY),
    ],
)
def test_a_row_that_is_no_sale_has_the_first_reason_that_applies(text: str, reason: Reason):
    verdict = judge(raw(text))
    assert isinstance(verdict, Refusal)
    assert verdict.reason is reason


def test_every_reason_has_its_meaning():
    assert set(MEANING) == set(Reason)


@pytest.mark.parametrize("code", ["85123A", "71053", "15056BL", "DCGS0003", "DCGSSGIRL"])
def test_numbered_codes_are_products(code: str):
    assert is_product(code)


@pytest.mark.parametrize(
    "code", ["POST", "DOT", "M", "D", "C2", "S", "B", "PADS", "AMAZONFEE", "CRUK", "2272", "227200", "GIFT_0001_20"]
)
def test_words_are_no_products(code: str):
    assert not is_product(code)


@given(st.text(max_size=200))
def test_any_line_is_a_sale_or_has_a_reason(text: str):
    cells = text.split(",")[: len(COLUMNS)]
    fields = dict(zip(COLUMNS, cells + [""] * (len(COLUMNS) - len(cells)), strict=True))
    verdict = judge(RawRow(2, text, fields))
    assert isinstance(verdict, (Sale, Refusal))


@given(
    quantity=st.integers(-2_000_000, 2_000_000),
    price=st.decimals(-10, 1000, places=3, allow_nan=False),
    code=st.sampled_from(["85123A", "POST", "22720"]),
)
def test_a_sale_is_never_of_nothing_or_for_nothing(quantity: int, price: Decimal, code: str):
    verdict = judge(raw(row(code=code, quantity=quantity, price=f"{price:f}")))
    if isinstance(verdict, Sale):
        assert 0 < verdict.quantity <= 1_000_000
        assert verdict.unit_minor > 0
        assert abs(Decimal(verdict.unit_minor) - price * 100) <= Decimal("0.5")
        assert is_product(verdict.code)


@given(st.text(alphabet=string.printable, max_size=300))
def test_a_clean_name_is_one_line_of_words_or_nothing(raw_name: str):
    name = clean_name(raw_name)
    assert name == " ".join(name.split())
    assert len(name) <= 120
    assert name == clean_name(name)
    assert not name or any(mark.isalpha() for mark in name)


def test_pence_are_rounded_half_to_even():
    assert [pence(Decimal(text)) for text in ("0.005", "0.015", "2.555", "1.2")] == [0, 2, 256, 120]
