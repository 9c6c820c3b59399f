"""Request bodies, decoded once and strictly: "3" is no number, an unknown member is refused, and all bad members are named."""

from functools import lru_cache
from typing import Any, get_args

import msgspec
from litestar import Request

from surehold.kernel.errors import InvalidInputError, Kind, ShopError

MAX_ERRORS = 20
_NUL = b"\\u0000"  # PostgreSQL keeps no text with it; a raw one is no JSON
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class MalformedBodyError(ShopError):
    """The body is no JSON (or nested beyond reason)."""

    code = "MALFORMED_JSON"
    kind = Kind.MALFORMED
    title = "The body is not valid JSON"


class ApiRequest(Request[Any, Any, Any]):
    """A request whose JSON becomes the handler's declared type at once; the framework alone would convert `"3"` to 3."""

    async def json(self) -> Any:
        """The body as the handler's `data`; InvalidInputError names the members, MalformedBodyError is for no JSON at all."""
        field = getattr(self.route_handler, "parsed_data_field", None)
        return decode_body(await self.body(), Any if field is None else field.annotation)


def decode_body(body: bytes, type_: Any) -> Any:
    """A JSON body as a type."""
    if _NUL in body:
        raise InvalidInputError("Text must not contain the character U+0000.")
    try:
        return _decoder(type_).decode(body)
    except msgspec.ValidationError as error:
        problems = _problems(_decode_plain(body), type_) or [_problem(str(error))]
        raise InvalidInputError("A value is not acceptable; see `errors`.", errors=problems[:MAX_ERRORS]) from error
    except _NOT_JSON:
        return _decode_plain(body)


def _decode_plain(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise MalformedBodyError("The body is nested too deeply.") from error
    except _NOT_JSON as error:
        raise MalformedBodyError("Send one JSON value in UTF-8.") from error


@lru_cache(maxsize=1024)
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


def _problems(raw: Any, type_: Any) -> list[dict[str, str]]:
    """Each bad member with its first fault, where the body is an object of declared members."""
    struct = _struct_in(type_)
    if not isinstance(raw, dict) or struct is None:
        return []
    fields = msgspec.structs.fields(struct)
    known = {field.encode_name for field in fields}
    found = [
        {"field": str(name)[:100], "message": "is not a member of this request"} for name in raw if name not in known
    ]
    for field in fields:
        if field.encode_name not in raw:
            if field.required:
                found.append({"field": field.encode_name, "message": "is missing"})
            continue
        try:
            msgspec.convert(raw[field.encode_name], field.type)
        except msgspec.ValidationError as error:
            found.append(_problem(str(error), field.encode_name))
    return found


def _struct_in(type_: Any) -> type[msgspec.Struct] | None:
    """The object that is declared, also where the whole body may be left out."""
    declared = [part for part in get_args(type_) or (type_,) if part is not type(None)]
    one = declared[0] if len(declared) == 1 else None
    return one if isinstance(one, type) and issubclass(one, msgspec.Struct) else None


def _problem(message: str, inside: str = "") -> dict[str, str]:
    """`Expected int - at `$.lines[0].quantity`` as a field and a message."""
    text, _, place = message.partition(" - at `$")
    field = f"{inside}{place.rstrip('`')}".lstrip(".")
    return {"field": field, "message": text}
