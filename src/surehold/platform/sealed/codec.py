"""The codec: AES-256-GCM with the key's name in each value.

A sealed value is `version byte | key id (8) | nonce (12) | ciphertext and tag`. The additional data is the context
(`table.column:row id`), so that a value copied to another row does not open there.
"""

import hashlib
import hmac
import os
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from surehold.platform.sealed.ring import KEY_ID_BYTES, KeyRing, derive, key_id

ValueT = TypeVar("ValueT")
_VERSION = b"\x01"
_NONCE_BYTES = 12
HEAD_BYTES = len(_VERSION) + KEY_ID_BYTES
"""So many bytes of a sealed value tell its format and its key."""


class SealedError(Exception):
    """A sealed value does not open: damaged, moved to another row, or its key is missing."""


class SealedCodec:
    """Seals with the ring's current key, opens with any of its keys. A bare key is a ring of one.

    `head` is how every value begins that the current key seals.
    """

    def __init__(self, keys: KeyRing | bytes) -> None:
        ring = keys if isinstance(keys, KeyRing) else KeyRing(current=keys)
        self.head = _VERSION + key_id(ring.current)
        self._ciphers = {key_id(key): AESGCM(derive(key, "seal")) for key in ring.keys}
        self._index_key = ring.index_key

    def seal(self, plain: bytes, *, context: str) -> bytes:
        """Encrypt a value for the place that `context` names."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self.head[len(_VERSION) :]].encrypt(nonce, plain, context.encode())
        return self.head + nonce + sealed

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Decrypt a value; SealedError if it is damaged, foreign to the context, or sealed with an unknown key."""
        cipher = self._ciphers.get(bytes(sealed[len(_VERSION) : HEAD_BYTES]))
        if sealed[: len(_VERSION)] != _VERSION or cipher is None:
            raise SealedError("sealed with a key that is not configured")
        body = HEAD_BYTES + _NONCE_BYTES
        try:
            return cipher.decrypt(bytes(sealed[HEAD_BYTES:body]), bytes(sealed[body:]), context.encode())
        except InvalidTag as error:
            raise SealedError(f"a sealed value does not belong to {context.split(':', 1)[0]}") from error

    def reseal(self, sealed: bytes, *, context: str) -> bytes:
        """The same value under the current key; SealedError if it does not open."""
        return self.seal(self.open(sealed, context=context), context=context)

    def seal_json(self, value: object, *, context: str) -> bytes:
        """Seal anything msgspec can write."""
        return self.seal(msgspec.json.encode(value), context=context)

    def open_json(self, sealed: bytes, type_: type[ValueT], *, context: str) -> ValueT:
        """Open what `seal_json` made."""
        return msgspec.json.decode(self.open(sealed, context=context), type=type_)

    def blind_index(self, value: str, *, purpose: str) -> bytes:
        """A keyed hash by which an exact value (already normalised) can be looked up; the same under every current key."""
        return hmac.digest(self._index_key, f"{purpose}\0{value}".encode(), hashlib.sha256)


def key_id_of(sealed: bytes) -> str:
    """The id (hex) of the key that a value says it was sealed with."""
    return bytes(sealed[len(_VERSION) : HEAD_BYTES]).hex()
