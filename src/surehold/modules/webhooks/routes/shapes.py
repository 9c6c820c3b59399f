"""Bodies and answers of the webhook routes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import msgspec

from surehold.modules.webhooks.model import (
    DisabledReason,
    Endpoint,
    EndpointDraft,
    Message,
    MessageState,
    PublicEvent,
    Try,
)
from surehold.platform.http import In, Out

TAG = "webhooks"
_ID = "0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10"
_URL = "https://hooks.example.org/surehold"
_AT = "2026-11-20T09:30:00Z"
_ENDPOINT: dict[str, Any] = {
    "id": _ID,
    "url": _URL,
    "events": ["orders.order_confirmed.v1"],
    "enabled": True,
    "disabled_reason": None,
    "resting_until": None,
    "old_secret_until": None,
    "created_at": _AT,
    "version": 1,
}
_MESSAGE: dict[str, Any] = {
    "id": _ID,
    "webhook_id": "msg_0199f3a17c1e7a409d536f1d2a9b4c10",
    "endpoint_id": _ID,
    "event": "orders.order_confirmed.v1",
    "state": "delivered",
    "attempts": 1,
    "failures": 0,
    "written_at": _AT,
    "next_attempt_at": None,
    "ended_at": _AT,
    "last_error": None,
}

Url = Annotated[str, msgspec.Meta(min_length=9, max_length=2_000)]
Events = Annotated[list[PublicEvent], msgspec.Meta(min_length=1, max_length=len(PublicEvent))]


class EndpointIn(In, frozen=True, kw_only=True):
    """A new endpoint. Without `events` it is told every public one, also those that come with later versions."""

    example: ClassVar[dict[str, Any] | None] = {"url": _URL, "events": ["orders.order_confirmed.v1"]}

    url: Url
    events: Events | None = None


class EndpointChangeIn(In, frozen=True, kw_only=True):
    """All that an endpoint is to be."""

    example: ClassVar[dict[str, Any] | None] = {"url": _URL, "events": None, "enabled": True}

    url: Url
    events: Events | None
    enabled: bool


class SinceIn(In, frozen=True, kw_only=True):
    """From when on to send again; `cursor` goes on where a full batch ended."""

    example: ClassVar[dict[str, Any] | None] = {"since": _AT}

    since: Annotated[datetime, msgspec.Meta(tz=True)]
    cursor: Annotated[str, msgspec.Meta(max_length=512)] | None = None


class EndpointOut(Out, frozen=True, kw_only=True):
    """An endpoint. `old_secret_until`: messages are signed with the former secret too; `resting_until`: it asked for a pause."""

    example: ClassVar[dict[str, Any] | None] = _ENDPOINT

    id: UUID
    url: str
    events: list[str] | None
    enabled: bool
    disabled_reason: DisabledReason | None
    resting_until: datetime | None
    old_secret_until: datetime | None
    created_at: datetime
    version: int


class EndpointsOut(Out, frozen=True, kw_only=True):
    """All endpoints."""

    example: ClassVar[dict[str, Any] | None] = {"webhooks": [_ENDPOINT]}

    webhooks: list[EndpointOut]


class SecretOut(Out, frozen=True, kw_only=True):
    """An endpoint and its new secret, which is told this once."""

    example: ClassVar[dict[str, Any] | None] = {"webhook": _ENDPOINT, "secret": "whsec_…"}

    webhook: EndpointOut
    secret: str


class MessageOut(Out, frozen=True, kw_only=True):
    """A message. `failures` counts since it was last asked for, `attempts` from the beginning."""

    example: ClassVar[dict[str, Any] | None] = _MESSAGE

    id: UUID
    webhook_id: str
    endpoint_id: UUID
    event: str
    state: MessageState
    attempts: int
    failures: int
    written_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None
    last_error: str | None


class MessagesOut(Out, frozen=True, kw_only=True):
    """A page of messages, newest first."""

    example: ClassVar[dict[str, Any] | None] = {"messages": [_MESSAGE], "next_cursor": None}

    messages: list[MessageOut]
    next_cursor: str | None = None


class TryOut(Out, frozen=True, kw_only=True):
    """One try. Without `status` no answer came; `answer` is how it began."""

    attempt: int
    started_at: datetime
    duration_ms: int | None
    status: int | None
    error: str | None
    answer: str | None


class MessageLogOut(Out, frozen=True, kw_only=True):
    """A message with what it says and each try, newest first."""

    example: ClassVar[dict[str, Any] | None] = {
        "message": _MESSAGE,
        "payload": {"type": "orders.order_confirmed.v1", "timestamp": _AT, "data": {"order_id": _ID}},
        "tries": [
            {"attempt": 1, "started_at": _AT, "duration_ms": 84, "status": 200, "error": None, "answer": "thank you"}
        ],
    }

    message: MessageOut
    payload: dict[str, Any]
    tries: list[TryOut]


class RedeliveredOut(Out, frozen=True, kw_only=True):
    """How many are sent again; with `next_cursor` there are more."""

    example: ClassVar[dict[str, Any] | None] = {"redelivered": 12, "next_cursor": None}

    redelivered: int
    next_cursor: str | None = None


def draft_of(data: EndpointIn | EndpointChangeIn) -> EndpointDraft:
    """What staff says, for the service."""
    enabled = data.enabled if isinstance(data, EndpointChangeIn) else True
    return EndpointDraft(url=data.url, events=data.events, enabled=enabled)


def endpoint_out(endpoint: Endpoint) -> EndpointOut:
    """An endpoint as it is shown."""
    return EndpointOut(**msgspec.structs.asdict(endpoint))


def message_out(message: Message) -> MessageOut:
    """A message as it is shown."""
    return MessageOut(**msgspec.structs.asdict(message), webhook_id=message.webhook_id)


def log_out(message: Message, payload: str, tries: Sequence[Try]) -> MessageLogOut:
    """A message with its tries as it is shown."""
    return MessageLogOut(
        message=message_out(message),
        payload=msgspec.json.decode(payload),
        tries=[TryOut(**msgspec.structs.asdict(one)) for one in tries],
    )
