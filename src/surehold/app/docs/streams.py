"""What is served beside the framework, written by hand: health, figures, and the two streams."""

from surehold.app.docs.operations import refusals_of
from surehold.app.docs.problems import RATE_LIMITED, problem_of_error
from surehold.app.docs.schemas import Schema
from surehold.kernel.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)

_TOPICS = (
    "Topics: `variant:ID` (everybody), `cart:me` (your own cart), `order:ID` (its buyer, and staff). A message tells that"
    " something changed and which version it has now; after a gap (`resync`) read it again. It promises nothing by itself."
)


def _json(description: str, properties: Schema, example: Schema) -> Schema:
    schema = {"type": "object", "properties": properties, "required": sorted(properties)}
    return {"description": description, "content": {"application/json": {"schema": schema, "example": example}}}


def _plain(operation_id: str, summary: str, description: str, responses: Schema) -> Schema:
    return {
        "get": {
            "operationId": operation_id,
            "summary": summary,
            "description": description,
            "tags": ["operations"],
            "security": [],
            "responses": responses,
        }
    }


def _ready(description: str, word: str, database: str) -> Schema:
    checks = {"type": "object", "additionalProperties": {"type": "string"}}
    properties = {"status": {"enum": ["ready", "degraded", "not_ready", "draining"]}, "checks": checks}
    return _json(description, properties, {"status": word, "checks": {"database": database, "valkey": "ok"}})


_HEALTH = _plain(
    "read_health",
    "Whether the process lives",
    "For the process manager: it answers as long as the process can answer at all.",
    {"200": _json("It does", {"status": {"const": "alive"}}, {"status": "alive"})},
)
_READINESS = _plain(
    "read_readiness",
    "Whether the process can serve",
    "For balancers: 503 while the database is away and from the first moment of shutting down.",
    {
        "200": _ready("It can; `degraded` if only helpers are away", "ready", "ok"),
        "503": _ready("It cannot, or it is shutting down", "not_ready", "away"),
    },
)
_METRICS = _plain(
    "read_metrics",
    "Figures for Prometheus",
    "Of all processes of this server, in the Prometheus text format. Only for the configured networks; 404 for others.",
    {
        "200": {"description": "The figures", "content": {"text/plain": {"schema": {"type": "string"}}}},
        **refusals_of([problem_of_error(NotFoundError)]),
    },
)
_EVENTS: Schema = {
    "get": {
        "operationId": "stream_events",
        "summary": "Be told of changes (server-sent events)",
        "description": (
            f"{_TOPICS} Send `Last-Event-ID` to go on where a broken stream ended. The stream says something at least every 15"
            " seconds. The same over a WebSocket: `/v1/ws`."
        ),
        "tags": ["realtime"],
        "security": [{}, {"guest": []}, {"session": []}],
        "parameters": [
            {
                "name": "topics",
                "in": "query",
                "required": True,
                "description": "With commas between",
                "schema": {"type": "string", "minLength": 1, "maxLength": 4000},
                "example": "cart:me,variant:0199f3a1-7c1e-7a40-9d53-6f1d2a9b4c10",
            },
            {
                "name": "Last-Event-ID",
                "in": "header",
                "required": False,
                "description": "The last `id` that arrived",
                "schema": {"type": "string", "maxLength": 4000},
            },
        ],
        "responses": {
            "200": {
                "description": "A stream without end",
                "content": {
                    "text/event-stream": {
                        "schema": {"type": "string"},
                        "example": 'id: 42\ndata: {"topic":"cart:me","version":42,"kind":"changed"}\n\n',
                    }
                },
            },
            **refusals_of(
                [
                    *map(problem_of_error, (UnauthenticatedError, ForbiddenError, InvalidInputError, UnavailableError)),
                    RATE_LIMITED,
                ]
            ),
        },
    }
}

STREAMS: Schema = {"/healthz": _HEALTH, "/readyz": _READINESS, "/metrics": _METRICS, "/v1/events": _EVENTS}
"""Path items beside those of the routes."""

WEBSOCKET_TEXT = (
    "**Streams.** `GET /v1/events` (server-sent events) and the WebSocket `/v1/ws` carry the same messages. Over the WebSocket,"
    ' send `{"op": "subscribe", "topics": ["cart:me"]}` or `"unsubscribe"`; every change arrives as one JSON message'
    " `{topic, version, kind, data}`. " + _TOPICS
)
