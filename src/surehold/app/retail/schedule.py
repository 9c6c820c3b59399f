"""Which invoice is next: in order, one at a time per buyer, and not before its time."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime

from surehold.app.retail.plan import Invoice

WINDOW = 512
GUESTS = "guests"
"""Guests buy one after the other: to the shop all of them come from one network, whose holds it caps."""


class Schedule:
    """Hands out invoices. `factor` is how many seconds of then pass in one of now; None waits for nothing."""

    def __init__(
        self, invoices: Iterator[Invoice], factor: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._invoices, self._factor, self._clock = invoices, factor, clock
        self._waiting: deque[Invoice] = deque()
        self._busy: set[str] = set()
        self._changed = asyncio.Condition()
        self._began_s = clock()
        self._first: datetime | None = None

    async def take(self) -> Invoice | None:
        """The next invoice whose buyer is free, when it is due; None at the end."""
        async with self._changed:
            while True:
                self._refill()
                if not self._waiting:
                    return None
                found = next((invoice for invoice in self._waiting if lane_of(invoice) not in self._busy), None)
                wait_s = None if found is None else self._early_s(found)
                if found is not None and not wait_s:
                    self._waiting.remove(found)
                    self._busy.add(lane_of(found))
                    return found
                await self._wait(wait_s)

    async def done(self, invoice: Invoice) -> None:
        """The buyer is free again."""
        async with self._changed:
            self._busy.discard(lane_of(invoice))
            self._changed.notify_all()

    def _refill(self) -> None:
        while len(self._waiting) < WINDOW:
            invoice = next(self._invoices, None)
            if invoice is None:
                return
            self._first = self._first or invoice.at
            self._waiting.append(invoice)

    def _early_s(self, invoice: Invoice) -> float:
        if self._factor is None or self._first is None:
            return 0.0
        due_s = self._began_s + (invoice.at - self._first).total_seconds() / self._factor
        return max(due_s - self._clock(), 0.0)

    async def _wait(self, wait_s: float | None) -> None:
        try:
            async with asyncio.timeout(wait_s):
                await self._changed.wait()
        except TimeoutError:
            return


def lane_of(invoice: Invoice) -> str:
    """Whose turn it is: purchases of one lane follow one another."""
    return invoice.account or GUESTS
