"""What a consumer does about an event, and how reactions make up consumers."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from surehold.kernel.events import Envelope, Event
from surehold.platform.db import Unit

Handle = Callable[[Unit, Envelope], Awaitable[None]]


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """What one consumer does about one event.

    `handle` runs inside the unit of work that removes the delivery, so its effect happens exactly once; it makes no call to
    the outside (it writes an intent instead). `consumer` is `module.purpose` and never changes: deliveries carry it.
    `ordered`: no event of an aggregate is handled while an older one of it waits, and an older one that comes late is
    ignored. `alone`: one event a transaction, for handlers that lock rows which requests lock too (a shared transaction
    would take them in another order than the rule says). Both are facts of the consumer: all of its reactions agree.
    """

    event: type[Event]
    consumer: str
    handle: Handle
    ordered: bool = True
    alone: bool = False


class Waker(Protocol):
    """Tells consumers that something was written; best effort (they look every 200 ms anyway)."""

    def wake(self) -> None:
        """Say so; returns at once, many calls within a few milliseconds become one message."""
        ...


class Consumer(msgspec.Struct, frozen=True, kw_only=True):
    """All reactions of one consumer, by the wire name of their event."""

    name: str
    handlers: Mapping[str, Handle]
    ordered: bool
    alone: bool


def consumers_of(reactions: Iterable[Reaction]) -> list[Consumer]:
    """Reactions grouped by consumer; ValueError where two answer the same event or disagree on how they run."""
    grouped: dict[str, list[Reaction]] = {}
    for reaction in reactions:
        grouped.setdefault(reaction.consumer, []).append(reaction)
    return [_consumer(name, group) for name, group in sorted(grouped.items())]


def _consumer(name: str, group: list[Reaction]) -> Consumer:
    handlers = {reaction.event.wire_name: reaction.handle for reaction in group}
    if len(handlers) != len(group):
        msg = f"{name} has two reactions to one event"
        raise ValueError(msg)
    if len({(reaction.ordered, reaction.alone) for reaction in group}) != 1:
        msg = f"the reactions of {name} disagree on `ordered` or `alone`"
        raise ValueError(msg)
    return Consumer(name=name, handlers=handlers, ordered=group[0].ordered, alone=group[0].alone)
