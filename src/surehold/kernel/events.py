"""Facts that modules publish: past tense, frozen, ids and a snapshot, versioned on the wire."""

from typing import ClassVar, TypeVar
from uuid import UUID

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every published fact.

    `wire_name` is `module.past_verb.vN`; a changed meaning gets a new N. `aggregate` names the thing whose history this
    belongs to; order holds per aggregate only, by `seq`.
    """

    wire_name: ClassVar[str]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A stored event on its way to one consumer."""

    event_id: int
    name: str
    aggregate_type: str
    aggregate_id: UUID
    seq: int
    payload: msgspec.Raw
    attempts: int = 0


EventT = TypeVar("EventT", bound=Event)


def decode(envelope: Envelope, event_type: type[EventT]) -> EventT:
    """The payload of an envelope as its event type."""
    return msgspec.json.decode(envelope.payload, type=event_type)
