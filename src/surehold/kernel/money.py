"""Money: integer minor units and an ISO 4217 currency. The one place that rounds and the one place that splits."""

from collections.abc import Sequence
from typing import Self

import msgspec

MAX_MINOR = 10**15  # far above any order, far below 2**53, so a browser reads it exactly
BASIS_POINTS = 10_000


class Money(msgspec.Struct, frozen=True):
    """An amount in minor units of a currency (1999 USD is 19.99)."""

    amount: int
    currency: str

    def __add__(self, other: Self) -> "Money":
        """The sum; both must be of one currency."""
        if self.currency != other.currency:
            msg = f"cannot add {other.currency} to {self.currency}"
            raise ValueError(msg)
        return Money(self.amount + other.amount, self.currency)


def round_half_up(numerator: int, denominator: int) -> int:
    """`numerator / denominator` as a whole number, halves away from zero (the commercial rule tax offices use)."""
    if denominator <= 0:
        msg = "the denominator must be positive"
        raise ValueError(msg)
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def apply_basis_points(amount_minor: int, rate_bp: int) -> int:
    """A share of an amount, rounded once: 800 basis points of 1999 is 160."""
    return round_half_up(amount_minor * rate_bp, BASIS_POINTS)


def split_by_largest_remainder(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split a total over weights so that the parts add up to it exactly (Hamilton's method; ties go to the earlier part).

    All-zero weights split evenly. Negative totals (discounts) split like their positive mirror.
    """
    if not weights:
        msg = "there is nothing to split over"
        raise ValueError(msg)
    if any(weight < 0 for weight in weights):
        msg = "weights must not be negative"
        raise ValueError(msg)
    effective = list(weights) if any(weights) else [1] * len(weights)
    sign, magnitude, whole = (-1 if total_minor < 0 else 1), abs(total_minor), sum(effective)
    parts = [magnitude * weight // whole for weight in effective]
    remainders = [(-(magnitude * weight % whole), index) for index, weight in enumerate(effective)]
    for _, index in sorted(remainders)[: magnitude - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]
