"""What the OpenAPI document says about the event stream, which is served in front of the framework."""

from typing import Any, Final

_CODES: Final = {
    "401": "UNAUTHENTICATED",
    "403": "TOPIC_REFUSED",
    "405": "METHOD_NOT_ALLOWED",
    "422": "TOPIC_INVALID, INVALID_INPUT",
    "429": "STREAM_LIMIT",
    "503": "DRAINING, TEMPORARILY_UNAVAILABLE",
}
_VARIANT: Final = "variant:0197a3c2-7b1e-7cc0-8000-000000000001"
_EXAMPLE: Final = (
    'retry: 2000\nid: 1767225600000.9f86d081.12_4\ndata: {"kind":"subscribed","topics":["cart:me"]}\n\n'
    f'data: {{"topic":"{_VARIANT}","version":5,"kind":"stock","data":{{"available":3}}}}\n\n'
)
_DESCRIPTION: Final = (
    "Server-sent events. Each carries JSON whose `kind` is `subscribed`, `resync` (refetch what the topics name, spread over"
    " `spread_ms`), `end` (connect again), or that of a hint: `topic`, `version`, `data`. A hint says that there is something"
    " newer; ignore it if you have that version. Read the state after `subscribed`, or send its versions as `since`; browsers"
    " come back with `Last-Event-ID` and get what they missed. The same hints come over a WebSocket at `/v1/ws`: send"
    ' `{"op": "subscribe", "topics": […], "since": {topic: version}, "at_ms": …}` or `{"op": "unsubscribe", "topics": […]}`.'
)


def _parameter(name: str, place: str, description: str, example: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": required,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


def _problem(codes: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"type": "object"}}}
    return {"description": f"Problem codes: {codes}", "content": content}


OPENAPI_PATHS: Final[dict[str, Any]] = {
    "/v1/events": {
        "get": {
            "operationId": "FollowEvents",
            "tags": ["realtime"],
            "summary": "Follow changes as they happen",
            "description": _DESCRIPTION,
            "parameters": [
                _parameter("topics", "query", "Topics, separated by commas.", f"{_VARIANT},cart:me", required=True),
                _parameter("since", "query", "Versions already read.", f"{_VARIANT}@4,cart:me@12"),
                _parameter("Last-Event-ID", "header", "The last id received; browsers send it.", ""),
            ],
            "responses": {
                "200": {
                    "description": "A stream without an end",
                    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
                },
                **{status: _problem(codes) for status, codes in _CODES.items()},
            },
        }
    }
}
