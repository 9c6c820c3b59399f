"""Endpoints, messages and tries as they are kept and shown."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

ANSWER_KEPT_CHARS = 1_024


class PublicEvent(StrEnum):
    """What endpoints may be told: facts about goods and orders, never about people or their carts."""

    ORDER_PLACED = "orders.order_placed.v1"
    ORDER_CONFIRMED = "orders.order_confirmed.v1"
    ORDER_CANCELLED = "orders.order_cancelled.v1"
    ORDER_FAILED = "orders.order_failed.v1"
    STOCK_LOW = "inventory.stock_low.v1"
    STOCK_DEPLETED = "inventory.stock_depleted.v1"
    STOCK_REPLENISHED = "inventory.stock_replenished.v1"
    PRICE_CHANGED = "pricing.price_changed.v1"
    PRODUCT_PUBLISHED = "catalog.product_published.v1"
    PRODUCT_CHANGED = "catalog.product_changed.v1"
    PRODUCT_UNPUBLISHED = "catalog.product_unpublished.v1"


PING = "webhooks.ping.v1"


class DisabledReason(StrEnum):
    """Why an endpoint is told nothing: it answered 410, or staff decided so."""

    GONE = "gone"
    STAFF = "staff"


class MessageState(StrEnum):
    """Where a message is."""

    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"
    DISCARDED = "discarded"


class EndpointDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What staff says about an endpoint. `events` None is every public one, also those that come later."""

    url: str
    events: Sequence[PublicEvent] | None = None
    enabled: bool = True


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint without its secrets. Until `old_secret_until` messages are signed with the former secret as well."""

    id: UUID
    url: str
    events: list[str] | None
    enabled: bool
    disabled_reason: DisabledReason | None
    resting_until: datetime | None
    old_secret_until: datetime | None
    created_at: datetime
    version: int


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message to one endpoint. `failures` counts since it was last asked for, `attempts` from the beginning."""

    id: UUID
    endpoint_id: UUID
    event: str
    state: MessageState
    attempts: int
    failures: int
    written_at: datetime
    next_attempt_at: datetime | None
    ended_at: datetime | None
    last_error: str | None

    @property
    def webhook_id(self) -> str:
        """Its name for the receiver, the same at every try."""
        return webhook_id(self.id)


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One try. Without a status no answer came, and `error` says why; `answer` is how the answer began."""

    attempt: int
    started_at: datetime
    duration_ms: int | None
    status: int | None
    error: str | None
    answer: str | None


class ClaimedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message this process may send now. `attempt` fences off whoever claimed it before; secrets are sealed."""

    id: UUID
    attempt: int
    failures: int
    payload: str
    endpoint_id: UUID
    url: str
    secret: bytes
    old_secret: bytes | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint answered, as far as it was read. `retry_after_s` is what it asked for."""

    status: int
    start: bytes = b""
    retry_after_s: float | None = None

    @property
    def is_success(self) -> bool:
        """Whether the endpoint took the message."""
        return 200 <= self.status < 300


class TryResult(msgspec.Struct, frozen=True, kw_only=True):
    """How one try ended; with an answer or with the reason for none."""

    started_at: datetime
    duration_ms: int
    answer: Answer | None = None
    error: str | None = None

    @property
    def failure(self) -> str | None:
        """What went wrong, or None."""
        if self.answer is None:
            return self.error
        return None if self.answer.is_success else f"answered {self.answer.status}"


def webhook_id(message_id: UUID) -> str:
    """The header `webhook-id`."""
    return f"msg_{message_id.hex}"


def payload_of(event_name: str, at: datetime, data: Mapping[str, Any] | msgspec.Struct) -> str:
    """The body of a message: what happened, when, and the facts."""
    return msgspec.json.encode({"type": event_name, "timestamp": at, "data": data}).decode()


def kept_text(start: bytes) -> str:
    """The beginning of an answer as text that can be stored."""
    return start[:ANSWER_KEPT_CHARS].decode("utf-8", errors="replace").replace("\x00", "\ufffd")[:ANSWER_KEPT_CHARS]
