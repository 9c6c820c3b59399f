"""What is asked for: some of the catalogue evenly, or all of it by Zipf's law."""

import bisect
import itertools
import random
from collections.abc import Sequence
from typing import TypeVar

ItemT = TypeVar("ItemT")


def zipf(items: Sequence[ItemT], count: int, rng: random.Random, exponent: float = 1.0) -> list[ItemT]:
    """`count` draws in which the item at rank r comes up in proportion to 1 / r ** exponent. Ranks are shuffled."""
    ranked = list(items)
    rng.shuffle(ranked)
    sums = list(itertools.accumulate(1 / rank**exponent for rank in range(1, len(ranked) + 1)))
    return [ranked[min(bisect.bisect(sums, rng.random() * sums[-1]), len(ranked) - 1)] for _ in range(count)]
