"""When something arrives: business days from a given moment, never from a clock of its own."""

from datetime import date, datetime, time, timedelta

import msgspec

SHIP_CUTOFF = time(14, 0)  # UTC; what is ordered later leaves on the next business day
FRIDAY, SATURDAY = 4, 5
BUSINESS_DAYS_A_WEEK = 5


class DeliveryWindow(msgspec.Struct, frozen=True, kw_only=True):
    """The days between which it arrives, both included."""

    earliest: date
    latest: date


def delivery_window(
    now: datetime, min_days: int, max_days: int, *, extra_days: int = 0, ready_on: date | None = None
) -> DeliveryWindow:
    """When it arrives if ordered now (UTC). Days are business days, Monday to Friday.

    It leaves today before the cut-off, else on the next business day; a backordered thing not before `ready_on`.
    """
    leaves = now.date() if now.time() < SHIP_CUTOFF else now.date() + timedelta(days=1)
    if ready_on is not None and ready_on > leaves:
        leaves = ready_on
    leaves = add_business_days(leaves, 0)
    return DeliveryWindow(
        earliest=add_business_days(leaves, min_days + extra_days),
        latest=add_business_days(leaves, max_days + extra_days),
    )


def add_business_days(day: date, days: int) -> date:
    """The business day that many business days later; a weekend counts as the Monday after it."""
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    weeks, rest = divmod(days, BUSINESS_DAYS_A_WEEK)
    day += timedelta(weeks=weeks)
    for _ in range(rest):
        day += timedelta(days=3 if day.weekday() == FRIDAY else 1)
    return day
