"""What a job is."""

from collections.abc import Awaitable, Callable

import msgspec


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Work that runs again and again.

    `cron` (five fields, UTC) for minutes and longer, `every_s` for tidying loops of seconds; exactly one is set.
    `run` does one bounded batch and answers how many things it did; a full batch makes it run again at once. `batch` says
    what a full one is; without it any answer above zero is. A job may run twice at the same time when a connection to
    PostgreSQL is lost, so its statements must bear that (`for update skip locked`, conditional updates).
    """

    name: str
    run: Callable[[], Awaitable[int]]
    cron: str | None = None
    every_s: float | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        """Refuse a job that would never run, or on two clocks."""
        if (self.cron is None) == (self.every_s is None):
            msg = f"job {self.name}: set either cron or every_s"
            raise ValueError(msg)

    def is_full(self, did: int) -> bool:
        """Whether there is probably more to do at once."""
        return did >= self.batch if self.batch is not None else did > 0
