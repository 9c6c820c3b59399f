"""Endpoints, messages, signatures, and where messages may go."""

from surehold.modules.webhooks.model.records import (
    PING,
    Answer,
    ClaimedMessage,
    DisabledReason,
    Endpoint,
    EndpointDraft,
    Message,
    MessageState,
    PublicEvent,
    Try,
    TryResult,
    kept_text,
    payload_of,
    webhook_id,
)
from surehold.modules.webhooks.model.schedule import WebhookSettings, rest_s, retry_delay_s
from surehold.modules.webhooks.model.signing import new_secret, signatures
from surehold.modules.webhooks.model.targets import Target, TargetRules, may_call, read_networks, read_target

__all__ = [
    "PING",
    "Answer",
    "ClaimedMessage",
    "DisabledReason",
    "Endpoint",
    "EndpointDraft",
    "Message",
    "MessageState",
    "PublicEvent",
    "Target",
    "TargetRules",
    "Try",
    "TryResult",
    "WebhookSettings",
    "kept_text",
    "may_call",
    "new_secret",
    "payload_of",
    "read_networks",
    "read_target",
    "rest_s",
    "retry_delay_s",
    "signatures",
    "webhook_id",
]
