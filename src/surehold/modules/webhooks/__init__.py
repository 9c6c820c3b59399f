"""Outgoing webhooks: other systems are told what happened, signed, at least once, with a log of every try."""

from surehold.modules.webhooks.errors import CallFailedError, UrlRefusedError
from surehold.modules.webhooks.model import (
    Answer,
    EndpointDraft,
    PublicEvent,
    Target,
    TargetRules,
    WebhookSettings,
    may_call,
    read_networks,
    read_target,
)
from surehold.modules.webhooks.ports import WebhookTransport
from surehold.modules.webhooks.service import DEAD_WEBHOOKS, MessageWriter, WebhookDesk, WebhookLog, WebhookSender
from surehold.modules.webhooks.store.endpoints import SEALED_COLUMNS

__all__ = [
    "DEAD_WEBHOOKS",
    "SEALED_COLUMNS",
    "Answer",
    "CallFailedError",
    "EndpointDraft",
    "MessageWriter",
    "PublicEvent",
    "Target",
    "TargetRules",
    "UrlRefusedError",
    "WebhookDesk",
    "WebhookLog",
    "WebhookSender",
    "WebhookSettings",
    "WebhookTransport",
    "may_call",
    "read_networks",
    "read_target",
]
