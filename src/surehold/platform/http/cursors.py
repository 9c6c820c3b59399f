"""Opaque keyset cursors: the last row's sort key, signed so that nobody steers a query with one."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec

from surehold.kernel.errors import InvalidInputError

KeyT = TypeVar("KeyT")
_TAG_BYTES = 12
MAX_CURSOR_CHARS = 512
CursorText = Annotated[str, msgspec.Meta(max_length=MAX_CURSOR_CHARS)] | None
"""A handler's parameter: where the last page ended (`cursor: CursorText = None`)."""


class CursorCodec:
    """Signs and reads cursors; `purpose` keeps a cursor of one list from being used in another.

    `previous`: secrets of earlier keys, with which cursors were signed that are still on their way.
    """

    def __init__(self, secret: bytes, previous: Sequence[bytes] = ()) -> None:
        self._secrets = (secret, *previous)

    def encode(self, purpose: str, key: object) -> str:
        """A cursor that carries `key` (anything msgspec can write)."""
        body = msgspec.json.encode(key)
        return base64.urlsafe_b64encode(_tag(self._secrets[0], purpose, body) + body).decode().rstrip("=")

    def decode(self, purpose: str, cursor: str | None, type_: type[KeyT]) -> KeyT | None:
        """The key in a cursor, or None without one; InvalidInputError for a foreign or damaged one."""
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor[:MAX_CURSOR_CHARS] + "=" * (-len(cursor) % 4))
            tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
            if not any(hmac.compare_digest(tag, _tag(secret, purpose, body)) for secret in self._secrets):
                raise InvalidInputError("The cursor is not one of this list's; start again without it.", field="cursor")
            return msgspec.json.decode(body, type=type_)
        except (ValueError, msgspec.MsgspecError) as error:
            raise InvalidInputError("The cursor is damaged; start again without it.", field="cursor") from error


def _tag(secret: bytes, purpose: str, body: bytes) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\0" + body, hashlib.sha256)[:_TAG_BYTES]
