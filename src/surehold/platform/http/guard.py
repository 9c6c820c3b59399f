"""The one guard of every route: who asks, may they, and is the request of the declared shape."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import parse_qsl

from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.types import Scope
from litestar.typing import FieldDefinition

from surehold.kernel.errors import (
    ForbiddenError,
    InvalidInputError,
    Kind,
    NotFoundError,
    ShopError,
    UnauthenticatedError,
)
from surehold.platform.http.actor import Actor, ActorKind
from surehold.platform.http.asking import ActorFinder
from surehold.platform.http.endpoints import PUBLIC, SAFE_METHODS, Policy, scope_of

MAX_QUERY_PARAMETERS = 50
_ACTOR = "actor"
Connection = ASGIConnection[Any, Any, Any, Any]


class UnsupportedMediaTypeError(ShopError):
    """Bodies are `application/json`, not encoded otherwise."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    kind = Kind.UNSUPPORTED
    title = "Send JSON"


class ImpersonatedError(ForbiddenError):
    """Staff in a customer's place changes nothing of who they are and pays for nothing: only the customer does."""

    code = "IMPERSONATED"
    title = "Only the customer can do this"


class TotpNeededError(ForbiddenError):
    """The shop asks its staff for a second factor: turn it on (`POST /v1/me/totp`), then this works."""

    code = "TOTP_NEEDED"
    title = "Turn on the second factor first"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a route declares, worked out at its first request."""

    policy: Policy
    query: frozenset[str]
    repeatable: frozenset[str]
    never_null: frozenset[str]
    moments: frozenset[str]
    has_body: bool
    asks_for_actor: bool
    scope: str
    owner_only: bool
    writes: str


class PolicyGuard:
    """Finds the actor (once a request), checks the route's policy, and refuses undeclared query parameters and other bodies.

    A public route that does not ask for `actor` costs no look-up. A route without a policy is closed to everybody.
    """

    def __init__(self, actors: ActorFinder) -> None:
        self._actors = actors
        self._shapes: dict[Callable[..., Any], _Shape] = {}

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Raise what is wrong, or leave the actor in the request's state."""
        shape = self._shapes.get(handler.fn)
        if shape is None:
            shape = self._shapes[handler.fn] = _shape_of(handler)
        scope = connection.scope
        if "\x00" in scope["path"]:
            raise NotFoundError
        if scope["query_string"]:
            _check_query(scope["query_string"], shape)
        if shape.has_body:
            _check_body_type(connection)
        if shape.policy is PUBLIC and not shape.asks_for_actor:
            actor = self._actors.unnamed(scope)
        else:
            actor = await self._actors.find(scope)
        check_policy(shape.policy, actor)
        _check_narrowed(shape, actor)
        if actor.impersonator_id is not None and shape.writes:
            await self._actors.note_write(actor, shape.writes)
        scope["state"][_ACTOR] = actor


def check_policy(policy: Policy, actor: Actor) -> None:
    """Raise unless the actor may call an endpoint of this policy."""
    if not policy.needs_account:
        return
    if actor.kind not in {ActorKind.ACCOUNT, ActorKind.MACHINE}:
        raise UnauthenticatedError("Sign in to do this.")
    if policy.roles and actor.needs_totp:
        raise TotpNeededError("Your roles do nothing until your second factor is on: `POST /v1/me/totp`.")
    if policy.roles and not policy.roles & actor.roles:
        raise ForbiddenError("Your roles do not allow this.")
    if not policy.roles and actor.account_id is None:
        raise ForbiddenError("Only an account can do this; an API key belongs to none.")


def _check_narrowed(shape: _Shape, actor: Actor) -> None:
    """Machines keep to their scopes also where anybody may ask, for a role sees more there; what is public is."""
    if shape.policy is not PUBLIC and not actor.may_in(shape.scope):
        raise ForbiddenError(f"The scopes of this key do not include `{shape.scope}`.")
    if shape.owner_only and actor.impersonator_id is not None:
        raise ImpersonatedError("You act in this customer's place; this is theirs alone.")


def _actor_of(scope: Scope) -> Actor:
    return scope["state"][_ACTOR]


def actor_dependency() -> Provide:
    """Provides the actor that the guard found: register it under the name `actor`."""
    return Provide(_actor_of, sync_to_thread=False)


def _shape_of(handler: BaseRouteHandler) -> _Shape:
    in_path = {part[1:-1].split(":", 1)[0] for path in handler.paths for part in path.split("/") if part[:1] == "{"}
    model = handler.create_kwargs_model(path_parameters=dict.fromkeys(in_path))  # pyright: ignore[reportArgumentType]
    parameters = handler.parsed_fn_signature.parameters
    policy = handler.opt.get("policy", PUBLIC if _is_preflight(handler) else None)
    if policy is None:
        raise ForbiddenError
    methods: set[str] = set(getattr(handler, "http_methods", ()))
    return _Shape(
        policy,
        frozenset(parameter.field_alias for parameter in model.expected_query_params),
        frozenset(model.sequence_query_parameter_names),
        frozenset(
            parameter.field_alias
            for parameter in model.expected_query_params
            if not _takes_any_text(parameters[parameter.field_name].annotation)
        ),
        frozenset(
            parameter.field_alias
            for parameter in model.expected_query_params
            if _is_or_has(parameters[parameter.field_name], datetime)
        ),
        has_body="data" in parameters,
        asks_for_actor=_ACTOR in parameters,
        scope=scope_of(getattr(handler, "tags", None), methods),
        owner_only=bool(handler.opt.get("owner_only", False)),
        writes="" if methods <= SAFE_METHODS else str(getattr(handler, "operation_id", None) or handler),
    )


def _takes_any_text(annotation: Any) -> bool:
    if get_origin(annotation) is Annotated:
        return _takes_any_text(get_args(annotation)[0])
    return annotation is str or any(map(_takes_any_text, get_args(annotation)))


def _is_or_has(field: FieldDefinition, type_: type) -> bool:
    return field.is_subclass_of(type_) or field.has_inner_subclass_of(type_)


def _is_preflight(handler: BaseRouteHandler) -> bool:
    return getattr(handler, "http_methods", None) == {"OPTIONS"}


def _check_query(raw: bytes, shape: _Shape) -> None:
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MAX_QUERY_PARAMETERS)
    except ValueError as error:
        raise InvalidInputError("The query string cannot be read.") from error
    if any("\x00" in value for _, value in pairs):
        raise InvalidInputError("Text must not contain the character U+0000.")
    problems = [
        {
            "field": name,
            "message": "is not a parameter of this endpoint" if name not in shape.query else "is given twice",
        }
        for name, times in Counter(name for name, _ in pairs).items()
        if name not in shape.query or (times > 1 and name not in shape.repeatable)
    ] + [
        {"field": name, "message": "is not a value of this kind"}
        for name, value in pairs
        if _misread(name, value, shape)
    ]
    if problems:
        raise InvalidInputError("A query parameter is not acceptable; see `errors`.", errors=problems)


def _misread(name: str, value: str, shape: _Shape) -> bool:
    """Whether the decoder would take the word `null` for "not given", or a number for the seconds of a moment."""
    return (name in shape.never_null and value.lower() == "null") or (name in shape.moments and value[4:5] != "-")


def _check_body_type(connection: Connection) -> None:
    headers = connection.headers
    kind = headers.get("content-type", "").split(";", 1)[0].strip().lower()
    is_empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    encoded = headers.get("content-encoding", "identity").lower() != "identity"
    if encoded or (kind != "application/json" and not (is_empty and not kind)):
        raise UnsupportedMediaTypeError("Send `Content-Type: application/json`, without a content encoding.")
