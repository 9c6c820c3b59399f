"""Quotes as properties: they add up, never go below zero, and do not depend on the order of lines."""

from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surehold.modules.pricing import Destination, Discount, QuoteLine, ShippingMethod, TaxRate, quote
from surehold.modules.pricing.errors import QuoteTooLargeError

CATEGORIES = ["standard", "books", "food"]
STANDARD = ShippingMethod(code="standard", title="Standard", currency="USD", amount_minor=599, free_above_minor=5000)
HERE = Destination(country="US", region="OR")

variants = st.integers(1, 12).map(lambda number: UUID(int=number))
lines_of = st.lists(
    st.builds(
        QuoteLine,
        variant_id=variants,
        quantity=st.integers(1, 100_000),
        unit_minor=st.integers(0, 10**7),
        tax_category=st.sampled_from(CATEGORIES),
    ),
    max_size=12,
    unique_by=lambda line: line.variant_id,
)
rates_of = st.lists(
    st.builds(
        TaxRate,
        country=st.sampled_from(["US", "FR"]),
        region=st.sampled_from(["", "OR"]),
        tax_category=st.sampled_from([*CATEGORIES, "shipping"]),
        rate_bp=st.integers(0, 10_000),
    ),
    max_size=8,
)
discounts_of = st.lists(
    st.builds(
        Discount,
        code=st.just("X"),
        rate_bp=st.integers(0, 10_000),
        amount_minor=st.integers(0, 10**8),
        variant_ids=st.none() | st.frozensets(variants, max_size=6),
    ),
    max_size=4,
)
methods_of = st.none() | st.builds(
    ShippingMethod,
    code=st.just("m"),
    title=st.just("M"),
    currency=st.just("USD"),
    amount_minor=st.integers(0, 10**5),
    free_above_minor=st.none() | st.integers(0, 10**6),
)


def one(unit_minor: int) -> QuoteLine:
    return QuoteLine(variant_id=UUID(int=1), quantity=1, unit_minor=unit_minor)


@given(lines_of, rates_of, discounts_of, methods_of)
def test_lines_and_shipping_add_up_to_the_total_and_nothing_is_negative(lines, rates, discounts, method) -> None:
    made = quote(lines, currency="USD", destination=HERE, shipping_method=method, tax_rates=rates, discounts=discounts)
    totals = made.totals
    shipping = made.shipping.amount_minor + made.shipping.tax_minor if made.shipping else 0
    assert sum(line.total_minor for line in made.lines) + shipping == totals.total_minor
    assert totals.total_minor == (
        totals.subtotal_minor - totals.discount_minor + totals.shipping_minor + totals.tax_minor
    )
    assert sum(line.discount_minor for line in made.lines) == totals.discount_minor
    assert totals.discount_minor == sum(applied.amount_minor for applied in made.discounts)
    assert totals.subtotal_minor == sum(line.quantity * line.unit_minor for line in lines)
    for line in made.lines:
        assert line.gross_minor == line.quantity * line.unit_minor
        assert 0 <= line.discount_minor <= line.gross_minor
        assert line.net_minor == line.gross_minor - line.discount_minor
        assert 0 <= line.tax_minor <= line.net_minor
        assert line.total_minor == line.net_minor + line.tax_minor


@given(lines_of, rates_of, discounts_of, methods_of, st.integers())
def test_the_order_of_lines_changes_nothing(lines, rates, discounts, method, seed) -> None:
    shuffled = list(lines)
    Random(seed).shuffle(shuffled)
    facts = {
        "currency": "USD",
        "destination": HERE,
        "shipping_method": method,
        "tax_rates": rates,
        "discounts": discounts,
    }
    first, second = quote(lines, **facts), quote(shuffled, **facts)
    assert [line.variant_id for line in second.lines] == [line.variant_id for line in shuffled]
    assert first.totals == second.totals
    assert {line.variant_id: line for line in first.lines} == {line.variant_id: line for line in second.lines}


@given(lines_of, st.integers(0, 10_000))
def test_tax_of_one_rate_is_rounded_once(lines, rate_bp) -> None:
    rates = [TaxRate(country="US", tax_category=category, rate_bp=rate_bp) for category in CATEGORIES]
    made = quote(lines, currency="USD", destination=HERE, tax_rates=rates)
    exact = made.totals.subtotal_minor * rate_bp
    assert abs(made.totals.tax_minor * 10_000 - exact) <= 5_000
    for line in made.lines:
        assert abs(line.tax_minor * 10_000 - line.net_minor * rate_bp) < 15_000


@pytest.mark.parametrize(("merchandise", "shipping"), [(4999, 599), (5000, 599), (5001, 0)])
def test_shipping_is_free_above_fifty_and_not_at_fifty(merchandise: int, shipping: int) -> None:
    made = quote([one(merchandise)], currency="USD", destination=HERE, shipping_method=STANDARD)
    assert made.totals.shipping_minor == shipping
    assert made.totals.total_minor == merchandise + shipping


def test_the_threshold_looks_at_merchandise_after_discounts_and_before_tax() -> None:
    rates = [TaxRate(country="US", tax_category="standard", rate_bp=800)]
    five_off = [Discount(code="FIVE", amount_minor=500)]
    made = quote(
        [one(5500)], currency="USD", destination=HERE, shipping_method=STANDARD, tax_rates=rates, discounts=five_off
    )
    assert (made.totals.shipping_minor, made.totals.tax_minor) == (599, 400)


def test_the_demo_tax_is_eight_percent_of_what_is_left_of_the_lines() -> None:
    rates = [TaxRate(country="US", tax_category="standard", rate_bp=800)]
    made = quote([one(1999)], currency="USD", destination=HERE, tax_rates=rates)
    assert (made.totals.tax_minor, made.totals.total_minor) == (160, 2159)
    abroad = Destination(country="FR")
    assert quote([one(1999)], currency="USD", destination=abroad, tax_rates=rates).totals.tax_minor == 0
    assert quote([one(1999)], currency="USD", tax_rates=rates).totals.tax_minor == 0


def test_a_regions_rate_goes_before_its_countrys() -> None:
    rates = [
        TaxRate(country="US", region="OR", tax_category="standard", rate_bp=0),
        TaxRate(country="US", tax_category="standard", rate_bp=800),
    ]
    assert quote([one(1000)], currency="USD", destination=HERE, tax_rates=rates).totals.tax_minor == 0
    elsewhere = Destination(country="US", region="WA")
    assert quote([one(1000)], currency="USD", destination=elsewhere, tax_rates=rates).totals.tax_minor == 80


def test_shipping_is_taxed_by_its_own_category_only() -> None:
    rates = [TaxRate(country="US", tax_category="standard", rate_bp=1000)]
    made = quote([one(1000)], currency="USD", destination=HERE, shipping_method=STANDARD, tax_rates=rates)
    assert made.shipping is not None
    assert made.shipping.tax_minor == 0
    rates.append(TaxRate(country="US", tax_category="shipping", rate_bp=1000))
    made = quote([one(1000)], currency="USD", destination=HERE, shipping_method=STANDARD, tax_rates=rates)
    assert made.shipping is not None
    assert (made.shipping.tax_minor, made.totals.tax_minor) == (60, 160)


def test_discounts_apply_in_order_and_stop_at_nothing() -> None:
    first = Discount(code="HALF", rate_bp=5000)
    second = Discount(code="TEN", amount_minor=1000)
    both = quote([one(3000)], currency="USD", discounts=[first, second])
    other = quote([one(3000)], currency="USD", discounts=[second, first])
    assert [applied.amount_minor for applied in both.discounts] == [1500, 1000]
    assert [applied.amount_minor for applied in other.discounts] == [1000, 1000]
    assert quote([one(300)], currency="USD", discounts=[second]).totals.total_minor == 0


def test_a_discount_of_lines_leaves_the_others_alone() -> None:
    lines = [QuoteLine(variant_id=UUID(int=n), quantity=2, unit_minor=500) for n in (1, 2)]
    made = quote(
        lines, currency="USD", discounts=[Discount(code="A", amount_minor=300, variant_ids=frozenset({UUID(int=2)}))]
    )
    assert [line.discount_minor for line in made.lines] == [0, 300]


@pytest.mark.parametrize(
    "lines",
    [
        [one(1), one(1)],
        [QuoteLine(variant_id=UUID(int=1), quantity=0, unit_minor=1)],
        [QuoteLine(variant_id=UUID(int=1), quantity=-1, unit_minor=1)],
        [one(-1)],
    ],
)
def test_nonsense_is_refused(lines: list[QuoteLine]) -> None:
    with pytest.raises(ValueError, match=r"once|positive"):
        quote(lines, currency="USD")


def test_more_than_can_be_charged_is_refused() -> None:
    with pytest.raises(QuoteTooLargeError):
        quote([QuoteLine(variant_id=UUID(int=1), quantity=1_000_000, unit_minor=10**12)], currency="USD")


def test_a_method_in_another_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="currency"):
        quote([one(1)], currency="EUR", shipping_method=STANDARD)


def test_totals_as_money() -> None:
    money = quote([one(1000)], currency="EUR").totals.as_money("EUR")
    assert (money.total.amount, money.total.currency) == (1000, "EUR")
