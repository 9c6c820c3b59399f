"""One call in the hands of the operation that answers it, and what all objects have in common."""

import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from surehold.app.card_stand_in.books import Books
from surehold.app.card_stand_in.errors import ApiError, Json, missing
from surehold.app.card_stand_in.forms import Params

ID_LENGTH = 24
EXPANSIONS_MAX = 20
_LETTERS = string.ascii_letters + string.digits
_KIND_OF_PREFIX = {
    "pi": "payment_intent",
    "ch": "charge",
    "re": "refund",
    "pm": "payment_method",
    "cus": "customer",
    "evt": "event",
}


@dataclass(slots=True)
class Call:
    """What an operation may use.

    `now`: seconds of the stand-in's own clock. `fields_url`: the origin of its pages. `forced_decline`: the issuer's word,
    whatever the card says. `events`: whether something happened that the courier should look after.
    """

    books: Books
    now: int
    fields_url: str
    params: Params
    request_id: str = ""
    key: str | None = None
    forced_decline: str | None = None
    is_refund_held: bool = False
    search_lag_s: int = 0
    events: list[str] = field(default_factory=list[str])


def new_id(prefix: str) -> str:
    """An id that nobody can guess."""
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(ID_LENGTH))}"


def get(call: Call, id_: str, kind: str, *, param: str = "id", status: int = 404) -> Json:
    """An object that must be there. ApiError (404; 400 for one that a parameter names) when it is not."""
    found = call.books.find(id_, kind)
    if found is None:
        raise missing(kind, id_, param, status)
    return found


def new_object(prefix: str, now: int, **fields: Any) -> Json:
    """The head that every object has."""
    return {"id": new_id(prefix), "object": _KIND_OF_PREFIX[prefix], "created": now, "livemode": False, **fields}


def public(body: Json) -> Json:
    """An object as the API shows it: without what only the stand-in knows (names that begin with an underscore)."""
    return {name: value for name, value in body.items() if not name.startswith("_")}


def expanded(books: Books, body: Json, paths: list[str]) -> Json:
    """The same with some ids replaced by the objects that they name, as `expand` asks."""
    if len(paths) > EXPANSIONS_MAX:
        raise ApiError(f"You cannot expand more than {EXPANSIONS_MAX} properties", param="expand")
    for path in paths:
        body = _expand(books, body, path.split("."))
    return body


def _expand(books: Books, body: Json, path: list[str]) -> Json:
    name, rest = path[0], path[1:]
    if name not in body:
        raise ApiError(f"This property cannot be expanded ({name}).", param="expand")
    value = body[name]
    if isinstance(value, str):
        kind = _KIND_OF_PREFIX.get(value.partition("_")[0])
        found = books.find(value, kind) if kind else None
        value = public(found) if found else value
    if rest and isinstance(value, dict):
        value = _expand(books, value, rest)
    if rest and isinstance(value, list):
        value = [_expand(books, one, rest) for one in value]
    return {**body, name: value}
