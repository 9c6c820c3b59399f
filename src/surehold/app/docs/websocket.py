"""`/v1/ws` as an operation: a GET that becomes a WebSocket, with the messages that go over it in both directions."""

from surehold.app.docs.operations import refusals_of
from surehold.app.docs.parameters import EXAMPLE_ID
from surehold.app.docs.problems import UPGRADE_REQUIRED, problem_of_error
from surehold.app.docs.schemas import Schema, plain_schema
from surehold.kernel.errors import UnauthenticatedError
from surehold.platform.realtime.errors import (
    DrainingError,
    MessageInvalidError,
    StreamLimitError,
    TooManyMessagesError,
    TopicInvalidError,
    TopicRefusedError,
)
from surehold.platform.realtime.websocket import Subscribe, Unsubscribe

TOPICS = (
    "Topics: `variant:ID` (everybody), `cart:me` (your own cart), `order:ID` (whoever may read that order). A message tells that"
    " something changed and which version it has now; ignore it if you have that one. It promises nothing by itself. Read the state"
    " after `subscribed`; after a gap (`resync`) read it again, spread over `spread_ms`; after `end` connect again."
)
LISTENERS: list[Schema] = [{}, {"guest": []}, {"session": []}]
_VARIANT = f"variant:{EXAMPLE_ID}"
_ERRORS = (
    UnauthenticatedError,
    TopicRefusedError,
    TopicInvalidError,
    MessageInvalidError,
    TooManyMessagesError,
    StreamLimitError,
    DrainingError,
)
_PROBLEMS = [problem_of_error(error) for error in _ERRORS]


def _message(kind: Schema, *required: str, **members: Schema) -> Schema:
    return {"type": "object", "properties": {"kind": kind, **members}, "required": ["kind", *required]}


_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}
_NAMES: Schema = {"type": "array", "items": _TEXT}
_WORDS_OF_OURS = ["subscribed", "resync", "end", "beat", "error"]
_SENT_BY_YOU: Schema = {
    "description": "What you send: `subscribe` with the versions you have and the `at_ms` of the last beat, or `unsubscribe`",
    "oneOf": [plain_schema(Subscribe), plain_schema(Unsubscribe)],
}
_SENT_TO_YOU: Schema = {
    "description": "What you get",
    "oneOf": [
        _message({"const": "subscribed"}, "topics", topics=_NAMES),
        _message(
            {"type": "string", "not": {"enum": _WORDS_OF_OURS}}, "topic", "version",
            topic=_TEXT, version=_WHOLE, data={"type": "object"},
        ),
        _message({"const": "resync"}, "topics", topics=_NAMES, spread_ms=_WHOLE),
        _message({"const": "end"}, "reason", reason=_TEXT, retry_ms=_WHOLE),
        _message({"const": "beat"}, "at_ms", at_ms=_WHOLE),
        {
            "description": "A problem document; nothing of the message that it answers was done",
            "allOf": [
                _message({"const": "error"}, "code", code={"enum": [problem.code for problem in _PROBLEMS]}),
                {"$ref": "#/components/schemas/Problem"},
            ],
        },
    ],
}  # fmt: skip
_REFUSED = problem_of_error(TopicRefusedError)
_EXAMPLES: Schema = {
    "subscribe": {"op": "subscribe", "topics": ["cart:me", _VARIANT], "since": {_VARIANT: 4}, "at_ms": 1767225600000},
    "unsubscribe": {"op": "unsubscribe", "topics": [_VARIANT]},
    "subscribed": {"kind": "subscribed", "topics": ["cart:me", _VARIANT]},
    "hint": {"topic": _VARIANT, "version": 5, "kind": "stock", "data": {"available": 3}},
    "resync": {"kind": "resync", "topics": ["cart:me"], "spread_ms": 2000},
    "beat": {"kind": "beat", "at_ms": 1767225615000},
    "end": {"kind": "end", "reason": "drain", "retry_ms": 1000},
    "error": {
        "kind": "error", "type": _REFUSED.type, "title": _REFUSED.title, "status": _REFUSED.status,
        "code": _REFUSED.code, "detail": _REFUSED.title,
    },
}  # fmt: skip

WEBSOCKET: Schema = {
    "get": {
        "operationId": "open_websocket",
        "summary": "Be told of changes (WebSocket)",
        "description": (
            f"{TOPICS} Messages are JSON, one a frame, as under 101. Every error but a missing upgrade is a message of the kind"
            " `error`: "
            + ", ".join(f"`{problem.code}`" for problem in _PROBLEMS)
            + ". A handshake from another site's page"
            " is refused. The same as server-sent events: `GET /v1/events`."
        ),
        "tags": ["realtime"],
        "security": LISTENERS,
        "responses": {
            "101": {
                "description": "The connection is a WebSocket now; these are its messages",
                "headers": {
                    "Upgrade": {
                        "description": "What it is now",
                        "schema": {"const": "websocket"},
                        "example": "websocket",
                    }
                },
                "content": {
                    "application/json": {
                        "schema": {"anyOf": [_SENT_BY_YOU, _SENT_TO_YOU]},
                        "examples": {name: {"value": value} for name, value in _EXAMPLES.items()},
                    }
                },
            },
            **refusals_of([UPGRADE_REQUIRED]),
        },
    }
}
"""The path item."""
