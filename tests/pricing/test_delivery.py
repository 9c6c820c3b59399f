"""Delivery windows: business days, the cut-off, weekends and backorders."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surehold.modules.pricing.model import add_business_days, delivery_window

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ordered", "earliest", "latest"),
    [
        (MONDAY, date(2026, 11, 19), date(2026, 11, 23)),
        (MONDAY.replace(hour=14), date(2026, 11, 20), date(2026, 11, 24)),
        (MONDAY + timedelta(days=4), date(2026, 11, 25), date(2026, 11, 27)),  # Friday morning leaves on Friday
        (MONDAY + timedelta(days=4, hours=6), date(2026, 11, 26), date(2026, 11, 30)),  # Friday afternoon on Monday
        (MONDAY + timedelta(days=5), date(2026, 11, 26), date(2026, 11, 30)),  # Saturday
    ],
)
def test_three_to_five_business_days(ordered: datetime, earliest: date, latest: date) -> None:
    window = delivery_window(ordered, 3, 5)
    assert (window.earliest, window.latest) == (earliest, latest)


def test_slow_places_and_backorders_come_later() -> None:
    assert delivery_window(MONDAY, 1, 2, extra_days=3).earliest == date(2026, 11, 20)
    assert delivery_window(MONDAY, 1, 2, ready_on=date(2026, 11, 22)).earliest == date(2026, 11, 24)
    assert delivery_window(MONDAY, 1, 2, ready_on=date(2026, 11, 1)).earliest == date(2026, 11, 17)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 200))
def test_counting_days_one_by_one_gives_the_same(day: date, days: int) -> None:
    result = add_business_days(day, days)
    assert result.weekday() < 5
    start = day
    while start.weekday() >= 5:
        start += timedelta(days=1)
    passed = sum((start + timedelta(days=n)).weekday() < 5 for n in range(1, (result - start).days + 1))
    assert passed == days
