"""RFC 9457 problem documents: one shape for every error, with a stable `code`."""

from http import HTTPStatus
from typing import Any

import msgspec

from surehold.kernel.errors import Kind, ShopError

STATUS_OF_KIND: dict[Kind, int] = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.PAYMENT_REQUIRED: 402,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.STALE: 412,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.INVALID: 422,
    Kind.PRECONDITION_REQUIRED: 428,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}


class ProblemOut(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An error, as RFC 9457 `application/problem+json`; cases may add members of their own."""

    type: str
    title: str
    status: int
    code: str
    detail: str = ""
    request_id: str = ""


def problem_of(error: ShopError, request_id: str = "") -> tuple[int, dict[str, Any]]:
    """The status and the members of the document for an error."""
    status = STATUS_OF_KIND[error.kind]
    return status, problem_document(status, error.code, error.title, error.detail, request_id, dict(error.extra))


def problem_document(
    status: int, code: str, title: str, detail: str, request_id: str = "", extra: dict[str, object] | None = None
) -> dict[str, Any]:
    """The members of a problem document; `type` is a stable anchor of our documentation."""
    return {
        **(extra or {}),
        "type": f"/docs/problems#{code}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
    }
