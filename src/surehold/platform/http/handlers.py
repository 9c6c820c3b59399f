"""Every exception becomes a problem document here; what we did not expect says nothing about its inside."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from surehold.kernel.errors import InvalidInputError, ShopError, UnavailableError
from surehold.platform.db import RuleViolationError
from surehold.platform.db.errors import is_retryable
from surehold.platform.http.asking import request_id_of
from surehold.platform.http.problems import problem_document, problem_of

_log = logging.getLogger(__name__)
_CODES = {
    400: "MALFORMED_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}
_NOT_TEXT = frozenset({"22021", "22P05"})  # PostgreSQL stores no U+0000; the driver says so itself, without a state
_KEPT_HEADERS = ("allow", "retry-after")
AnyRequest = Request[Any, Any, Any]
ExceptionHandler = Callable[[AnyRequest, Any], Response[bytes]]


def exception_handlers() -> dict[int | type[Exception], ExceptionHandler]:
    """What the application registers: our errors, the framework's, PostgreSQL's conflicts, and everything else."""
    return {
        ShopError: _shop_error,
        ValidationException: _validation,
        HTTPException: _framework,
        RuleViolationError: _unexpected,
        psycopg.Error: _database,
        Exception: _unexpected,
    }


def _shop_error(request: AnyRequest, error: ShopError) -> Response[bytes]:
    status, document = problem_of(error, request_id_of(request.scope))
    headers: dict[str, str] = {}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(error.retry_after_s)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"  # RFC 9110, 15.5.2: a 401 names a scheme; the one for machines
    return _response(status, document, headers)


def _validation(request: AnyRequest, error: ValidationException) -> Response[bytes]:
    found = [
        {
            "field": str(item.get("key", "")),
            "message": _readable(str(item.get("message", "")), str(item.get("key", ""))),
        }
        for item in error.extra or []
        if isinstance(item, dict)
    ]
    return _shop_error(request, InvalidInputError("A value is not acceptable; see `errors`.", errors=found))


def _readable(message: str, key: str) -> str:
    """The framework reports a missing value as the bare name in quotes."""
    return "is missing" if message.strip("'") == key else message


def _framework(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _unexpected(request, error)
    phrase = HTTPStatus(status).phrase
    code = _CODES.get(status, phrase.upper().replace(" ", "_"))
    kept = {name.lower(): value for name, value in (error.headers or {}).items() if name.lower() in _KEPT_HEADERS}
    return _response(status, problem_document(status, code, phrase, phrase, request_id_of(request.scope)), kept)


def _database(request: AnyRequest, error: psycopg.Error) -> Response[bytes]:
    if is_retryable(error):  # rolled back whole after every try: the caller may simply ask again
        busy = UnavailableError("Too many are changing this at once; please try again.", retry_after_s=1)
        return _shop_error(request, busy)
    if isinstance(error, psycopg.DataError) and (error.sqlstate in _NOT_TEXT or "NUL" in str(error)):
        return _shop_error(request, InvalidInputError("A text has a character in it that cannot be stored (NUL)."))
    return _unexpected(request, error)


def _unexpected(request: AnyRequest, error: Exception) -> Response[bytes]:
    request_id = request_id_of(request.scope)
    _log.error("unexpected error", exc_info=error, extra={"request_id": request_id, "path": request.scope["path"]})
    detail = "This is our fault. Tell us the request_id if it happens again."
    return _response(500, problem_document(500, "INTERNAL", "Something went wrong", detail, request_id), {})


def _response(status: int, document: dict[str, Any], headers: dict[str, str]) -> Response[bytes]:
    return Response(
        content=msgspec.json.encode(document),
        status_code=status,
        media_type="application/problem+json",
        headers={**headers, "cache-control": "no-store"},
    )
