"""Hints to whoever is looking, over server-sent events and WebSocket: sent after commit, best effort, with versions."""

from surehold.platform.realtime.hints import Hint, Hinter
from surehold.platform.realtime.hub import Hub
from surehold.platform.realtime.sender import HintSender
from surehold.platform.realtime.settings import RealtimeSettings
from surehold.platform.realtime.sse import sse_app
from surehold.platform.realtime.topics import TopicAuthorizer
from surehold.platform.realtime.websocket import websocket_app

__all__ = [
    "Hint",
    "HintSender",
    "Hinter",
    "Hub",
    "RealtimeSettings",
    "TopicAuthorizer",
    "sse_app",
    "websocket_app",
]
