"""Rates that were read before, as long as nothing that they are made of has changed."""

from datetime import date

from surehold.modules.pricing import store
from surehold.modules.pricing.model import Destination, Rates
from surehold.platform.db import Executor

KEPT_MAX = 1_000

Key = tuple[int, str, str, str, date]


class RateBook:
    """Tables of rates change a few times a year, and every step of every checkout needs them.

    A caller that knows the version which its own transaction sees (`pricing.rates_version`) gets what was read at that version;
    without one they are read. What is read is at least as new as the version that it is kept under.
    """

    def __init__(self) -> None:
        self._kept: dict[Key, Rates] = {}

    async def rates_for(
        self, executor: Executor, destination: Destination, currency: str, on_day: date, version: int | None
    ) -> Rates:
        """The rates of a destination."""
        country, region = destination.country, destination.region
        if version is None:
            return await store.get_rates(executor, country, region, currency, on_day)
        key = (version, country, region, currency, on_day)
        rates = self._kept.get(key)
        if rates is None:
            rates = await store.get_rates(executor, country, region, currency, on_day)
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            self._kept[key] = rates
        return rates
