"""Every limit of the job clock, by name."""

import msgspec


class JobLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How jobs are run, retried and stopped."""

    repeats_max: int = 100  # batches in a row before others get their turn
    run_timeout_s: float = 300.0
    jitter: float = 0.1  # share of the interval
    failure_cap_s: float = 60.0  # longest pause of a loop that goes on failing
    cron_tries: int = 3
    cron_retry_base_s: float = 2.0
    cron_poll_s: float = 2.0
    cron_concurrency: int = 2
    cron_late_s: float = 26 * 3600.0  # a tick missed while the shop was off is made up for this long
    stalled_s: float = 30.0
    tidy_every_s: float = 10.0
    drain_s: float = 6.0
    reconnect_cap_s: float = 10.0


GIVEN_UP_AFTER = 3  # failures in a row before a job is shown among the dead letters
