"""Every limit of the delivery loops, by name."""

import random

import msgspec


class DeliveryLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How deliveries are taken, retried and given up.

    With the defaults a delivery that goes on failing is dead after about 25 minutes on average.
    """

    batch: int = 50
    batch_s: float = 2.0  # a batch that takes longer commits what it has done
    handler_timeout_s: float = 20.0
    poll_s: float = 0.2
    attempts_max: int = 10
    retry_base_s: float = 1.0
    retry_cap_s: float = 900.0
    outage_backoff_s: float = 5.0
    drain_s: float = 6.0
    dead_count_every_s: float = 15.0
    events_kept_days: int = 30
    purge_batch: int = 2_000


RETRY_FLOOR_S = 0.05


def retry_delay_s(limits: DeliveryLimits, attempt: int) -> float:
    """Exponential backoff with full jitter: anything between nothing and base * 2^attempt, capped."""
    ceiling = min(limits.retry_cap_s, limits.retry_base_s * 2.0 ** min(attempt, 32))
    return max(RETRY_FLOOR_S, random.uniform(0, ceiling))  # noqa: S311  jitter, no secret
