"""HTTP conventions, once: endpoints with a stated policy, actors, problem documents, cursors, ETags, cookies."""

from surehold.platform.http.actor import (
    ANONYMOUS,
    Actor,
    ActorKind,
    ActorResolver,
    Role,
    guest_token_hash,
    new_token,
)
from surehold.platform.http.cookies import Cookies
from surehold.platform.http.cursors import CursorCodec
from surehold.platform.http.endpoints import (
    ACCOUNT,
    PUBLIC,
    SHOPPER,
    Dep,
    IdempotencyKey,
    IfMatch,
    In,
    Out,
    Policy,
    delete,
    get,
    patch,
    post,
    put,
    staff,
)
from surehold.platform.http.etags import check_if_match, etag_of, json_response
from surehold.platform.http.problems import ProblemOut, problem_of

__all__ = [
    "ACCOUNT",
    "ANONYMOUS",
    "PUBLIC",
    "SHOPPER",
    "Actor",
    "ActorKind",
    "ActorResolver",
    "Cookies",
    "CursorCodec",
    "Dep",
    "IdempotencyKey",
    "IfMatch",
    "In",
    "Out",
    "Policy",
    "ProblemOut",
    "Role",
    "check_if_match",
    "delete",
    "etag_of",
    "get",
    "guest_token_hash",
    "json_response",
    "new_token",
    "patch",
    "post",
    "problem_of",
    "put",
    "staff",
]
