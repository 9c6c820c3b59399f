"""HTTP conventions, once: endpoints with a stated policy, actors, problem documents, cursors, ETags, cookies."""

from surehold.platform.http.actor import (
    ANONYMOUS,
    SYSTEM,
    Actor,
    ActorKind,
    ActorResolver,
    Role,
    account_of,
    guest_token_hash,
    new_token,
)
from surehold.platform.http.answers import Answer, json_response
from surehold.platform.http.asking import ActorFinder, network_of
from surehold.platform.http.bodies import ApiRequest
from surehold.platform.http.cookies import Cookies
from surehold.platform.http.cursors import CursorCodec, CursorText
from surehold.platform.http.dependencies import resolve_in_turn
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
    scope_of,
    scopes_of,
    staff,
)
from surehold.platform.http.etags import IfMatchMissingError, check_if_match, etag_of
from surehold.platform.http.guard import (
    ImpersonatedError,
    PolicyGuard,
    TotpNeededError,
    actor_dependency,
    check_policy,
)
from surehold.platform.http.handlers import exception_handlers
from surehold.platform.http.problems import ProblemOut, problem_of

__all__ = [
    "ACCOUNT",
    "ANONYMOUS",
    "PUBLIC",
    "SHOPPER",
    "SYSTEM",
    "Actor",
    "ActorFinder",
    "ActorKind",
    "ActorResolver",
    "Answer",
    "ApiRequest",
    "Cookies",
    "CursorCodec",
    "CursorText",
    "Dep",
    "IdempotencyKey",
    "IfMatch",
    "IfMatchMissingError",
    "ImpersonatedError",
    "In",
    "Out",
    "Policy",
    "PolicyGuard",
    "ProblemOut",
    "Role",
    "TotpNeededError",
    "account_of",
    "actor_dependency",
    "check_if_match",
    "check_policy",
    "delete",
    "etag_of",
    "exception_handlers",
    "get",
    "guest_token_hash",
    "json_response",
    "network_of",
    "new_token",
    "patch",
    "post",
    "problem_of",
    "put",
    "resolve_in_turn",
    "scope_of",
    "scopes_of",
    "staff",
]
