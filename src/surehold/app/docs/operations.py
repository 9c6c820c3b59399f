"""One endpoint as an OpenAPI operation: parameters, body, answers, and every problem it may give."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler

from surehold.app.docs.parameters import EXAMPLE_FILE, EXAMPLE_ID, parameters_of
from surehold.app.docs.problems import (
    CSRF_REFUSED,
    MALFORMED_JSON,
    RATE_LIMITED,
    TOO_LARGE,
    UNSUPPORTED,
    Problem,
    by_status,
    problem_of_error,
)
from surehold.app.docs.schemas import Schema, Schemas
from surehold.kernel.errors import (
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    StaleVersionError,
    UnauthenticatedError,
    UnavailableError,
)
from surehold.platform.http import (
    ACCOUNT,
    PUBLIC,
    SHOPPER,
    IfMatchMissingError,
    ImpersonatedError,
    Policy,
    TotpNeededError,
)
from surehold.platform.idempotency import (
    IdempotencyInFlightError,
    IdempotencyKeyInvalidError,
    IdempotencyKeyMissingError,
    IdempotencyMismatchError,
)

IDEMPOTENCY_ERRORS = (
    IdempotencyKeyMissingError,
    IdempotencyKeyInvalidError,
    IdempotencyInFlightError,
    IdempotencyMismatchError,
)
COMMON = frozenset(
    {
        RATE_LIMITED,
        CSRF_REFUSED,
        TOO_LARGE,
        UNSUPPORTED,
        MALFORMED_JSON,
        *map(
            problem_of_error,
            (
                UnauthenticatedError,
                ForbiddenError,
                NotFoundError,
                InvalidInputError,
                UnavailableError,
                IfMatchMissingError,
                StaleVersionError,
                *IDEMPOTENCY_ERRORS,
            ),
        ),
    }
)
"""What no endpoint needs to say of itself."""
SAFE = frozenset({"get"})
NO_CONTENT, MOVED, NOT_MODIFIED, ACCEPTED = 204, 301, 304, 202
JSON, PROBLEM = "application/json", "application/problem+json"
_ETAG: Schema = {"ETag": {"description": "Its version", "schema": {"type": "string"}, "example": '"v3"'}}
_LOCATION: Schema = {
    "Location": {
        "description": "Where it is now",
        "schema": {"type": "string"},
        "example": "/v1/products/harbour-mug",
    }
}
_RETRY_AFTER: Schema = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}, "example": 7}}
_STATUS_TEXT = {
    200: "As asked",
    206: "The part that was asked for",
    ACCEPTED: "Accepted; how it ends is not known yet",
    MOVED: "It has another address now",
    NOT_MODIFIED: "You have the current state already",
    NO_CONTENT: "Done",
}
_IF_NONE_MATCH: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` that you have; 304 if it is still current",
    "schema": {"type": "string"},
    "example": '"v3"',
}
_IF_MATCH: Schema = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The version that you change: the `ETag` of your last read, or `*` for whatever is there",
    "schema": {"type": "string"},
    "example": '"v3"',
}
_IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A random text of your choice for this one act; sending it again with the same key is answered the same",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": EXAMPLE_ID,
}


class Operations:
    """Describes endpoints; `cached` are the path patterns that are answered from memory."""

    def __init__(self, schemas: Schemas, cached: frozenset[str]) -> None:
        self._schemas, self._cached = schemas, cached

    def describe(self, handler: HTTPRouteHandler, method: str, path: str) -> Schema:
        """The operation of one method of one path (as it is declared, with types)."""
        opt = handler.opt
        said: Schema = {
            "operationId": handler.operation_id,
            "summary": handler.summary,
            "description": _text(handler.description),
            "tags": list(handler.tags or ()),
            "security": security_of(opt["policy"]),
            "responses": self._answers(handler, path) | refusals_of(problems_of(handler, method, path)),
        }
        parameters = [*parameters_of(handler, path), *self._conventions(opt, path)]
        if parameters:
            said["parameters"] = parameters
        if (data := body_type(handler)) is not None:
            said["requestBody"] = self._body(handler, data)
        elif opt.get("takes"):
            said["requestBody"] = {"required": True, "content": {kind: _sent_bytes() for kind in opt["takes"]}}
        return said

    def _conventions(self, opt: dict[str, Any], path: str) -> list[Schema]:
        stated = ((opt["if_match"], _IF_MATCH), (opt["idempotency_key"], _IDEMPOTENCY_KEY))
        found = [parameter for is_stated, parameter in stated if is_stated]
        return [*found, _IF_NONE_MATCH] if path_pattern(path) in self._cached else found

    def _body(self, handler: HTTPRouteHandler, data: Any) -> Schema:
        """A body that may be left out may be null as well: the decoder takes both."""
        field = handler.parsed_data_field
        assert field is not None
        schema = self._schemas.of(data)
        content: Schema = {"schema": {"anyOf": [schema, {"type": "null"}]} if field.is_optional else schema}
        if (example := getattr(data, "example", None)) is not None:
            content["example"] = example
        return {"required": not field.is_optional, "content": {JSON: content}}

    def _answers(self, handler: HTTPRouteHandler, path: str) -> Schema:
        cached = path_pattern(path) in self._cached
        statuses = [handler.status_code, *handler.opt["also"], *([NOT_MODIFIED] if cached else [])]
        return {str(status): self._answer(handler, int(status), cached=cached) for status in statuses}

    def _answer(self, handler: HTTPRouteHandler, status: int, *, cached: bool) -> Schema:
        said: Schema = {"description": handler.summary if status == handler.status_code else _STATUS_TEXT[status]}
        returns, media = handler.opt["returns"], handler.opt["media"]
        if status == MOVED:
            said["headers"] = _LOCATION
        if status in {NO_CONTENT, MOVED, NOT_MODIFIED}:
            return said
        if cached or media or _has_version(returns):
            said["headers"] = _ETAG
        if media:
            said["content"] = {kind: _bytes_of(kind) for kind in media}
        elif returns is not None:
            content: Schema = {"schema": self._schemas.of(returns)}
            if (example := getattr(returns, "example", None)) is not None:
                content["example"] = example
            said["content"] = {JSON: content}
        return said


def security_of(policy: Policy) -> list[Schema]:
    """Who may call, as OpenAPI says it: an empty entry stands for "without any"."""
    if policy == PUBLIC:
        return []
    if policy == SHOPPER:
        return [{}, {"guest": []}, {"session": []}]
    return [{"session": []}] if policy == ACCOUNT else [{"session": []}, {"apiKey": []}]


def body_type(handler: HTTPRouteHandler) -> Any:
    """The type of the JSON body, or None without one."""
    field = handler.parsed_data_field
    if field is None:
        return None
    inner = [item.annotation for item in field.inner_types if item.annotation is not type(None)]
    return inner[0] if field.is_optional else field.annotation


def problems_of(handler: HTTPRouteHandler, method: str, path: str) -> Iterator[Problem]:
    """Everything that may be refused: the endpoint's own cases, then those of its policy, its headers and its body."""
    opt = handler.opt
    errors = [*opt["problems"], *_by_policy(opt["policy"], handler), InvalidInputError, UnavailableError]
    if "{" in path:
        errors.append(NotFoundError)
    if opt["if_match"]:
        errors += [IfMatchMissingError, StaleVersionError]
    if opt["idempotency_key"]:
        errors += IDEMPOTENCY_ERRORS
    yield from (problem_of_error(error) for error in errors)
    yield RATE_LIMITED
    if method not in SAFE:
        yield from (CSRF_REFUSED, TOO_LARGE)
    if handler.parsed_data_field is not None:
        yield from (MALFORMED_JSON, UNSUPPORTED)


def refusals_of(problems: Iterable[Problem]) -> Schema:
    """Problem answers by status, each with its codes; those that most endpoints share are stated once."""
    return {
        str(status): {"$ref": f"#/components/responses/{_shared_name(found)}"}
        if set(found) <= COMMON
        else refusal(found)
        for status, found in by_status(problems).items()
    }


def shared_refusals(paths: Iterable[Schema]) -> Schema:
    """The shared answers that these path items refer to, by name."""
    wanted = {
        answer["$ref"].rpartition("/")[2]
        for item in paths
        for operation in item.values()
        for answer in operation["responses"].values()
        if "$ref" in answer
    }
    known = {problem.code: problem for problem in COMMON}
    return {name: refusal([known[code] for code in name.split("-")]) for name in sorted(wanted)}


def _shared_name(problems: Sequence[Problem]) -> str:
    return "-".join(problem.code for problem in problems)


def refusal(problems: Sequence[Problem]) -> Schema:
    """One status with its problem codes."""
    codes = [problem.code for problem in problems]
    schema: Schema = {
        "allOf": [{"$ref": "#/components/schemas/Problem"}, {"properties": {"code": {"enum": codes}}}],
    }
    said: Schema = {
        "description": "; ".join(f"`{problem.code}`: {problem.title}" for problem in problems),
        "content": {
            PROBLEM: {"schema": schema, "examples": {item.code: {"value": _example(item)} for item in problems}}
        },
    }
    if problems[0].status == 429:
        said["headers"] = _RETRY_AFTER
    return said


def path_pattern(path: str) -> str:
    """`/v1/orders/{order_id:uuid}` → `/v1/orders/{order_id}`."""
    parts = (part.split(":", 1)[0] + "}" if part.startswith("{") else part for part in path.split("/"))
    return "/".join(parts)


def _by_policy(policy: Policy, handler: HTTPRouteHandler) -> list[Any]:
    alone = [ImpersonatedError] if handler.opt["owner_only"] else []
    if policy.needs_account:
        return [UnauthenticatedError, ForbiddenError, *([TotpNeededError] if policy.roles else []), *alone]
    if policy != PUBLIC:
        return [UnauthenticatedError, ForbiddenError, *alone]
    return [UnauthenticatedError, *alone] if "actor" in handler.parsed_fn_signature.parameters else []


def _has_version(type_: Any) -> bool:
    return (
        isinstance(type_, type)
        and issubclass(type_, msgspec.Struct)
        and any(field.name == "version" for field in msgspec.structs.fields(type_))
    )


def _bytes_of(kind: str) -> Schema:
    """Bytes cannot stand in JSON: their example is an address."""
    suffix = kind.rpartition("/")[2].partition("+")[0]
    example = {"summary": "A picture", "externalValue": f"/media/{EXAMPLE_FILE.format(suffix)}"}
    return {"schema": {"type": "string", "format": "binary"}, "examples": {"picture": example}}


def _sent_bytes() -> Schema:
    """Bytes cannot stand in JSON; what stands there says what they are."""
    return {"schema": {"type": "string", "format": "binary"}, "example": "(the bytes)"}


def _example(problem: Problem) -> Schema:
    return {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.title,
        "request_id": "4f1a2b3c4d5e0000000001",
    }


def _text(description: str | None) -> str:
    return " ".join((description or "").split())
