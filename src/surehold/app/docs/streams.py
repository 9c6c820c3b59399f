"""What is served beside the framework, written by hand: health, figures, and the two streams."""

from surehold.app.docs.operations import refusals_of
from surehold.app.docs.parameters import EXAMPLE_ID
from surehold.app.docs.problems import RATE_LIMITED, problem_of_error
from surehold.app.docs.schemas import Schema
from surehold.app.docs.websocket import LISTENERS, TOPICS, WEBSOCKET
from surehold.kernel.errors import InvalidInputError, NotFoundError, UnauthenticatedError, UnavailableError
from surehold.platform.realtime.errors import DrainingError, StreamLimitError, TopicInvalidError, TopicRefusedError


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
_FIGURES = """# HELP surehold_http_requests_total Requests answered.
# TYPE surehold_http_requests_total counter
surehold_http_requests_total{method="GET",route="/v1/products",status="200"} 1042.0
"""
_METRICS = _plain(
    "read_metrics",
    "Figures for Prometheus",
    "Of all processes of this server, in the Prometheus text format. Only for the configured networks; 404 for others.",
    {
        "200": {
            "description": "The figures",
            "content": {"text/plain": {"schema": {"type": "string"}, "example": _FIGURES}},
        },
        **refusals_of([problem_of_error(NotFoundError)]),
    },
)
_EVENTS_EXAMPLE = (
    'retry: 2000\nid: 1767225600000.9f86d081.12_4\ndata: {"kind":"subscribed","topics":["cart:me"]}\n\n'
    f'data: {{"topic":"variant:{EXAMPLE_ID}","version":5,"kind":"stock","data":{{"available":3}}}}\n\n'
)
_EVENTS_REFUSED = (
    UnauthenticatedError,
    TopicRefusedError,
    InvalidInputError,
    TopicInvalidError,
    StreamLimitError,
    UnavailableError,
    DrainingError,
)


def _parameter(name: str, place: str, description: str, example: str, *, required: bool = False) -> Schema:
    schema: Schema = {"type": "string", "maxLength": 4000, **({"minLength": 1} if required else {})}
    return {
        "name": name, "in": place, "required": required, "description": description, "schema": schema, "example": example,
    }  # fmt: skip


_EVENTS: Schema = {
    "get": {
        "operationId": "stream_events",
        "summary": "Be told of changes (server-sent events)",
        "description": (
            f"{TOPICS} The stream says something at least every 15 seconds. Browsers come back by themselves with"
            " `Last-Event-ID` and get what they missed. The same over a WebSocket, for topics that come and go: `/v1/ws`."
        ),
        "tags": ["realtime"],
        "security": LISTENERS,
        "parameters": [
            _parameter("topics", "query", "With commas between", f"cart:me,variant:{EXAMPLE_ID}", required=True),
            _parameter("since", "query", "Versions that you have", f"cart:me@12,variant:{EXAMPLE_ID}@4"),
            _parameter("Last-Event-ID", "header", "The last `id` that arrived", "1767225600000.9f86d081.12_4"),
            _parameter(
                "Order-Token", "header", "Opens the topic of its order", "f5nS0c6uS3r8vJ1kq0Yz7mB2xN4tA9wE6hL3dP8gQ1o"
            ),
        ],
        "responses": {
            "200": {
                "description": "A stream without end",
                "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EVENTS_EXAMPLE}},
            },
            **refusals_of([*map(problem_of_error, _EVENTS_REFUSED), RATE_LIMITED]),
        },
    }
}

STREAMS: Schema = {
    "/healthz": _HEALTH,
    "/readyz": _READINESS,
    "/metrics": _METRICS,
    "/v1/events": _EVENTS,
    "/v1/ws": WEBSOCKET,
}
"""Path items beside those of the routes."""
