"""The sealed-field codec: personal data is stored encrypted (AES-256-GCM), bound to its place, findable by a blind index.

A sealed value is `version byte | key id (8) | nonce (12) | ciphertext and tag`. The additional data is the context
(`table.column:row id`), so that a value copied to another row does not open there.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ValueT = TypeVar("ValueT")
_VERSION = b"\x01"
_KEY_ID_BYTES, _NONCE_BYTES = 8, 12
KEY_BYTES = 32


class SealedError(Exception):
    """A sealed value does not open: damaged, moved to another row, or its key is missing."""


def derive(key: bytes, purpose: str) -> bytes:
    """A key for one purpose from a master key (HMAC-SHA256 with the purpose as message)."""
    return hmac.digest(key, purpose.encode(), hashlib.sha256)


class SealedCodec:
    """Seals with the current key, opens with any known key. Keys are 32 random bytes, named by the hash of themselves.

    Blind indexes are made with `index_key` (the current key unless given): it stays the same when keys change, for an index is
    looked up by recomputing it.
    """

    def __init__(
        self, current: bytes, previous: Mapping[bytes, bytes] | None = None, *, index_key: bytes | None = None
    ) -> None:
        if len(current) != KEY_BYTES:
            msg = f"the secret key must be {KEY_BYTES} bytes"
            raise ValueError(msg)
        self._current_id = self.key_id(current)
        keys = {self._current_id: current, **(previous or {})}
        self._ciphers = {key_id: AESGCM(derive(key, "seal")) for key_id, key in keys.items()}
        self._index_key = derive(index_key or current, "blind-index")

    @staticmethod
    def key_id(key: bytes) -> bytes:
        """The public name of a key."""
        return hashlib.sha256(b"surehold key id" + key).digest()[:_KEY_ID_BYTES]

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt a value for the place that `context` names."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._current_id].encrypt(nonce, plain, context.encode())
        return _VERSION + self._current_id + nonce + sealed

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt a value; SealedError if it is damaged, foreign to the context, or sealed with an unknown key."""
        head = 1 + _KEY_ID_BYTES
        cipher = self._ciphers.get(bytes(sealed[1:head]))
        if sealed[:1] != _VERSION or cipher is None:
            raise SealedError("sealed with a key that is not configured")
        try:
            return cipher.decrypt(
                bytes(sealed[head : head + _NONCE_BYTES]), bytes(sealed[head + _NONCE_BYTES :]), context.encode()
            )
        except InvalidTag as error:
            raise SealedError(f"a sealed value does not belong to {context.split(':', 1)[0]}") from error

    def seal_json(self, value: object, *, context: str) -> bytes:
        """Seal anything msgspec can write."""
        return self.seal(msgspec.json.encode(value), context=context)

    def open_json(self, sealed: bytes, type_: type[ValueT], *, context: str) -> ValueT:
        """Open what `seal_json` made."""
        return msgspec.json.decode(self.open(sealed, context=context), type=type_)

    def blind_index(self, value: str, *, purpose: str) -> bytes:
        """A keyed hash by which an exact value (already normalised) can be looked up."""
        return hmac.digest(self._index_key, f"{purpose}\0{value}".encode(), hashlib.sha256)
