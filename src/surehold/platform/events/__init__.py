"""Events at work: reactions to them, and the wake-up that makes consumers look at once."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from surehold.kernel.events import Envelope, Event
from surehold.platform.db import Unit


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """What one consumer does about one event.

    `handle` runs inside the unit of work that removes the delivery, so its effect happens exactly once; it makes no call to
    the outside (it writes an intent instead). `consumer` is `module.purpose` and never changes: deliveries carry it.
    """

    event: type[Event]
    consumer: str
    handle: Callable[[Unit, Envelope], Awaitable[None]]


class Waker(Protocol):
    """Tells consumers that something was written; best effort (they look every 200 ms anyway)."""

    def wake(self) -> None:
        """Say so; returns at once, many calls within a few milliseconds become one message."""
        ...
