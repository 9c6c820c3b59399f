"""Scheduled work: what a job is. The clock that runs them is beside this file."""

from collections.abc import Awaitable, Callable

import msgspec


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Work that runs again and again.

    `cron` (five fields, UTC) for minutes and longer, `every_s` for tidying loops of seconds; exactly one is set.
    `run` does one bounded batch and answers how many things it did; a full batch makes it run again at once.
    """

    name: str
    run: Callable[[], Awaitable[int]]
    cron: str | None = None
    every_s: float | None = None
